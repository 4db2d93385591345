"""/orders/new: Sales choose the account, write the items, look at the whole once more, and place the order.

Works as plain HTML: the form is sent to its own address with `step` = add, remove, change, review or submit. Only
submit has an effect, and the form's key makes that one order however often it is sent.
"""

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app.catalogue import JOIN_PVLAN, NORMAL, describe, item_names
from app.domain.errors import Finding, Invalid, NotFound
from app.extensions import db
from app.queries import address_book, names, portal_choices, staff_ordering
from app.queries.portal_choices import Choices
from app.queries.staff_ordering import Orderer
from app.services import access_checks, order_checks, order_once, requestors
from app.services.order_input import OrderInput
from app.web.guard import actor
from app.web.portal import about, forms
from app.web.portal.sent import form_key
from app.web.staff import frame, order_items
from app.web.staff.order_items import Block
from app.web.staff.order_offer import new_offers

ENVELOPE = {"requested_completion_date": "completion", "requested_start_date": "start", "account_id": "customer",
            "contact_id": "contact"}  # fmt: skip
"""Where the form has what the order calls otherwise."""


@dataclass
class Desk:
    """The form as it was sent: for whom, about the order, its items."""

    who: Orderer
    choices: Choices
    about: Form
    blocks: list[Block]
    gone: list[Finding]


def new_order() -> Response:
    """GET /orders/new?account=&add=: the form, with one item if `add` names it, or first the choice of the account."""
    account, text = frame.asked("account"), frame.asked("q")
    if not account:
        found = staff_ordering.accounts(text)
        return _answer("staff/order_account.html", text=text, found=found)
    desk = _read(account, MultiDict())
    key = frame.asked("add")
    return _with_one_more(desk, key) if key else _form(desk)


def send_order() -> Any:
    """POST /orders/new."""
    desk = _read(request.form.get("account", ""), request.form)
    step = request.form.get("step", "review")
    if step == "add":
        return _added(desk)
    if step.startswith("remove:"):
        desk.blocks = [one for one in desk.blocks if str(one.number) != step.removeprefix("remove:")]
        return _form(desk)
    if step == "change":
        return _form(desk)
    key = form_key()
    if step == "submit" and (earlier := order_once.placed_before(key, actor())) is not None:
        return redirect(url_for("staff.order", order_id=earlier), 303)
    findings = _faults(desk)
    if findings:
        return _form(desk, findings)
    return _submit(desk, key) if step == "submit" else _review(desk, key)


def _read(account_id: str, posted: MultiDict[str, str]) -> Desk:
    who = staff_ordering.orderer(account_id)
    if who is None:
        raise NotFound("There is no such account.")
    choices = portal_choices.for_accounts(who.account.id, who.member.account_ids)
    usual = {"contact": who.contacts[0].id if who.contacts else ""}
    said = forms.made(_about(who, choices), posted or None, usual)
    said["po_number"].description = "The number of the member's purchase order."
    said["operator_order_ref"].description = "What the member calls this order."
    blocks, gone = order_items.read(posted, who, choices)
    return Desk(who, choices, said, blocks, gone)


def _about(who: Orderer, choices: Choices) -> type[Form]:
    """The form for what is said of the order as a whole."""
    people = [(one.id, f"{one.full_name} ({one.email})" if one.email else one.full_name) for one in who.contacts]
    controls: dict[str, Any] = {
        "contact": forms.select("Requested by", "", people, False, nothing="Somebody else"),
        "full_name": forms.text("Their name", "If it is somebody who is not listed.", longest=200, autocomplete="off"),
        "email": forms.text("Their e-mail address", longest=254, checks=[forms.one_email], autocomplete="off"),
    }
    if choices.customers:
        customers = list(choices.customers)
        controls["customer"] = forms.select("For which customer", "", customers, False, nothing="For themselves")
    controls["description"] = forms.text("Description", "What this order is about, for staff.", longest=500)
    return type("DeskAboutForm", (about.form_class("Wanted by", address_book.of(who.account.id, None)),), controls)


def _added(desk: Desk) -> Response:
    """The form with one more item."""
    if len(desk.blocks) >= order_items.MOST_ITEMS or max((one.number for one in desk.blocks), default=0) >= 999:
        words = f"An order at the desk has at most {order_items.MOST_ITEMS} items; more can be ordered by API."
        return _form(desk, [Finding("/add", "too_many", words)])
    return _with_one_more(desk, request.form.get("add", ""))


def _with_one_more(desk: Desk, key: str) -> Response:
    try:
        desk.blocks.append(order_items.added(key, desk.blocks, desk.who, desk.choices, request.form))
    except NotFound:
        return _form(desk, [Finding("/add", "choice", "Choose what to add to the order.")])
    return _form(desk)


def _form(desk: Desk, findings: list[Finding] | None = None) -> Response:
    found = [*desk.gone, *(findings or [])]
    return _answer(
        "staff/order_form.html", 422 if found else 200, desk=desk, findings=found,
        key=request.form.get("form_key", "")[:64],
        new=[(one.key, one.title) for one in new_offers(desk.choices)], changes=staff_ordering.changes(desk.who),
    )  # fmt: skip


def _faults(desk: Desk) -> list[Finding]:
    """Everything that is wrong, all at once: the forms' own rules first, then those of the catalogue."""
    found = list(desk.gone)
    if not desk.about.validate():
        found += forms.summary(desk.about)
    if not desk.about["contact"].data and not desk.about["full_name"].data:
        forms.add_error(desk.about, "full_name", "Say who asked for it.")
        found.append(Finding("/full_name", "required", "Say who asked for it."))
    for one in desk.blocks:
        found += order_items.faults(one)
    if not desk.blocks:
        found.append(Finding("/add", "required", "Add at least one item."))
    found += order_items.other_products(desk.blocks)
    return found or _placed_findings(desk, _checked(desk))


def _checked(desk: Desk) -> list[Finding]:
    made = [one.offer for one in desk.blocks if one.offer.kind.key == "pvlan" and one.offer.service is None]
    if len({offer.order_type for offer in made}) > 1:
        words = "An order that joins a private VLAN cannot make a new one as well; please make two orders of it."
        return [Finding("/add", "type", words)]
    wanted = _wanted(desk)
    try:
        nobody = access_checks.nobody(wanted.items, wanted.contacts)
        return [*order_checks.check(wanted, _ids(wanted)).findings, *nobody]
    except Invalid as why:
        return why.errors


def _ids(wanted: OrderInput) -> set[str]:
    return {wanted.account_id} | ({wanted.sub_customer["account_id"]} if wanted.sub_customer else set())


def _placed_findings(desk: Desk, findings: list[Finding]) -> list[Finding]:
    """At their fields, and for the summary."""
    told, others = order_items.place_errors(desk.blocks, findings)
    for one in others:
        at = order_items.at_product(desk.blocks, one.pointer)
        if at is not None:
            forms.add_error(*at, one.detail)
            told.append(replace(one, pointer=f"/{at[0][at[1]].name}"))
            continue
        name = one.pointer.rpartition("/")[2]
        name = ENVELOPE.get(name, name)
        if name in desk.about:
            forms.add_error(desk.about, name, one.detail)
        told.append(replace(one, pointer=f"/{name}" if name in desk.about or name == "add" else ""))
    return told


def _wanted(desk: Desk) -> OrderInput:
    said, who = desk.about, desk.who
    customer = said["customer"].data if "customer" in said else None
    for_whom = {"account_id": customer} if customer in dict(desk.choices.customers) else None
    joins = any(one.offer.joins for one in desk.blocks)
    return OrderInput(
        account_id=who.account.id,
        requestor=_requestor(desk),
        items=[one.item() for one in desk.blocks],
        channel="desk",
        type=JOIN_PVLAN if joins else NORMAL,
        sub_customer=requestors.sub_customer(for_whom, who.account.id, actor()),
        po_number=said["po_number"].data or None,
        operator_order_ref=said["operator_order_ref"].data or None,
        additional_cc=about.copies(said),
        notes=said["notes"].data or None,
        description=said["description"].data or None,
        dates=forms.dates(said),
        item_dates=[one.dates() for one in desk.blocks],
        product_code=next((one.product for one in desk.blocks if one.product), None),
        enni=next((one.enni for one in desk.blocks if one.enni), None),
        contacts=_contacts(desk),
    )


def _contacts(desk: Desk) -> dict[str, Any] | None:
    """Whom we turn to about access lines: who asked for them, if that is a contact."""
    contact = desk.about["contact"].data
    if not contact or not any(access_checks.is_line(one.offer.kind.key) for one in desk.blocks):
        return None
    return {"operator": {"contact_id": contact}}


def _requestor(desk: Desk) -> dict[str, Any]:
    contact = next((one for one in desk.who.contacts if one.id == desk.about["contact"].data), None)
    return {
        "contact_id": contact.id if contact else None,
        "account_id": desk.who.account.id,
        "organisation": desk.who.account.organisation,
        "email": (contact.email if contact else desk.about["email"].data) or None,
        "full_name": contact.full_name if contact else desk.about["full_name"].data,
        "phone": (contact.phone or None) if contact else None,
    }


def _review(desk: Desk, key: str) -> Response:
    wanted = _wanted(desk)
    called = replace(
        names.for_details([one.details for one in wanted.items], [one.service_number for one in wanted.items
                                                                 if isinstance(one.service_number, int)]),
        items=item_names([_Named(one) for one in wanted.items], "staff"),
    )  # fmt: skip
    shown = [
        (block, describe(item.service_type, item.action, item.details, "staff", called, wanted.type), item.depends_on,
         block.dates())
        for block, item in zip(desk.blocks, wanted.items, strict=True)
    ]  # fmt: skip
    hidden = [(name, value) for name, value in request.form.items(multi=True)
              if name not in ("csrf_token", "form_key", "step", "add")]  # fmt: skip
    return _answer("staff/order_review.html", desk=desk, wanted=wanted, shown=shown, hidden=hidden, key=key,
                   ending=_ending(wanted))  # fmt: skip


def _ending(wanted: OrderInput) -> list[tuple[int, str]]:
    """The units that end with a private VLAN, though no item was written for them, and whose they are."""
    more = order_checks.whole(wanted, _ids(wanted)).items[len(wanted.items) :]
    owners = staff_ordering.whose([one.service_number for one in more])
    return [(one.service_number, owners[one.service_number]) for one in more]


class _Named:
    """An unchecked item in the form that the catalogue names it by."""

    def __init__(self, item: Any) -> None:
        self.number, self.service_type, self.action, self.details = (
            item.item_number, item.service_type, item.action, item.details,
        )  # fmt: skip


def _submit(desk: Desk, key: str) -> Any:
    try:
        placed = order_once.place(_wanted(desk), actor(), current_app.config["HANDOFF"], key)
    except Invalid as refused:
        db.session.rollback()
        findings = _placed_findings(desk, refused.errors) or [Finding("", "refused", refused.detail)]
        return _form(_read(desk.who.account.id, request.form), findings)
    return redirect(url_for("staff.order", order_id=placed), 303)


def _answer(template: str, status: int = 200, **context: Any) -> Response:
    return make_response(render_template(template, nav=frame.nav(url_for("staff.orders")), **context), status)
