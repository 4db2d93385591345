"""The member portal: every URL, its view, who may."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.guard import routes
from app.web.portal import account, answering, new, notifications, orders, requests, services, settings

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
    ("GET", "/new/<what>", new.form, Permission.PORTAL),
    ("POST", "/new/<what>", new.send, Permission.PORTAL),
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
    ("GET", "/services/<uuid:service_id>/<action>", new.change_form, Permission.PORTAL),
    ("POST", "/services/<uuid:service_id>/<action>", new.change_send, Permission.PORTAL),
)
