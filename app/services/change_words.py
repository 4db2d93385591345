"""What a member reads of a change to an order: which of what it can see is another now."""

from collections.abc import Mapping
from typing import Any

from app.domain.story import Line
from app.services import named_people

LABELS = {
    "po_number": "PO number", "operator_order_ref": "own reference", "operator_order_name": "own name",
    "additional_cc": "additional e-mails", "notes": "notes", "comment": "comment",
    "requested_start_date": "start asked for", "requested_completion_date": "completion asked for",
}  # fmt: skip
"""What the portal shows of an order; the description, for example, stands on no page of it."""
ROLES = {
    "technical": "Technical contact", "billing": "Billing contact", "operator": "Operator's contact",
    "owner": "Owner's contact",
}  # fmt: skip
"""The contacts of an order as a whole."""


def of_order(before: Mapping[str, Any], after: Mapping[str, Any]) -> Line | None:
    """“The order was changed: PO number, technical contact.”, with who that is now for staff. None if nothing that
    members see was. A reseller's customer reads it too, so it says no more than what was changed."""
    changed = [label for name, label in LABELS.items() if name in after and before.get(name) != after[name]]
    old, new = before.get("contacts") or {}, after.get("contacts") or {}
    roles = [role for role in ROLES if "contacts" in after and old.get(role) != new.get(role)]
    if not changed and not roles:
        return None
    changed += [_within(ROLES[role]) for role in roles]
    return Line(
        user=f"The order was changed: {', '.join(changed)}.",
        debug=" ".join(person(ROLES[role], new.get(role)) for role in roles) or None,
    )  # fmt: skip


def of_people(roles: Mapping[str, str], after: Mapping[str, Any]) -> Line | None:
    """“The technical contact was changed.”, with who it is now for staff. `roles`: those changed, with their labels."""
    if not roles:
        return None
    return Line(
        user=" ".join(f"The {_within(label)} was changed." for label in roles.values()),
        debug=" ".join(person(label, after.get(role)) for role, label in roles.items()),
    )  # fmt: skip


def person(label: str, who: Mapping[str, Any] | None) -> str:
    """“Technical contact: Ola Wire, ola@harbour.example.”"""
    return f"{label}: {named_people.in_words(who) if who else 'nobody any more'}."


def _within(label: str) -> str:
    return label[:1].lower() + label[1:]
