"""Streams that hold no thread: once open, the browser's connection is taken over from the web server.

A stream says something every few seconds at most, so a thread each would be five hundred threads asleep. The server's
own thread answers the request, sends the head and what was missed, and goes back to the pages; from then on the reader
of the signals writes to the connection itself, and one keeper for all of them sends heartbeats, notices browsers that
have gone, and ends streams when it is time.

How a connection changes hands: its descriptor is duplicated for us, and the server's own number is pointed at a closed
pair of sockets. The server finishes the response into that pair and closes it; the browser notices nothing. This needs
a plain TCP connection and HTTP/1.1 in chunks; everything else (TLS in the web server, HTTP/2, other servers) is served
by a thread, see `events`.
"""

import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

HEARTBEAT_S = 15.0
LOOK_S = 1.0
"""How often the keeper looks whether anything is due, or the server is stopping."""


def takeable(environ: dict[str, Any]) -> bool:
    """Whether the connection of a request can change hands."""
    link = environ.get("gunicorn.socket")
    return type(link) is socket.socket and environ.get("SERVER_PROTOCOL") == "HTTP/1.1"


class Line:
    """One browser's connection, in chunks, never waiting. What it cannot take at once breaks it: the browser comes
    back with the last id it saw and hears the rest again."""

    def __init__(self, link: socket.socket, end: float) -> None:
        self.link = link
        self.end = end
        self.broken = False
        self.said_at = time.monotonic()
        self._lock = threading.Lock()

    @classmethod
    def take_over(cls, link: socket.socket, end: float) -> "Line":
        """Ours from here on; the server's own socket object now leads nowhere. `end`: on the monotonic clock."""
        ours = socket.socket(fileno=os.dup(link.fileno()))
        ours.setblocking(False)
        nowhere, far = socket.socketpair()
        os.dup2(nowhere.fileno(), link.fileno())
        nowhere.close()
        far.close()
        return cls(ours, end)

    def say(self, text: str) -> None:
        payload = text.encode()
        self._send(b"%x\r\n%s\r\n" % (len(payload), payload))

    def close(self) -> None:
        """End the stream as HTTP ends one, so that the browser knows it was meant."""
        if not self.broken:
            self._send(b"0\r\n\r\n")
        with self._lock:
            self.broken = True
            self.link.close()

    def has_gone(self) -> bool:
        """After the connection became readable: browsers say nothing more on a stream, except that they leave."""
        try:
            return not self.link.recv(1024)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _send(self, data: bytes) -> None:
        with self._lock:
            try:
                self.broken = self.broken or self.link.send(data) < len(data)
            except OSError:
                self.broken = True
            self.said_at = time.monotonic()


class Keeper:
    """Keeps all lines of this process, in one thread that starts with the first."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._lines: dict[Line, Callable[[], None]] = {}
        self._selector = selectors.DefaultSelector()
        self._thread: threading.Thread | None = None

    def keep(self, line: Line, gone: Callable[[], None]) -> None:
        """`gone` is called once, when the line has ended."""
        with self._lock:
            self._lines[line] = gone
            self._selector.register(line.link, selectors.EVENT_READ, line)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        due = time.monotonic() + LOOK_S
        while True:
            events = self._selector.select(timeout=max(0.0, due - time.monotonic()))
            for key, _ in events:
                if key.data.has_gone():
                    key.data.broken = True
                    self._end(key.data)
            if time.monotonic() >= due:
                due = time.monotonic() + LOOK_S
                self._look()

    def _look(self) -> None:
        now, stopping = time.monotonic(), self._is_stopping()
        for line in list(self._lines):
            if stopping or line.broken or now >= line.end:
                self._end(line)
            elif now - line.said_at >= HEARTBEAT_S:
                line.say(": still here\n\n")

    def _end(self, line: Line) -> None:
        with self._lock:
            gone = self._lines.pop(line, None)
            if gone is None:
                return
            self._selector.unregister(line.link)
        line.close()
        gone()
