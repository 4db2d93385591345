"""The text of a file of orders, line by line; and how it is said that there is none."""

from collections.abc import Iterator
from typing import IO

from app.domain.errors import Finding, Invalid

BLOCK = 65_536
LONGEST_LINE = 200_000
"""Characters of one order in a file."""


class Unreadable(Invalid):
    """The file as a whole cannot be read; `line` says where."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        where = f"Line {line}: " if line else ""
        super().__init__("The file cannot be read.", [Finding("/file", "file", f"{where}{sentence}")])


def lines(stream: IO[bytes]) -> Iterator[str]:
    """Its lines with their ends; `Unreadable` for what is no text."""
    stream.seek(0)
    number = 0
    while raw := stream.readline(4 * LONGEST_LINE):
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
