"""Writes what would be mailed to the log. The default where no mail server is configured."""

from typing import ClassVar

import structlog

from app.services.mails.letters import Letter

log = structlog.get_logger("handoff.notifier")


class ConsoleNotifier:
    """One log line per letter. Its text may hold a link that signs somebody in, so it is logged in the demo only."""

    system: ClassVar[str] = "notifier"

    def __init__(self, show_text: bool = False) -> None:
        self._show_text = show_text

    def send(self, letter: Letter) -> None:
        more = {"text": letter.text} if self._show_text else {}
        log.info("mail", to=letter.to, subject=letter.subject, message_id=letter.message_id, **more)
