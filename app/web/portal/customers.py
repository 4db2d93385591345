"""A reseller adds a customer: from its account's page, or on the way to an order for it."""

from typing import Any

from flask import flash, redirect, request, url_for

from app.domain.errors import Invalid
from app.extensions import db
from app.services import customers
from app.services.customers import CustomerInput
from app.web.guard import actor
from app.web.portal import sent
from app.web.portal.frame import Crumb, orders_crumb, page, viewer

EMPTY = CustomerInput("")
TO_ORDER = "order"
"""Said by whoever came from ordering, and goes on there."""


def new_customer() -> Any:
    return _page(EMPTY)


def _page(shown: CustomerInput, status: int = 200, **more: Any) -> Any:
    ordering = request.values.get("then") == TO_ORDER
    crumbs: tuple[Crumb, ...] = (
        (orders_crumb(), ("New service", url_for("portal.choose")))
        if ordering
        else (("Account", url_for("portal.account")),)
    )
    back = url_for("portal.choose" if ordering else "portal.account")
    return page(
        "portal/customer.html", status, (*crumbs, ("New customer", "")), shown=shown, back=back,
        then=TO_ORDER if ordering else "", **more,
    )  # fmt: skip


def add_customer() -> Any:
    typed = CustomerInput(*(request.form.get(name, "").replace("\x00", "")[:2000] for name in customers.LONGEST))
    try:
        made = customers.add(actor(), viewer(), typed, form_key=sent.form_key())
    except Invalid as why:
        db.session.rollback()
        return _page(typed, 422, errors=why.errors)
    if request.form.get("then") == TO_ORDER:
        flash("The customer is added. Choose what to order for it.", "success")
        return redirect(url_for("portal.choose", customer=made), 303)
    flash("The customer is added.", "success")
    return redirect(url_for("portal.customer", account_id=made), 303)
