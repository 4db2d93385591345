"""Writes what would be mailed to the log. The default where no mail server is configured."""

from typing import ClassVar

import structlog

log = structlog.get_logger("handoff.notifier")


class ConsoleNotifier:
    """One log line per message; the text is at level debug, because it may be long."""

    system: ClassVar[str] = "notifier"

    def send(self, key: str, to: str, subject: str, text: str, html: str = "") -> None:
        log.info("notification", key=key, to=to, subject=subject)
        log.debug("notification text", key=key, text=text)
