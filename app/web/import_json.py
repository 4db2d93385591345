"""Orders from JSON: an array of them, or one order a line."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from app.domain.errors import Finding, Invalid, Malformed
from app.services import import_lines, imports
from app.services.import_lines import Record
from app.web.api import bodies, inputs, reading
from app.web.import_text import BLOCK, LONGEST_LINE, Unreadable
from app.web.import_text import lines as text_lines

BLANKS = re.compile(r"[ \t\r\n]+")


def records(stream: IO[bytes], draft: bool) -> Iterator[Record]:
    """The file's orders. `draft`: they may be incomplete."""
    stream.seek(0)
    is_array = stream.read(BLOCK).decode("utf-8-sig", "replace").lstrip().startswith("[")
    yield from _array(stream, draft) if is_array else _lines(stream, draft)


def _lines(stream: IO[bytes], draft: bool) -> Iterator[Record]:
    blank = 0
    for number, text in enumerate(text_lines(stream), 1):
        if not text.strip():
            blank += 1
            imports.check_length(blank)
        else:
            try:
                value = reading.decoded(text.strip().encode())
            except Malformed as why:
                yield import_lines.one(number, text.strip(), None, [Finding("", "json", why.detail)])
            else:
                yield _said(number, value, draft)


def _array(stream: IO[bytes], draft: bool) -> Iterator[Record]:
    """The members of an array, by their position in it: they may all stand on one line."""
    text = _Text(stream)
    text.take("[")
    number = 0
    while not text.take("]", strict=False):
        if number:
            text.take(",")
        number += 1
        yield _said(number, text.value(), draft)
    text.ends()


class _Text:
    """JSON text that is read forward, with never more of it in memory than a few of the longest orders."""

    def __init__(self, stream: IO[bytes]) -> None:
        stream.seek(0)
        self._source = codecs.getreader("utf-8-sig")(stream)
        self._text, self._at, self._line = "", 0, 1
        self._decoder = reading.decoder()

    def take(self, sign: str, strict: bool = True) -> bool:
        """Whether this sign comes next, which is then behind us; `Unreadable` if it must."""
        self._skip_blanks()
        if self._text[self._at : self._at + 1] != sign:
            if strict:
                raise Unreadable(f"the array is not JSON: “{sign}” must stand here.", self._where())
            return False
        self._at += 1
        return True

    def value(self) -> Any:
        """The next value."""
        self._skip_blanks()
        try:
            found, self._at = self._decoder.raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            raise Unreadable("the array is not JSON from here on, or this order is too long.", self._where()) from None
        return found

    def ends(self) -> None:
        """`Unreadable` if anything follows."""
        self._skip_blanks()
        if self._at < len(self._text):
            raise Unreadable("something stands behind the end of the array.", self._where())

    def _skip_blanks(self) -> None:
        self._fill()
        while blanks := BLANKS.match(self._text, self._at):
            self._at = blanks.end()
            self._fill()

    def _fill(self) -> None:
        """So much ahead that the longest order would be whole."""
        if len(self._text) - self._at >= LONGEST_LINE:
            return
        try:
            while len(self._text) - self._at < LONGEST_LINE and (more := self._source.read(BLOCK)):
                self._line += self._text.count("\n", 0, self._at)
                self._text, self._at = self._text[self._at :] + more, 0
        except UnicodeDecodeError:
            raise Unreadable("the file is not UTF-8 text.", self._where()) from None

    def _where(self) -> int:
        return self._line + self._text.count("\n", 0, self._at)


def _said(number: int, value: Any, draft: bool) -> Record:
    raw = json.dumps(value, ensure_ascii=False)
    try:
        said = reading.checked(value)
    except Malformed:
        return _stripped(number, raw, [Finding("", "type", "The order must be a JSON object.")])
    except Invalid as why:
        return _stripped(number, raw, why.errors)
    return _record(number, raw, said, draft)


def _stripped(number: int, raw: str, findings: list[Finding]) -> Record:
    """For what cannot be stored as it is: NUL, halves of surrogate pairs."""
    return import_lines.one(number, json.dumps(json.loads(raw)), None, findings)


def _record(number: int, raw: Any, said: dict[str, Any], draft: bool) -> Record:
    """The order, or everything that is wrong with its form."""
    try:
        wanted = reading.parse(bodies.Draft if draft else bodies.Order, said)
    except Invalid as why:
        return import_lines.one(number, raw, None, why.errors)
    return import_lines.one(number, raw, inputs.as_said(wanted))
