"""What an administrator does to packages. Each verb is one transaction, once per form.

Nothing is ever taken from an order: price, options and services of a revision never change. An edit of them makes the
next revision, which is sold from then on; a draft of the one before is asked to look again when it is submitted.
"""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.domain import clock, story
from app.domain.errors import Conflict, Finding, Invalid, NotFound, Stale
from app.domain.models import Package, PackageService
from app.extensions import db
from app.queries.package_words import package_price
from app.services import package_rules
from app.services.actor import Actor
from app.services.once import once_and_whole
from app.services.package_rules import PackageWish

WINDOW = ("line_code", "type", "name", "description", "details_text", "sites")
MATTER = ("price_minor", "currency", "price_period", "options")
PARTS = ("position", "service_type", "defaults", "fixed", "features", "contacts")
CHANGED = "Somebody else has changed this package since you opened it."


def create(wish: PackageWish, actor: Actor, form_key: str | None = None) -> None:
    """A new package, sold from now on, behind all others. `Invalid` names everything that is wrong."""

    def do() -> None:
        wrong = package_rules.wrong_code(wish.code) or _taken(wish.code)
        _refuse([*wrong, *package_rules.findings(wish)])
        last = db.session.scalar(select(func.max(Package.position)))
        made = _row(wish, position=0 if last is None else last + 1)
        db.session.add(made)
        db.session.flush()
        story.audit(actor.name, "package made", subject=made.code, after=_told(made))

    try:
        once_and_whole(actor, "package made", _key(form_key, wish), do)
    except IntegrityError:  # two administrators at the same moment
        raise Invalid("The package could not be made.", _taken(wish.code)) from None


def _taken(code: str) -> list[Finding]:
    if db.session.scalars(select(Package.id).where(Package.code == code).limit(1)).first() is None:
        return []
    return [Finding("/code", "unique", f"There is a package “{code}” already.")]


def change(code: str, wish: PackageWish, actor: Actor, *, version: int, form_key: str | None = None) -> None:
    """Make the package what is wished; its code stays. `Stale` if somebody changed it since the form was made."""

    def do() -> None:
        package = _locked(code)
        if package.version != version:
            raise Stale(CHANGED)
        _refuse(package_rules.findings(wish))
        before = _told(package)
        if _same(package, wish):
            _write(package, wish.window())
        else:
            package = _next(package, wish)
        after = _told(package)
        changed = [name for name in after if before[name] != after[name]]
        if changed:
            package.version += 1
            story.audit(
                actor.name, "package changed", subject=code, before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
            )  # fmt: skip

    once_and_whole(actor, f"package changed {code}", _key(form_key, wish), do)


def _key(form_key: str | None, wish: PackageWish) -> str | None:
    """The same for a second click; another once something else was typed, such as after going back in the browser."""
    return f"{form_key}\n{wish!r}" if form_key else None


def _same(package: Package, wish: PackageWish) -> bool:
    """Whether orders of it would be made of the same as before."""
    matter = {name: getattr(package, name) for name in MATTER}
    parts = [{name: getattr(one, name) for name in PARTS} for one in package.services]
    return matter == wish.matter() and [{**one, "fixed": sorted(one["fixed"])} for one in parts] == wish.parts()


def _next(package: Package, wish: PackageWish) -> Package:
    """The next revision; the one before stays as it is, for the orders that are made of it."""
    package.latest = False
    db.session.flush()
    made = _row(
        wish, position=package.position, code=package.code, revision=package.revision + 1, version=package.version,
        active=package.active,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def _row(wish: PackageWish, **more: Any) -> Package:
    services = [PackageService(**one) for one in wish.parts()]
    known = {"code": wish.code, "made_at": clock.now(), **more}
    return Package(**wish.window(), **wish.matter(), services=services, **known)


def _write(package: Package, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if getattr(package, name) != value:
            setattr(package, name, value)
    db.session.flush()


def _told(package: Package) -> dict[str, Any]:
    """What the audit trail says about it."""
    return {
        **{name: getattr(package, name) for name in WINDOW}, "price": package_price(package),
        "options": package.options, "revision": package.revision,
        "services": [{name: getattr(one, name) for name in PARTS} for one in package.services],
    }  # fmt: skip


def retire(code: str, actor: Actor, form_key: str | None = None) -> None:
    """It is not sold any more. Orders of it go on; drafts of it cannot be submitted."""
    _sell(code, False, actor, "package retired", form_key)


def sell_again(code: str, actor: Actor, form_key: str | None = None) -> None:
    _sell(code, True, actor, "package sold again", form_key)


def _sell(code: str, active: bool, actor: Actor, what: str, form_key: str | None) -> None:
    def do() -> None:
        package = _locked(code)
        if package.active is active:
            raise Conflict(f"“{package.name}” is {'sold' if active else 'retired'} already.")
        package.active = active
        story.audit(actor.name, what, subject=code, before={"active": not active}, after={"active": active})

    once_and_whole(actor, f"{what} {code}", form_key, do)


def move(code: str, actor: Actor, *, up: bool, form_key: str | None = None) -> None:
    """One place earlier or later among the packages that are sold."""

    def do() -> None:
        sold = select(Package).where(Package.latest, Package.active).order_by(Package.position, Package.code)
        packages = list(db.session.scalars(sold.with_for_update(of=Package)))
        here = next((index for index, one in enumerate(packages) if one.code == code), None)
        if here is None:
            raise Conflict("This package is not sold; only packages that are sold have a place in the order.")
        there = here - 1 if up else here + 1
        if not 0 <= there < len(packages):
            return
        packages[here], packages[there] = packages[there], packages[here]
        for position, one in enumerate(packages):
            one.position = position
        story.audit(actor.name, "package moved", subject=code, before={"place": here + 1}, after={"place": there + 1})

    once_and_whole(actor, f"package moved {code}", form_key, do)


def _locked(code: str) -> Package:
    found = db.session.execute(
        select(Package)
        .where(Package.code == code, Package.latest)
        .with_for_update(of=Package)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None and _taken(code):
        raise Stale(CHANGED)  # another revision was made while we waited for this one
    if found is None:
        raise NotFound("There is no such package.")
    return found


def _refuse(wrong: list[Finding]) -> None:
    if wrong:
        raise Invalid("The package is not saved.", wrong)
