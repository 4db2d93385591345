"""The steps of ordering with a draft: where, what, further items, what each says, and at last the order.

Each verb is one transaction: it takes effect whole or not at all, once for each form key, and only if the draft is
still in the version that was seen (`Stale` otherwise). The rules stand in `drafts`, `qualification`, `packages`,
`requirements` and `terms`; here is only their order.
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.catalogue import ItemInput
from app.config import Config
from app.domain.errors import Conflict, Finding, Invalid
from app.domain.models import FormKey, Order, Qualification
from app.extensions import db
from app.services import (
    draft_groups,
    draft_places,
    drafts,
    named_people,
    package_items,
    packages,
    qualification,
    requirements,
    terms,
)
from app.services.actor import Actor
from app.services.draft_groups import Groups
from app.services.draft_places import Where
from app.services.once import key_of, once, once_and_whole
from app.services.order_input import OrderInput, WishedDates
from app.services.requirements import Values

START = "draft "
SENT = "draft: sent"
GONE = "This item is not in the order any more."


@dataclass(frozen=True)
class Said:
    """What the form says about one item. `contacts`: role → a contact's id, or name, e-mail and phone, perhaps to be
    kept in the address book (`named_people.kept`); absent = nobody."""

    number: int
    details: Mapping[str, Any]
    dates: WishedDates = field(default_factory=WishedDates)
    features: Mapping[str, Any] = field(default_factory=dict)
    contacts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What a form was made from: the draft, its version then, and the form's own key."""

    order_id: uuid.UUID
    version: int
    form_key: str


def start(wanted: OrderInput, actor: Actor, config: Config, form_key: str) -> uuid.UUID:
    """Make a draft and answer its id; whoever sends the same form again gets the same draft."""
    if not once(form_key, actor, START):
        db.session.rollback()
        return uuid.UUID(_note(form_key, actor).what.removeprefix(START))
    made = drafts.create(wanted, actor, config).id
    _note(form_key, actor).what = f"{START}{made}"
    db.session.commit()
    return made


def _note(form_key: str, actor: Actor) -> FormKey:
    """What the form did: the key is noted and the draft named in one transaction."""
    return db.session.get_one(FormKey, key_of(form_key, actor, START))


def _inputs(order: Order) -> list[ItemInput]:
    return list(drafts.stored_input(order).items)


def _whole(seen: Seen, actor: Actor, what: str, do: Callable[[Order], None]) -> None:
    once_and_whole(
        actor, what, seen.form_key, lambda: do(drafts.draft(seen.order_id, actor, seen.version)), seen.order_id
    )


def place(seen: Seen, where: Where, actor: Actor, number: int | None = None) -> None:
    """Find out whether it can be had there, keep the answer, and put there the item of this number with what belongs to
    it; None: what the draft was started with.

    `Invalid` at `/where` if it cannot, with the reason.
    """

    def do(order: Order) -> None:
        groups = draft_groups.of(order)
        if not groups.items:
            raise Conflict("This draft says nothing of what is wanted yet; add something to it first.")
        if number is not None and number not in groups.items:
            raise Conflict(GONE)
        lead = groups.lead_of(number) if number is not None else groups.main()
        assert lead is not None  # there are items
        found = None
        if where.item is None:
            found = qualification.ask(draft_places.question(groups, lead, where), actor)
            draft_places.refuse_unless_there(groups, lead, where, found)
        _put_there(groups, lead, where, actor, found)

    _whole(seen, actor, "draft: where", do)


def _put_there(groups: Groups, lead: int, where: Where, actor: Actor, found: Qualification | None) -> None:
    """Place a group; what is added for it belongs to it, and what it needs no more stays for itself."""
    order, before = groups.order, set(groups.items)
    items = draft_places.placed(groups, _inputs(order), lead, where)
    drafts.set_items(order.id, items, _dates(order, items), actor)
    now = draft_groups.of(order)
    for number in set(now.items) - before:
        _belongs(now, number, lead)
    for number in now.made_for(lead) - draft_places.needed_by(now, lead):
        _belongs(now, number, None)
    if found is not None:
        qualification.keep(order, found, actor, now.together(lead))
    elif where.item is not None:
        qualification.cover(order, now.together(lead), where.item)
    db.session.flush()


def _belongs(groups: Groups, number: int, lead: int | None) -> None:
    setup = groups.setup(number)
    if setup is not None:
        setup.made_for = lead


def _dates(order: Order, items: Sequence[ItemInput]) -> list[WishedDates]:
    """The dates of these items as they stand."""
    known = {
        (item.item_number, item.service_type, item.action): WishedDates(
            item.requested_start_date, item.requested_completion_date
        )
        for item in order.items
    }
    return [known.get((one.item_number, one.service_type, one.action), WishedDates()) for one in items]


def choose(seen: Seen, code: str, actor: Actor) -> None:
    """Select a package: its services take the place of the item that the draft was started with. One that was selected
    before and has changed since is taken as it is now."""

    def do(order: Order) -> None:
        groups = draft_groups.of(order)
        main = groups.main()
        where = draft_places.where_of(groups, main)
        found = qualification.of_item(order, main) if main is not None else None
        if order.package_id is None and main is not None:
            _take_out(order, groups.together(main), actor)
        package_items.select_for(order, code, where.site if where else {}, actor, found)
        db.session.flush()
        db.session.expire(order, ["items"])
        groups = draft_groups.of(order)
        lead = groups.main()
        if where is not None and lead is not None:
            _put_there(groups, lead, where, actor, found)

    _whole(seen, actor, "draft: what", do)


def _take_out(order: Order, numbers: Collection[int], actor: Actor) -> None:
    """The draft without these items; what named them has to be chosen anew."""
    left = [one for one in _inputs(order) if one.item_number not in numbers]
    for number in numbers:
        left = [_without(one, number) for one in left]
    drafts.set_items(order.id, left, _dates(order, left), actor)


def _add(order: Order, wanted: ItemInput, actor: Actor) -> None:
    """One item more, behind those that the draft has; to be filled in with the others."""
    inputs = _inputs(order)
    number = max((one.item_number for one in inputs), default=0) + 1
    added = ItemInput(wanted.service_type, wanted.action, wanted.details, wanted.service_number, number)
    drafts.set_items(order.id, [*inputs, added], [*_dates(order, inputs), WishedDates()], actor)


def _remove(order: Order, number: int, actor: Actor) -> None:
    """Take an item out of the draft, with what was added for its sake only; what named it has to be chosen anew."""
    groups = draft_groups.of(order)
    gone = groups.items.get(number)
    if gone is None:
        raise Conflict(GONE)
    ended = gone.service_number if gone.action == "cease" else None
    if number in groups.bundled():
        raise Conflict("This item comes with the package that was chosen.")
    out = {number}
    if groups.lead_of(number) == number:
        out |= groups.made_for(number) - draft_places.needed_by_others(groups, number)
    if len(out) == len(groups.items):
        raise Conflict("An order needs at least one item; discard the draft instead.")
    _take_out(order, out, actor)
    if ended is not None and any(one.service_number == ended and one.action == "cease" for one in order.items):
        raise Conflict("This unit ends because its private VLAN does; take that item out instead.")


def _without(one: ItemInput, number: int) -> ItemInput:
    gone = {"item": number}
    details = {name: value for name, value in one.details.items() if value != gone}
    needs = [need for need in one.depends_on or () if need != number] or None
    service = None if one.service_number == gone else one.service_number
    return ItemInput(one.service_type, one.action, details, service, one.item_number, needs)


def _change_items(order: Order, add: ItemInput | None, remove: int | None, actor: Actor) -> None:
    if add is not None:
        _add(order, add, actor)
    if remove is not None:
        _remove(order, remove, actor)


def configure(
    seen: Seen, said: Sequence[Said], options: Mapping[str, Any] | None, actor: Actor, *, complete: bool,
    add: ItemInput | None = None, remove: int | None = None, wrong: Sequence[Finding] = (),
) -> None:  # fmt: skip
    """Keep what the items say, and the options of the package; then add an item, or take the one of that number away.

    `complete`: only if nothing about them is missing or wrong. `wrong`: what the form itself found. `Invalid` names all
    of it together. `Conflict` for taking away what came with the package, or the only item.
    """

    def do(order: Order) -> None:
        found = [*wrong, *_say(order, said, actor), *_set_options(order, options)]
        if complete:
            found += _also(order, actor, found, ("/items", "/options"))
        _refuse(found)
        _change_items(order, add, remove, actor)

    _whole(seen, actor, "draft: configured", do)


def _kept(order: Order, one: Said, actor: Actor) -> dict[str, Any]:
    return named_people.kept(one.contacts, order.sub_account_id or order.account_id, actor)


def _say(order: Order, said: Sequence[Said], actor: Actor) -> list[Finding]:
    """Write what the items say, and answer what is wrong with it."""
    by_number = {one.number: one for one in said}
    inputs = _inputs(order)
    items = [_saying(one, by_number.get(one.item_number)) for one in inputs]
    dates = [
        by_number[one.item_number].dates if one.item_number in by_number else kept
        for one, kept in zip(items, _dates(order, items), strict=True)
    ]
    found = drafts.say(order, items, dates, actor)
    if order.items:
        values = [Values(one.number, features=one.features, contacts=_kept(order, one, actor)) for one in said]
        found += _found(lambda: requirements.put(order, values, actor, whole=True))
    return found


def _found(do: Callable[[], object]) -> list[Finding]:
    """What a verb refuses, to be told together with what others refuse; their caller undoes all of them."""
    try:
        do()
    except Invalid as refused:
        return refused.errors or [Finding("", "refused", refused.detail)]
    return []


def _also(order: Order, actor: Actor, found: Sequence[Finding], about: tuple[str, ...]) -> list[Finding]:
    """What else stands in the way of submitting, of what these pointers lead to."""
    told = {one.pointer for one in found}
    return [
        one for one in drafts.problems(order.id, actor) if one.pointer.startswith(about) and one.pointer not in told
    ]


def _set_options(order: Order, said: Mapping[str, Any] | None) -> list[Finding]:
    """Set what can be, and answer what cannot."""
    package = packages.of_order(order)
    if package is None or said is None:
        return []
    options, findings = packages.with_defaults(package.options, said, "/options")
    order.options = options
    return findings


def _saying(one: ItemInput, said: Said | None) -> ItemInput:
    if said is None:
        return one
    return ItemInput(
        one.service_type, one.action, dict(said.details), one.service_number, one.item_number, one.depends_on
    )


def _refuse(findings: Sequence[Finding]) -> None:
    if findings:
        raise Invalid("Some values of the order are not right.", list(findings))


def amend(
    seen: Seen, changes: Mapping[str, Any], actor: Actor, *, add: ItemInput | None = None, remove: int | None = None,
    wrong: Sequence[Finding] = (),
) -> None:  # fmt: skip
    """Keep what is said about the order as a whole, of its contacts those that are given; then add an item, or take the
    one of that number away. `Invalid` names what is wrong with it together with `wrong`, what the form itself found."""

    def do(order: Order) -> None:
        _refuse([*wrong, *_amended(order, changes, actor)])
        _change_items(order, add, remove, actor)

    _whole(seen, actor, "draft: about", do)


def _with_people(order: Order, changes: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The changes with all of the order's contacts: those that stay, and those that are named now."""
    said = changes.get("contacts")
    if not said:
        return {name: value for name, value in changes.items() if name != "contacts"}
    people = named_people.kept(said, order.sub_account_id or order.account_id, actor)
    return {**changes, "contacts": {**(order.contacts or {}), **people}}


def _amended(order: Order, changes: Mapping[str, Any], actor: Actor) -> list[Finding]:
    """Set it, and answer what is wrong with it."""
    return _found(lambda: drafts.amend(order.id, _with_people(order, changes, actor), actor))


def send(
    seen: Seen, changes: Mapping[str, Any], actor: Actor, config: Config, *, terms_version: str | None = None,
    wrong: Sequence[Finding] = (),
) -> None:  # fmt: skip
    """Make the order: what is said about it, the terms accepted, all in one transaction. `wrong`: what the form itself
    found; `Invalid` names it together with everything else."""

    def do(order: Order) -> None:
        found = [*wrong, *_amended(order, changes, actor)]
        if terms_version is not None:
            found += _found(lambda: terms.accept(order, terms_version, actor))
        if found:
            _refuse([*found, *_also(order, actor, found, ("/",))])
        drafts.submit(seen.order_id, actor, config)  # commits

    _whole(seen, actor, SENT, do)


def discard(seen: Seen, actor: Actor) -> None:
    """Forget the draft."""
    _whole(seen, actor, "draft: discarded", lambda _order: drafts.delete(seen.order_id, actor))
