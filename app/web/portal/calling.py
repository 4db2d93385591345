"""Whom to call about a service that one has: named anew without an order."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from wtforms import Form

from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.extensions import db
from app.queries import address_book
from app.queries.portal_services import ServicePart
from app.services import service_contacts
from app.web.guard import actor
from app.web.portal import about, forms, item_read, people, sent, services
from app.web.portal.frame import Crumb, page


def ask_contacts(service_id: uuid.UUID) -> Any:
    return _page(_find(service_id))


def _find(service_id: uuid.UUID) -> ServicePart:
    """A service whose contacts are the viewer's to name."""
    found = services.find(service_id)
    if not found.mine:
        raise NotFound("There is no such service.")
    return found


def _page(service: ServicePart, status: int = 200, *, typed: Any = None, findings: Sequence[Finding] = (),
          **more: Any) -> Any:  # fmt: skip
    form = _form(service, typed)
    told = _placed(form, findings)
    name = f"{service.title} {service.number}"
    crumbs: tuple[Crumb, ...] = (
        ("Services", url_for("portal.services")), (name, url_for("portal.service", service_id=service.id)),
        ("Who to call", ""),
    )  # fmt: skip
    return page(
        "portal/calling.html", status, crumbs, service=service, form=form, findings=told,
        seen=service_contacts.mark_of(service.called.people), **more,
    )  # fmt: skip


def _form(service: ServicePart, typed: Any) -> Form:
    book = address_book.of(service.account_id, service.sub_account_id)
    controls, present = people.of_service(service.called, book)
    form = forms.made(type("CallingForm", (Form,), controls), typed, present)
    people.settle(form, people.names_of(service.called))
    return form


def _placed(form: Form, findings: Sequence[Finding]) -> list[Finding]:
    if any(one.rule == item_read.FORM for one in findings):
        form.validate()
        return forms.summary(form)
    told = []
    for one in findings:
        name = about.control_of(form, one.pointer)
        if name:
            forms.add_error(form, name, one.detail)
        told.append(Finding(f"/{name}" if name else "", one.rule, one.detail))
    return told


def change_contacts(service_id: uuid.UUID) -> Any:
    """Name somebody else for the roles that were chosen differently."""
    service = _find(service_id)
    form = _form(service, request.form)
    seen = request.form.get("seen", "")[:64]
    try:
        item_read.refuse_if_wrong([(form, "")])
        said = people.changed_of(service.called, form)
        service_contacts.change(service_id, said, seen, actor(), sent.form_key())
    except Conflict as refused:
        db.session.rollback()
        return _page(_find(service_id), refused.status, typed=request.form, conflict=refused.detail)
    except Invalid as refused:
        db.session.rollback()
        findings = refused.errors or [Finding("", "refused", refused.detail)]
        return _page(_find(service_id), refused.status, typed=request.form, findings=findings)
    flash("The contacts of the service are saved.", "success")
    return redirect(url_for("portal.service", service_id=service_id), 303)
