"""The member's account: its facts, contacts and logins; a reseller's customers with theirs."""

from typing import Any

from flask import flash, redirect, request, url_for

from app.domain.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.queries import portal_account
from app.services import contacts, customers
from app.services.contacts import ContactInput
from app.web.guard import actor
from app.web.portal import sent
from app.web.portal.frame import Crumb, own_account, page, viewer

EMPTY = ContactInput("", "", "")


def account() -> Any:
    return _account_page(own_account())


def customer(account_id: str) -> Any:
    return _account_page(account_id)


def _account_page(account_id: str, status: int = 200, **more: Any) -> Any:
    found = portal_account.account(actor(), account_id)
    if found is None:
        raise NotFound("There is no such account.")
    own = account_id == own_account()
    crumbs: tuple[Crumb, ...] = () if own else (_account_crumb(), (found.organisation, ""))
    return page(
        "portal/account.html", status, crumbs, found=found, own=own,
        adds_customers=own and customers.may_add(viewer()), **more,
    )  # fmt: skip


def _account_crumb() -> Crumb:
    return "Account", url_for("portal.account")


def new_contact() -> Any:
    return _contact_page(EMPTY, _wanted(), "")


def _wanted() -> str:
    """The account that a new contact is for."""
    wanted = request.values.get("account", "") or own_account()
    if wanted not in actor().account_ids:
        raise NotFound("There is no such account.")
    return wanted


def _contact_page(shown: ContactInput, account_id: str, contact_id: str, status: int = 200, **more: Any) -> Any:
    title = shown.full_name if contact_id else "New contact"
    return page(
        "portal/contact.html", status, (_account_crumb(), (title, "")), shown=shown, account_id=account_id,
        contact_id=contact_id, back=_back_to(account_id), **more,
    )  # fmt: skip


def _back_to(account_id: str) -> str:
    if account_id == own_account():
        return url_for("portal.account")
    return url_for("portal.customer", account_id=account_id)


def _typed() -> ContactInput:
    return ContactInput(*(request.form.get(name, "").replace("\x00", "")[:2000] for name in contacts.LONGEST))


def add_contact() -> Any:
    account_id, typed = _wanted(), _typed()
    try:
        contacts.add(actor(), account_id, typed, form_key=sent.form_key())
    except Invalid as why:
        db.session.rollback()
        return _contact_page(typed, account_id, "", 422, errors=why.errors)
    flash("The contact is saved.", "success")
    return redirect(_back_to(account_id), 303)


def contact(contact_id: str) -> Any:
    found = contacts.of(actor(), contact_id)
    shown = ContactInput(found.full_name, found.email, found.phone)
    return _contact_page(shown, found.account_id, contact_id)


def change_contact(contact_id: str) -> Any:
    account_id, typed = contacts.of(actor(), contact_id).account_id, _typed()
    try:
        contacts.change(actor(), contact_id, typed)
    except Invalid as why:
        db.session.rollback()
        return _contact_page(typed, account_id, contact_id, 422, errors=why.errors)
    flash("The contact is saved.", "success")
    return redirect(_back_to(account_id), 303)


def remove_contact(contact_id: str) -> Any:
    account_id = contacts.of(actor(), contact_id).account_id
    try:
        contacts.remove(actor(), contact_id)
    except Conflict as why:
        db.session.rollback()
        return _account_page(account_id, 409, conflict=why.detail)
    flash("The contact is removed.", "success")
    return redirect(_back_to(account_id), 303)
