"""Hands mails to a mail server by SMTP (RFC 5321), with TLS where the address says so or the server offers it."""

import smtplib
import ssl
import time
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from app.domain import clock
from app.domain.errors import PermanentFailure, TemporaryFailure
from app.services.mails.letters import Letter
from workers.southbound.protocols import RecipientLater

SMTPS_PORT, SMTP_PORT = 465, 25


class Wire(EmailPolicy):
    """As mails stand on the wire, but that some headers are never folded: Python would cut a long address into encoded
    words, which mail programs do not read as one (RFC 2369, 2)."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in ("list-unsubscribe", "message-id"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WIRE = Wire(linesep="\r\n")


class SmtpNotifier:
    """A connection for each letter: mails are few, and a kept one would have to be watched.

    `url` is smtp://[user:password@]host[:port] or smtps://…; `seconds` is the time that handing over one letter may
    take as a whole.
    """

    system: ClassVar[str] = "notifier"

    def __init__(self, url: str, sender: str, seconds: float) -> None:
        parts = urlsplit(url)
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (SMTPS_PORT if self._implicit_tls else SMTP_PORT)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender
        self._seconds = seconds

    def send(self, letter: Letter) -> None:
        """Hand the letter over; see `Notifier.send`."""
        conversation = _Conversation(self._seconds)
        try:
            with self._connect(conversation) as server:
                self._greet(server, conversation)
                self._hand_over(server, conversation, letter)
        except smtplib.SMTPServerDisconnected as lost:
            raise TemporaryFailure(f"The mail server closed the connection ({lost}).") from lost
        except smtplib.SMTPAuthenticationError as refused:
            raise TemporaryFailure(f"The mail server refuses our login: {_words(refused)}.") from refused
        except (smtplib.SMTPException, OSError) as failure:
            raise TemporaryFailure(f"The mail server cannot be used: {failure}.") from failure

    def _connect(self, conversation: "_Conversation") -> smtplib.SMTP:
        left = conversation.left()
        if self._implicit_tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=left, context=ssl.create_default_context())
        return smtplib.SMTP(self._host, self._port, timeout=left)

    def _greet(self, server: smtplib.SMTP, conversation: "_Conversation") -> None:
        conversation.say(server, server.ehlo_or_helo_if_needed)
        if not self._implicit_tls and server.has_extn("starttls"):
            conversation.say(server, lambda: server.starttls(context=ssl.create_default_context()))
            conversation.say(server, server.ehlo_or_helo_if_needed)
        if self._user:
            conversation.say(server, lambda: server.login(self._user, self._password))

    def _hand_over(self, server: smtplib.SMTP, conversation: "_Conversation", letter: Letter) -> None:
        sender = parseaddr(self._sender)[1]
        code, words = conversation.say(server, lambda: server.mail(sender))
        if code >= 400:  # nothing is wrong with this letter: it is us who are not welcome
            raise TemporaryFailure(f"The mail server takes nothing from {sender}: {_said(code, words)}.")
        code, words = conversation.say(server, lambda: server.rcpt(letter.to))
        if code >= 400:
            kind = PermanentFailure if code >= 500 else RecipientLater
            raise kind(f"The mail server does not take mail for {letter.to}: {_said(code, words)}.")
        content = message(letter, self._sender).as_bytes()
        code, words = conversation.say(server, lambda: server.data(content))
        if code >= 400:
            later = PermanentFailure if code >= 500 else TemporaryFailure
            raise later(f"The mail server did not take the letter: {_said(code, words)}.")


class _Conversation:
    """All that is said to the server shares one span of time: it must end before somebody else takes the mail up."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("it answers, but too slowly")
        return left

    def say(self, server: smtplib.SMTP, what: Callable[[], Any]) -> Any:
        if server.sock is not None:
            server.sock.settimeout(self.left())
        return what()


def message(letter: Letter, sender: str) -> EmailMessage:
    """The letter as text and HTML, with what mail programs need to file it and to offer “unsubscribe” (RFC 8058)."""
    made = EmailMessage(policy=WIRE)
    name, address = parseaddr(sender)
    made["From"] = Address(name, addr_spec=address)
    made["To"] = letter.to
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = letter.message_id
    made["Auto-Submitted"] = "auto-generated"
    if letter.stop_url:
        made["List-Unsubscribe"] = f"<{letter.stop_url}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(letter.text)
    made.add_alternative(letter.html, subtype="html")
    return made


def _said(code: int, words: bytes) -> str:
    return f"{code} {words.decode('utf-8', 'replace')}".strip().rstrip(".")


def _words(refused: smtplib.SMTPResponseException) -> str:
    said = refused.smtp_error
    return _said(refused.smtp_code, said if isinstance(said, bytes) else str(said).encode())
