"""A file of orders as it arrives: kept beside the memory, then read order by order, each with the line where it begins.

Formats: CSV with headings (comma, semicolon or tab; UTF-8), JSON lines (one order a line), a JSON array of orders.
"""

import codecs
import csv
import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import IO, Any

from app.domain.errors import Finding, Invalid, Malformed
from app.services.imports import Record
from app.web import import_columns
from app.web.api import bodies, inputs, reading

BLOCK = 65_536
IN_MEMORY = 1_000_000
"""Bytes of a file that are kept in memory; a larger one waits on disk."""
LONGEST_LINE = 200_000
"""Characters of one order in a file."""

BY_TYPE = {"text/csv": "csv", "application/json": "json", "application/x-ndjson": "json", "application/jsonl": "json"}
BY_NAME = {"csv": "csv", "json": "json", "jsonl": "json", "ndjson": "json"}


class Unreadable(Invalid):
    """The file as a whole cannot be read; `line` says where."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        where = f"Line {line}: " if line else ""
        super().__init__("The file cannot be read.", [Finding("/file", "file", f"{where}{sentence}")])


@dataclass
class File:
    """A file that has arrived whole. `kind`: csv or json. `draft`: whether its orders may be incomplete."""

    stream: IO[bytes]
    kind: str
    digest: str
    size: int
    draft: bool = True

    def columns(self) -> list[str]:
        """The headings of a CSV file as they stand there; `Unreadable` or `Invalid` if they will not do."""
        if self.kind != "csv":
            return []
        _, names = _rows(self)
        found = import_columns.unknown(names)
        if found:
            raise Invalid("The headings of the file are not right.", found)
        return [name for name in names if name not in import_columns.ADDED]

    def records(self) -> Iterator[Record]:
        """The file's orders, one by one."""
        yield from _from_csv(self) if self.kind == "csv" else _from_json(self)


def arrived(source: IO[bytes], kind: str, draft: bool) -> File:
    """Take the whole file; the caller's limit on the request bounds it."""
    stream = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when the request forgets it
    digest, size = hashlib.sha256(), 0
    while block := source.read(BLOCK):
        digest.update(block)
        size += len(block)
        stream.write(block)
    return File(stream, kind, digest.hexdigest(), size, draft)


def kind_of(name: str, media: str = "") -> str | None:
    """csv or json, by the type it is sent as, else by its name; None if neither tells."""
    return BY_TYPE.get(media) or BY_NAME.get(name.rpartition(".")[2].lower())


def _lines(file: File) -> Iterator[str]:
    """Its lines with their ends; `Unreadable` for what is no text."""
    file.stream.seek(0)
    number = 0
    while raw := file.stream.readline(4 * LONGEST_LINE):
        number += 1
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise Unreadable("the file is not UTF-8 text. Save it as “CSV UTF-8”.", number) from None
        if "\x00" in text:
            raise Unreadable("the file contains NUL characters, so it is no text.", number)
        if len(text) >= LONGEST_LINE:
            raise Unreadable(f"longer than {LONGEST_LINE:,} characters.", number)
        yield text


class _Rows:
    """The rows of a CSV file, each with the line on which it begins."""

    def __init__(self, file: File) -> None:
        first = next(_lines(file), "")
        delimiter = max(",;\t", key=first.count)
        self._reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        try:
            before = self._reader.line_num
            for row in self._reader:
                yield before + 1, row
                before = self._reader.line_num
        except csv.Error:
            raise Unreadable("a quoted cell does not end, or a quote stands where none can.",
                             self._reader.line_num) from None  # fmt: skip


def _rows(file: File) -> tuple[_Rows, list[str]]:
    rows = _Rows(file)
    _, names = next(iter(rows), (0, []))
    names = [name.strip().lower() for name in names]
    if not any(names):
        raise Unreadable("the first line must hold the names of the columns.")
    return rows, names


def _from_csv(file: File) -> Iterator[Record]:
    rows, names = _rows(file)
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            words = f"The line has {len(cells)} cells, but there are {len(names)} columns."
            yield Record(number, cells, None, [Finding("", "columns", words)])
            continue
        said = {name: import_columns.plain(cell) for name, cell in zip_longest(names, cells, fillvalue="")}
        raw = [said[name] for name in names if name not in import_columns.ADDED]
        yield _record(number, raw, import_columns.body(said), file.draft)


def _from_json(file: File) -> Iterator[Record]:
    file.stream.seek(0)
    is_array = file.stream.read(BLOCK).decode("utf-8-sig", "replace").lstrip().startswith("[")
    yield from _array(file) if is_array else _json_lines(file)


def _json_lines(file: File) -> Iterator[Record]:
    for number, text in enumerate(_lines(file), 1):
        if text.strip():
            try:
                value = reading.decoded(text.strip().encode())
            except Malformed as why:
                yield Record(number, text.strip(), None, [Finding("", "json", why.detail)])
            else:
                yield _said(number, value, file.draft)


def _array(file: File) -> Iterator[Record]:
    """The members of an array, by their position in it: they may all stand on one line."""
    text = _Text(file.stream)
    text.take("[")
    number = 0
    while not text.take("]", strict=False):
        if number:
            text.take(",")
        number += 1
        yield _said(number, text.value(), file.draft)
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
        while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
            self._at += 1
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
    return Record(number, json.dumps(json.loads(raw)), None, findings)


def _record(number: int, raw: Any, said: dict[str, Any], draft: bool) -> Record:
    """The order, or everything that is wrong with its form."""
    try:
        wanted = reading.parse(bodies.Draft if draft else bodies.Order, said)
    except Invalid as why:
        return Record(number, raw, None, why.errors)
    return Record(number, raw, inputs.as_said(wanted))
