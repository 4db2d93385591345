"""Forms as a browser without scripts would send them."""

from html.parser import HTMLParser

from werkzeug.test import TestResponse


class _Fields(HTMLParser):
    """What a browser would send of the form: every control with its value, in their order."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        super().__init__()
        self.ids = ids
        self.inside, self.name, self.area = False, "", False
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = known.get("id") in self.ids
        if not self.inside:
            return
        if (
            tag == "input"
            and known.get("name")
            and (known.get("type") not in ("checkbox", "radio") or "checked" in known)
        ):
            self.found.append((known["name"], known.get("value", "")))
        elif tag in ("select", "textarea"):
            self.name, self.area = known["name"], tag == "textarea"
            self.found.append((known["name"], ""))
        elif tag == "option" and "selected" in known:
            self.found[-1] = (self.name, known.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self.area = self.area and tag != "textarea"

    def handle_data(self, data: str) -> None:
        if self.inside and self.area:
            self.found[-1] = (self.name, self.found[-1][1] + data.strip("\r\n"))


def fields(page: TestResponse, ids: str | tuple[str, ...]) -> dict[str, list[str]]:
    """The fields of the page's form with one of these ids."""
    reader = _Fields((ids,) if isinstance(ids, str) else ids)
    reader.feed(page.text)
    found: dict[str, list[str]] = {}
    for name, value in reader.found:
        found.setdefault(name, []).append(value)
    return found
