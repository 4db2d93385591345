"""What an account is asked to agree to, and how an item remembers its answer."""

from collections.abc import Mapping
from typing import Any

CONSENT = "consent"
"""The fact that says who agreed: GIVEN by the account that was asked, or ON_BEHALF of it by somebody in its place."""
GIVEN, ON_BEHALF = "given", "on_behalf"
JOINED = "joined_pvlan"
"""The fact, and the question, that says which private VLAN is joined: its number, as text."""


def joined_name(item_number: int, *, alone: bool) -> str:
    """What the question is called: all items of an order are answered at once, so that each join has its own name."""
    return JOINED if alone else f"{JOINED}_{item_number}"


def joined_number(facts: Mapping[str, Any]) -> int | None:
    """The private VLAN that an item joins, as far as it is known: said by the order, or by its owner."""
    said = [str(value) for name, value in facts.items() if name.startswith(JOINED) and value is not None]
    return int(said[0]) if said and said[0].isdigit() else None
