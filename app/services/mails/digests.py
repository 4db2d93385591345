"""The words of the daily mail on what is over target."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.config import Config

When = Callable[[datetime], str]


def worded(facts: dict[str, Any], config: Config, when: When) -> tuple[str, list[str], str, str]:
    """Subject, sentences, the link's label and its address."""
    count, items = facts["count"], facts["items"]
    said = [f"{'One item is' if count == 1 else f'{count} items are'} over the target, the longest first:"]
    said += [_line(item, when) for item in items]
    if count > len(items):
        said.append(f"And {count - len(items)} more.")
    said.append("This comes once a day. You can switch it off in your settings.")
    subject = f"{count} {'item' if count == 1 else 'items'} over target"
    return subject, said, "Open the desk", f"{config.public_url}/"


def _line(item: dict[str, Any], when: When) -> str:
    what = f"failed: {item['what']}" if item["failed"] else item["what"]
    owner = f"; with {item['owner']}" if item["owner"] else ""
    return f"{item['name']} {item['member']}: {what}, due {when(datetime.fromisoformat(item['due']))}{owner}."
