"""Step three: what each item is to be, with its contacts and features; and which items there are."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from wtforms import Form

from app.catalogue import SERVICE_TYPES, ItemInput
from app.domain.errors import Finding, NotFound
from app.domain.models import Order
from app.queries import portal_choices, portal_draft, portal_findings
from app.queries.portal_choices import Choices
from app.services import draft_groups, draft_steps, packages
from app.web.guard import actor
from app.web.portal import forms, item_forms, item_read, wizard
from app.web.portal.frame import own_account
from app.web.portal.item_forms import ItemForm

LATER, ADD = "later", "add"
OPTIONS = "o-"


def configure(draft_id: uuid.UUID) -> Any:
    return wizard.opened(draft_id, _arrive)


def _arrive(order: Order) -> Any:
    stale = set(portal_draft.stale(order)) & set(draft_groups.of(order).leads())
    if stale:
        return redirect(wizard.where_url(order, min(stale)), 303)
    return _page(order)


def _page(order: Order, status: int = 200, *, typed: Any = None, findings: list[Finding] | None = None,
          **more: Any) -> Any:  # fmt: skip
    src = item_forms.source(order, own_account())
    found = item_forms.of_draft(src, typed, complete=True)
    options = _options_form(order, typed)
    if any(one.rule == item_read.FORM for one in findings or []):
        _validate(src, found, options, typed)
    of_options, of_items = _option_errors(options, findings or [])
    told = of_options + item_read.place_errors(found, of_items)
    words = {one.number: one for one in portal_draft.items(order, actor(), [Finding("/items", "", "")])}
    return wizard.show(
        "portal/configure.html", order, "configure", status, items=found, parts=item_forms.fields_of,
        groups=item_forms.groups_of,
        rows={one.number: _kept_rows(one, words[one.number].rows) for one in found},
        options=options, package=packages.of_order(order), findings=told, missing=_missing(src, found),
        addable=addable(order, src.choices), needs={one.number: words[one.number].needs for one in found},
        removable={one.number: words[one.number].removable for one in found}, **more,
    )  # fmt: skip


def _kept_rows(one: ItemForm, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """In words what this item says that is not asked here."""
    labels = {asked.label_for("member") for asked in one.action.fields if asked.name in one.kept}
    return [row for row in rows if row[0] in labels or row[0] == "Service"]


def _missing(src: item_forms.Source, found: list[ItemForm]) -> list[str]:
    """What is still to be said, as the requirements tell it when they are read."""
    told = [Finding(one["pointer"], one["rule"], one["detail"]) for one in src.missing]
    return list(dict.fromkeys(item_read.in_words(found, one) for one in portal_findings.spoken(told, src.order)))


def addable(order: Order, choices: Choices) -> list[tuple[str, str]]:
    """What can be put into the same order; nothing into one that only ends services, nor beside an access line, whose
    product is an order of its own."""
    if order.items and all(item.action == "cease" for item in order.items):
        return []
    if any(SERVICE_TYPES[item.service_type].families for item in order.items):
        return []
    kinds = [
        (key, kind.portal_label) for key, kind in SERVICE_TYPES.items()
        if not kind.families
        and not (key == "reseller_peering_unit" and order.sub_account_id is None)
        and not (key == "connexions" and not choices.groups)
    ]  # fmt: skip
    changed = {one.service_number for one in order.items}
    ports = [
        (f"encap:{one.key}", f"Change the encapsulation of {one.label}")
        for one in choices.of(("multiservice_port",))
        if int(one.key) not in changed
    ]
    return kinds + ports


def _options_form(order: Order, typed: Any) -> Form | None:
    """The options of the package, with their defaults."""
    package = packages.of_order(order)
    if package is None or not package.options:
        return None
    stands, _ = packages.with_defaults(package.options, order.options or {}, "")
    told = [_option(code, option, stands[code]) for code, option in package.options.items()]
    controls = {one["code"]: item_forms.feature_control(one, complete=True) for one in told}
    present = {one["code"]: item_forms.feature_now(one) for one in told}
    return forms.made(type("OptionsForm", (Form,), controls), typed, present, OPTIONS)


def _option(code: str, option: dict[str, Any], stands: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": code, "label": option["label"], "help": option.get("help", ""), "choices": option.get("choices", []),
        "required": bool(option.get("required")), **stands,
    }  # fmt: skip


def _validate(src: item_forms.Source, found: list[ItemForm], options: Form | None, typed: Any) -> None:
    """Put what the forms find at their fields. Who goes on later is not asked for what is missing, although the page
    shows what is required."""
    for shown, checked in zip(found, _typed_forms(src, typed, None), strict=True):
        checked.form.validate()
        for name, errors in checked.form.errors.items():
            if name:
                shown.form[name].errors = errors
    if options is not None:
        options.validate()


def _typed_forms(src: item_forms.Source, typed: Any, removed: int | None) -> list[ItemForm]:
    """The forms as they are to be checked; one that is taken away may say anything."""
    found = item_forms.of_draft(src, typed, complete=not typed.get("then"))
    return [one for one in found if one.number != removed]


def _option_errors(form: Form | None, findings: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """What is wrong with options, at their controls; and the other findings as they are."""
    told, others = (forms.summary(form) if form else []), []
    refused = set(form.errors) if form else set()
    for one in findings:
        code = one.pointer.split("/")[2] if one.pointer.startswith("/options/") else ""
        if form is None or code not in form:
            others.append(one)
        elif code not in refused:
            forms.add_error(form, code, one.detail)
            told.append(Finding(f"/{form[code].name}", one.rule, one.detail))
    return told, others


def save_configure(draft_id: uuid.UUID) -> Any:
    """Keep what was typed. To go on to the review all of it must be right and complete; to go on later, to add an item
    or to take one away (`then`), only right."""
    seen, then = wizard.seen(draft_id), request.form.get("then", "")
    added, removed = added_item(then), removed_item(then)

    def again(order: Order, status: int, **more: Any) -> Any:
        return _page(order, status, typed=request.form, **more)

    def do() -> None:
        order = wizard.find(draft_id)
        src = item_forms.source(order, own_account())
        found = _typed_forms(src, request.form, removed)
        options = _options_form(order, request.form)
        wrong = item_read.wrong_in([*(one.form for one in found), *([options] if options else [])])
        wrong += nothing_to_add(then, added)
        draft_steps.configure(
            seen, item_read.read(src, found), _options_said(order, options), actor(), complete=not then, add=added,
            remove=removed, wrong=wrong,
        )  # fmt: skip

    return wizard.tried(draft_id, do, _then(draft_id, then), again)


def _then(draft_id: uuid.UUID, then: str) -> str | Callable[[Order], str]:
    if then == LATER:
        return url_for("portal.orders", show="drafts")
    if then == ADD:
        return wizard.added_url
    return wizard.step_url(draft_id, "configure" if then else "review")


def nothing_to_add(then: str, added: ItemInput | None) -> list[Finding]:
    """A finding if something is to be added, but not what."""
    return [Finding("/service", "required", "Choose what to add.")] if then == ADD and added is None else []


def added_item(then: str) -> ItemInput | None:
    """What the form adds to the order."""
    return _wanted(request.form.get("service", "")) if then == ADD else None


def removed_item(then: str) -> int | None:
    """The number of the item that the form takes out of the order."""
    word, _, number = then.partition(":")
    return int(number) if word == "remove" and number.isascii() and number.isdigit() and len(number) < 6 else None


def _options_said(order: Order, form: Form | None) -> dict[str, Any] | None:
    package = packages.of_order(order)
    if package is None or form is None:
        return None
    return {
        code: item_read.feature_said(_option(code, option, {}), form[code].data)
        for code, option in package.options.items()
    }


def _wanted(text: str) -> ItemInput | None:
    if text in SERVICE_TYPES:
        return ItemInput(text, "new", {})
    kind, _, number = text.partition(":")
    if kind == "encap" and number.isascii() and number.isdigit() and len(number) < 10:
        if int(number) not in portal_choices.services_of(actor().account_ids, [int(number)]):
            raise NotFound("There is no such port.")
        return ItemInput("multiservice_port", "edit_encap", {}, int(number))
    return None
