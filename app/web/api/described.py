"""What /openapi.json needs to know of a view beside its row in the route table: said where the view stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from app.web.api.filters import NoFilters

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Description:
    """`answer`: the shape of a success. `status`: its code. `merge`: the body is a merge patch. `keyed`: it takes an
    Idempotency-Key. `maybe_empty`: it can also answer 204. `bodiless`: the body may be left out.
    `conflicts`: 409 is possible though nothing is sent. `missing`: 404 is possible though
    the address names nothing. `answer` None: a success has no body. `files`: the media types of a file that is sent."""

    summary: str
    text: str
    tag: str
    answer: Any
    status: int = 200
    body: type[BaseModel] | None = None
    filters: type[BaseModel] = NoFilters
    keyed: bool = False
    merge: bool = False
    maybe_empty: bool = False
    bodiless: bool = False
    conflicts: bool = False
    missing: bool = False
    files: tuple[str, ...] = ()


BY_NAME: dict[str, Description] = {}
"""View name → description."""


def described(summary: str, tag: str, answer: Any, **more: Any) -> Callable[[View], View]:
    """Describe a view. Its docstring is the longer text."""

    def note(view: View) -> View:
        text = " ".join((view.__doc__ or "").split())
        BY_NAME[view.__name__] = Description(summary, text, tag, answer, **more)
        return view

    return note
