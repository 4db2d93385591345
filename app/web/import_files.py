"""A file of orders as it arrives: kept beside the memory, then read order by order, each with its lines.

Formats: CSV with headings (comma, semicolon or tab; UTF-8), JSON lines (one order a line), a JSON array of orders.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from app.domain.errors import Invalid
from app.services.import_lines import Record
from app.web import import_columns, import_csv, import_json
from app.web.import_text import BLOCK

IN_MEMORY = 1_000_000
"""Bytes of a file that are kept in memory; a larger one waits on disk."""

BY_TYPE = {"text/csv": "csv", "application/json": "json", "application/x-ndjson": "json", "application/jsonl": "json"}
BY_NAME = {"csv": "csv", "json": "json", "jsonl": "json", "ndjson": "json"}


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
        names = import_csv.headings(self.stream)
        found = import_columns.unknown(names)
        if found:
            raise Invalid("The headings of the file are not right.", found)
        return [name for name in names if name not in import_columns.ADDED]

    def records(self) -> Iterator[Record]:
        """The file's orders, one by one."""
        read = import_csv.records if self.kind == "csv" else import_json.records
        return read(self.stream, self.draft)


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
