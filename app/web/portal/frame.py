"""What every portal page has around it: navigation with the number of open questions, breadcrumbs, who looks."""

from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_login import current_user

from app.domain.after_commit import account_topic
from app.domain.errors import NotFound
from app.domain.models import User
from app.queries import notices, portal, portal_asked
from app.services.actor import Actor
from app.web.extensions import htmx
from app.web.guard import actor

Crumb = tuple[str, str]


def viewer() -> User:
    """The signed-in member."""
    user: User = current_user.record
    return user


def own_account() -> str:
    """The account that the viewer belongs to, and orders for."""
    account = viewer().account_id
    if account is None:
        raise NotFound("Your login belongs to no account, so there is nothing here.")
    return account


def list_topic() -> str:
    """What the viewer's lists listen to: orders and questions that come, or go."""
    return account_topic(own_account())


def page(template: str, status: int = 200, crumbs: tuple[Crumb, ...] = (), **context: Any) -> Response:
    """A whole portal page; `crumbs` = the pages above it and itself, as (label, address)."""
    shown = [{"label": label, "url": url} for label, url in crumbs]
    html = render_template(template, nav=nav(), crumbs=shown, **context)
    return make_response(html, status)


def page_or_part(
    template: str, part: str, status: int = 200, crumbs: tuple[Crumb, ...] = (), **context: Any
) -> Response:
    """The whole page for a browser, its live part (which the page includes) for htmx."""
    if htmx and not htmx.history_restore_request:
        return make_response(render_template(part, **context), status)
    return page(template, status, crumbs, **context)


def nav() -> list[dict[str, Any]]:
    here = request.path
    waiting = portal_asked.count(actor())
    orders = url_for("portal.orders")
    about_orders = (orders, url_for("portal.choose"), "/portal/requests")
    return [
        {"label": "Home", "url": url_for("portal.home"), "current": here == url_for("portal.home")},
        {"label": "Services", "url": url_for("portal.services"), "current": here.startswith("/portal/services")},
        {"label": "Orders", "url": orders, "count": waiting or None,
         "current": here.startswith(about_orders)},
        {"label": "Notifications", "url": url_for("portal.notifications"),
         "count": notices.count_words(notices.unread(actor())), "current": here.startswith("/portal/notifications")},
        {"label": "Account", "url": url_for("portal.account"),
         "current": here.startswith(("/portal/account", "/portal/settings"))},
        {"label": "Help", "url": url_for("portal.help_page"), "current": here.startswith("/portal/help")},
    ]  # fmt: skip


def orders_crumb() -> Crumb:
    return "Orders", url_for("portal.orders")


def customers_of(viewer: Actor) -> list[tuple[str, str]]:
    """By whom a reseller may narrow the list down."""
    if len(viewer.account_ids) < 2:
        return []
    called = portal.organisations(viewer.account_ids)
    own = own_account()
    others = sorted((name, key) for key, name in called.items() if key != own)
    return [(own, "Ourselves"), *((key, name) for name, key in others)]
