"""Product lines and families: one page with both, and a small form for each."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for
from wtforms import Form, StringField
from wtforms.validators import InputRequired

from app.domain.errors import Conflict, Invalid
from app.domain.models import ProductFamily, ProductLine
from app.extensions import db
from app.queries import staff_packages
from app.services import product_lines as verbs
from app.services.product_lines import Group, GroupWish
from app.web.guard import actor
from app.web.portal import forms
from app.web.staff import frame
from app.web.staff.admin.forms import form_key

PAGE, FORM = "staff/admin/product_lines.html", "staff/admin/product_line.html"
NO_SCRIPT = {"autocomplete": "off"}


def product_lines() -> Response:
    """GET /admin/packages/lines"""
    return _both()


def _both(status: int = 200, conflict: str = "") -> Response:
    return frame.answer(
        PAGE, PAGE, status, current=url_for("staff.packages"), lines=staff_packages.lines(), conflict=conflict,
        families=staff_packages.families(), packages=staff_packages.packages_of_lines(),
    )  # fmt: skip


def new_line() -> Response:
    """GET /admin/packages/lines/new"""
    return _form(ProductLine, None)


def add_line() -> Any:
    """POST /admin/packages/lines/new"""
    return _save(ProductLine, None)


def line(code: str) -> Response:
    """GET /admin/packages/lines/<code>"""
    return _form(ProductLine, staff_packages.line(code))


def change_line(code: str) -> Any:
    """POST /admin/packages/lines/<code>"""
    return _save(ProductLine, staff_packages.line(code))


def delete_line(code: str) -> Any:
    """POST /admin/packages/lines/<code>/delete"""
    return _delete(lambda: verbs.delete(ProductLine, staff_packages.line(code).code, actor(), form_key()))


def new_family() -> Response:
    """GET /admin/packages/families/new"""
    return _form(ProductFamily, None)


def add_family() -> Any:
    """POST /admin/packages/families/new"""
    return _save(ProductFamily, None)


def family(code: str) -> Response:
    """GET /admin/packages/families/<code>"""
    return _form(ProductFamily, staff_packages.family(code))


def change_family(code: str) -> Any:
    """POST /admin/packages/families/<code>"""
    return _save(ProductFamily, staff_packages.family(code))


def delete_family(code: str) -> Any:
    """POST /admin/packages/families/<code>/delete"""
    return _delete(lambda: verbs.delete(ProductFamily, staff_packages.family(code).code, actor(), form_key()))


def _controls(kind: type[Group], new: bool) -> type[Form]:
    needed = [InputRequired()]
    fields: dict[str, Any] = {}
    if new:
        help_words = "Capital letters and digits, such as PM; it stays for good."
        fields["code"] = StringField("Code", needed, description=help_words, render_kw={"maxlength": 10, **NO_SCRIPT})
    fields["name"] = StringField("Name", needed, render_kw={"maxlength": verbs.LONGEST_NAME, **NO_SCRIPT})
    if kind is ProductLine:
        families = [(one.code, f"{one.name} ({one.code})") for one in staff_packages.families()]
        fields["family_code"] = forms.select("Family", "", families, True)
    longest = {"maxlength": verbs.LONGEST_DESCRIPTION, **NO_SCRIPT}
    fields["description"] = StringField("Description", description="Orders and programs read it.", render_kw=longest)
    return type("GroupForm", (Form,), fields)


def _form(
    kind: type[Group], found: Group | None, status: int = 200, *, form: Form | None = None, conflict: str = "",
    rest: Any = None,
) -> Response:  # fmt: skip
    """`found`: the line or family that there is; none = a new one."""
    present = {name: getattr(found, name, "") for name in ("name", "description", "family_code")} if found else {}
    return frame.answer(
        FORM, FORM, status, current=url_for("staff.packages"), found=found, is_line=kind is ProductLine, rest=rest,
        form=form or forms.made(_controls(kind, found is None), None, present), here=request.path, conflict=conflict,
        version=verbs.version_of(found) if found else None, has_families=bool(staff_packages.families()),
    )  # fmt: skip


def _save(kind: type[Group], found: Group | None) -> Any:
    form = forms.made(_controls(kind, found is None), request.form, {})
    said = {one.name: (one.data or "").strip() for one in form}
    code = found.code if found else said["code"].upper()
    wish = GroupWish(code, said["name"], said["description"], said.get("family_code"))
    try:
        if found is None:
            verbs.add(kind, wish, actor(), form_key())
        else:
            version = request.form.get("version", "")[:16]
            verbs.change(kind, code, wish, actor(), version=version, form_key=form_key())
    except Invalid as why:
        db.session.rollback()
        for one in why.errors:
            forms.add_error(form, one.pointer.strip("/"), one.detail)
        return _form(kind, found, 422, form=form, rest=why.errors)
    except Conflict as why:
        db.session.rollback()
        now = staff_packages.line(code) if kind is ProductLine else staff_packages.family(code)
        return _form(kind, now, 409, form=form, conflict=why.detail)
    flash(f"“{wish.name}” is saved.", "success")
    return redirect(url_for("staff.product_lines"), 303)


def _delete(verb: Callable[[], None]) -> Any:
    try:
        verb()
    except Conflict as why:
        db.session.rollback()
        return _both(409, why.detail)
    flash("It is deleted.", "success")
    return redirect(url_for("staff.product_lines"), 303)
