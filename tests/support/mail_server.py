"""A mail server on loopback that keeps what it is given, and misbehaves when told to."""

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

CLOSE = "close"
"""An answer that is none: the connection ends."""


@dataclass
class Kept:
    """One mail as it was handed over."""

    sender: str
    to: str
    message: EmailMessage
    raw: bytes

    @property
    def text(self) -> str:
        return str(self._part("plain"))

    @property
    def html(self) -> str:
        return str(self._part("html"))

    def _part(self, kind: Any) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"the mail has no {kind} part"
        return str(part.get_content())


@dataclass
class MailServer:
    """`answers` replaces what it says to a command (MAIL, RCPT, DATA, END = after the text); `after` runs when a mail
    has been kept and before the sender is told so."""

    kept: list[Kept] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    after: Callable[[Kept], None] = lambda kept: None

    def start(self) -> "MailServer":
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    @property
    def ids(self) -> list[str]:
        """The Message-IDs, in the order of arrival."""
        return [str(one.message["Message-ID"]) for one in self.kept]

    def to(self, address: str) -> list[Kept]:
        return [one for one in self.kept if one.to == address]


def _handler_of(server: MailServer) -> type["_Handler"]:
    return type("Handler", (_Handler,), {"kept_by": server})


class _Handler(socketserver.StreamRequestHandler):
    """One conversation."""

    kept_by: MailServer
    sender = to = ""

    def handle(self) -> None:
        self._say("220 sink ready")
        while line := self.rfile.readline(2000).decode("utf-8", "replace").strip():
            verb = line.split(" ", 1)[0].upper()
            answer = self.kept_by.answers.get(verb) or self._usual(verb, line)
            if answer == CLOSE:
                return
            self._say(answer)
            if verb == "QUIT" or (verb == "DATA" and answer.startswith("354") and not self._take()):
                return

    def _usual(self, verb: str, line: str) -> str:
        if verb in ("MAIL", "RCPT"):
            setattr(self, "sender" if verb == "MAIL" else "to", line.partition("<")[2].partition(">")[0])
        return {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 fine")

    def _take(self) -> bool:
        """Whether the conversation goes on."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        raw = b"".join(lines)
        message = message_from_bytes(raw, policy=policy.default)
        answer = self.kept_by.answers.get("END", "250 taken")
        if answer == CLOSE or answer.startswith("2"):
            kept = Kept(self.sender, self.to, message, raw)
            self.kept_by.kept.append(kept)
            self.kept_by.after(kept)
        if answer != CLOSE:
            self._say(answer)
        return answer != CLOSE

    def _say(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")
