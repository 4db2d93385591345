"""The member portal: every URL, its view, who may."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.guard import routes
from app.web.portal import (
    account,
    answering,
    changing,
    configure,
    new,
    notifications,
    orders,
    requests,
    review,
    services,
    settings,
    what,
    where,
)

bp = Blueprint("portal", __name__, url_prefix="/portal")

routes(
    bp,
    ("GET", "/", orders.home, Permission.PORTAL),
    ("GET", "/orders", orders.orders, Permission.PORTAL),
    ("GET", "/orders.csv", orders.orders_csv, Permission.PORTAL),
    ("GET", "/orders/<uuid:order_id>", orders.order, Permission.PORTAL),
    ("POST", "/orders/<uuid:order_id>/confirm", answering.confirm, Permission.PORTAL),
    ("POST", "/orders/<uuid:order_id>/items/<int:number>/answer", answering.answer, Permission.PORTAL),
    ("GET", "/orders/<uuid:order_id>/cancel", answering.ask_cancel, Permission.PORTAL),
    ("POST", "/orders/<uuid:order_id>/cancel", answering.cancel, Permission.PORTAL),
    ("GET", "/requests/<uuid:wait_id>", requests.request_page, Permission.PORTAL),
    ("POST", "/requests/<uuid:wait_id>/agree", requests.agree, Permission.PORTAL),
    ("POST", "/requests/<uuid:wait_id>/decline", requests.decline, Permission.PORTAL),
    ("GET", "/new", new.choose, Permission.PORTAL),
    ("POST", "/new", new.start, Permission.PORTAL),
    ("GET", "/new/<uuid:draft_id>", new.take_up, Permission.PORTAL),
    ("GET", "/new/<uuid:draft_id>/discard", new.ask_discard, Permission.PORTAL),
    ("POST", "/new/<uuid:draft_id>/discard", new.discard, Permission.PORTAL),
    ("GET", "/new/<uuid:draft_id>/where", where.where, Permission.PORTAL),
    ("POST", "/new/<uuid:draft_id>/where", where.choose_where, Permission.PORTAL),
    ("GET", "/new/<uuid:draft_id>/what", what.what, Permission.PORTAL),
    ("POST", "/new/<uuid:draft_id>/what", what.choose_what, Permission.PORTAL),
    ("GET", "/new/<uuid:draft_id>/configure", configure.configure, Permission.PORTAL),
    ("POST", "/new/<uuid:draft_id>/configure", configure.save_configure, Permission.PORTAL),
    ("GET", "/new/<uuid:draft_id>/review", review.review, Permission.PORTAL),
    ("POST", "/new/<uuid:draft_id>/review", review.save_review, Permission.PORTAL),
    ("GET", "/services", services.services, Permission.PORTAL),
    ("GET", "/notifications", notifications.notifications, Permission.PORTAL),
    ("POST", "/notifications/read-all", notifications.mark_all_read, Permission.PORTAL),
    ("POST", "/notifications/<int:notification_id>/read", notifications.mark_read, Permission.PORTAL),
    ("POST", "/notifications/<int:notification_id>/unread", notifications.mark_unread, Permission.PORTAL),
    ("GET", "/settings", settings.settings, Permission.PORTAL),
    ("POST", "/settings/mails", settings.save_mails, Permission.PORTAL),
    ("POST", "/settings/looks", settings.save_looks, Permission.PORTAL),
    ("GET", "/account", account.account, Permission.PORTAL),
    ("GET", "/account/contacts/new", account.new_contact, Permission.PORTAL),
    ("POST", "/account/contacts", account.add_contact, Permission.PORTAL),
    ("GET", "/account/contacts/<contact_id>", account.contact, Permission.PORTAL),
    ("POST", "/account/contacts/<contact_id>", account.change_contact, Permission.PORTAL),
    ("POST", "/account/contacts/<contact_id>/remove", account.remove_contact, Permission.PORTAL),
    ("GET", "/account/customers/<account_id>", account.customer, Permission.PORTAL),
    ("GET", "/services/<uuid:service_id>", services.service, Permission.PORTAL),
    ("GET", "/services/<uuid:service_id>/<action>", changing.ask, Permission.PORTAL),
    ("POST", "/services/<uuid:service_id>/<action>", changing.begin, Permission.PORTAL),
)
