"""Packages: what is sold, a package as a form with its preview, and its place among the others."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from app import catalogue
from app.domain import money
from app.domain.errors import Conflict, Finding, Invalid
from app.extensions import db
from app.queries import package_words, staff_packages
from app.queries.staff_packages import PackageDetail
from app.services import package_admin, prices
from app.services.package_rules import PackageWish
from app.web.guard import actor
from app.web.staff import frame
from app.web.staff.admin import package_errors, package_form
from app.web.staff.admin.forms import form_key
from app.web.staff.admin.package_form import Known, Sheet

TABS = {"active": "Sold", "retired": "Retired", "all": "All"}
FORM = "staff/admin/package.html"


def packages() -> Response:
    """GET /admin/packages?show="""
    return _list()


def _list(status: int = 200, conflict: str = "") -> Response:
    show = frame.asked("show") or "active"
    if show not in staff_packages.SHOWS:
        raise Invalid("There is no such list.", [Finding("/show", "choice", "Show active, retired or all packages.")])
    rows = staff_packages.packages(show)
    return frame.answer(
        "staff/admin/packages.html", "staff/admin/packages.html", status, current=url_for("staff.packages"), show=show,
        conflict=conflict, rows=rows, amount=money.shown, periods=package_words.PERIODS,
        fabrics=dict(staff_packages.fabrics()), types=dict(package_form.TYPES), kind_label=_kind_label,
        tabs=[{"label": label, "current": one == show, "count": None, "url": url_for("staff.packages", show=one)}
              for one, label in TABS.items()],
    )  # fmt: skip


def _kind_label(key: str) -> str:
    return catalogue.title(key, "staff")


def new_package() -> Response:
    """GET /admin/packages/new"""
    usual = {"price_period": "month", "currency": next(iter(staff_packages.currencies()), "")}
    return _form(None, MultiDict(usual))


def send_new_package() -> Any:
    """POST /admin/packages/new: add or take away a row, look at it, or save it."""

    def save(sheet: Sheet) -> Any:
        wish = package_form.wish(sheet)
        package_admin.create(wish, actor(), form_key())
        flash(f"“{wish.name.strip()}” is sold from now on.", "success")
        return redirect(url_for("staff.package", code=wish.code), 303)

    return _sent(None, save)


def package(code: str) -> Response:
    """GET /admin/packages/<code>"""
    return _page(code)


def _page(code: str, status: int = 200, **more: Any) -> Response:
    found = staff_packages.package(code)
    return _form(found, package_form.typed_of(found.package), status, **more)


def send_package(code: str) -> Any:
    """POST /admin/packages/<code>"""

    def save(sheet: Sheet) -> Any:
        seen = request.form.get("version", "")
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
        package_admin.change(code, package_form.wish(sheet, code), actor(), version=version, form_key=form_key())
        flash("The package is saved.", "success")
        return redirect(url_for("staff.package", code=code), 303)

    return _sent(staff_packages.package(code), save)


def _sent(found: PackageDetail | None, save: Callable[[Sheet], Any]) -> Any:
    """What the pressed button asks for."""
    typed, step = request.form, request.form.get("step", "")
    verb, _, key = step.partition(":")
    if verb == "remove":
        return _form(found, package_form.without(typed, key))
    if verb == "add":
        more = package_form.with_one_more(typed, key, typed.get("kind", ""))
        if more is None:
            missing = Finding("/kind", "choice", "Choose the service to add.")
            return _form(found, typed, 422, findings=[missing])
        return _form(found, more[0], fresh=more[1])
    if verb != "save":
        return _form(found, typed)
    try:
        return save(package_form.read(typed, _known(), new=found is None))
    except Invalid as why:
        db.session.rollback()
        return _form(found, typed, 422, findings=why.errors)
    except Conflict as why:
        db.session.rollback()
        return _form(staff_packages.package(found.package.code) if found else None, typed, 409, conflict=why.detail)


def _known() -> Known:
    lines = [(one.code, f"{one.family.name} › {one.name} ({one.code})") for one in staff_packages.lines()]
    return Known(lines, staff_packages.fabrics())


def _form(
    found: PackageDetail | None, typed: MultiDict[str, str], status: int = 200, *,
    findings: list[Finding] | None = None, conflict: str = "", fresh: str = "",
) -> Response:  # fmt: skip
    """The form with what was typed, and how members would see it. `fresh`: the key of a row that was just added."""
    known = _known()
    sheet = package_form.read(typed, known, new=found is None)
    told = package_errors.place(sheet, findings or [])
    wish = package_form.wish(sheet, found.package.code if found else "")
    return frame.answer(
        FORM, FORM, status, current=url_for("staff.packages"), found=found, sheet=sheet, findings=told,
        conflict=conflict, fresh=fresh, here=request.path, card=_card(wish), has_lines=bool(known.lines),
        key=typed.get("form_key", "")[:64] if not conflict else "", version=_version(found, typed, bool(conflict)),
        kinds=[(key, kind.label) for key, kind in catalogue.SERVICE_TYPES.items()],
        currencies=[*dict.fromkeys([*staff_packages.currencies(), *money.DECIMALS])],
    )  # fmt: skip


def _version(found: PackageDetail | None, typed: MultiDict[str, str], refused: bool) -> str | None:
    """What the form was made from; once a conflict has been shown, what the package is now."""
    if found is None:
        return None
    return str(found.package.version) if refused else typed.get("version", "")[:10] or str(found.package.version)


def _card(wish: PackageWish) -> dict[str, Any]:
    """The package as members would see it, as far as what was typed can be read."""
    try:
        amount = money.minor(wish.price, wish.currency) if wish.price.strip() else None
    except (money.NoAmount, KeyError):
        amount = None
    known = [one.service_type for one in wish.services if one.service_type in catalogue.SERVICE_TYPES]
    return {
        "code": wish.code, "name": wish.name or "Without a name", "description": wish.description,
        "details": wish.details_text, "services": [catalogue.title(key, "member") for key in known],
        "price": package_words.price(amount, wish.currency, wish.price_period, per_port=_per_port(wish)),
    }  # fmt: skip


def _per_port(wish: PackageWish) -> bool:
    return any(prices.counts(one.service_type, one.fixed) for one in wish.services)


def retire_package(code: str) -> Any:
    """POST /admin/packages/<code>/retire"""
    return _do(lambda: package_admin.retire(code, actor(), form_key()), "It is not sold any more. Orders of it go on.")


def sell_package(code: str) -> Any:
    """POST /admin/packages/<code>/sell"""
    return _do(lambda: package_admin.sell_again(code, actor(), form_key()), "It is sold again.")


def package_up(code: str) -> Any:
    """POST /admin/packages/<code>/up"""
    return _do(lambda: package_admin.move(code, actor(), up=True, form_key=form_key()), "")


def package_down(code: str) -> Any:
    """POST /admin/packages/<code>/down"""
    return _do(lambda: package_admin.move(code, actor(), up=False, form_key=form_key()), "")


def _do(verb: Callable[[], None], said: str) -> Any:
    try:
        verb()
    except Conflict as why:
        db.session.rollback()
        return _list(409, why.detail)
    if said:
        flash(said, "success")
    return redirect(frame.local_path(request.form.get("back", ""), url_for("staff.packages")), 303)
