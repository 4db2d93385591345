"""The OMS API: every URL, its view, the scope it needs."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.api import (
    browsing,
    configuring,
    drafts,
    imports,
    items,
    logs,
    members,
    openapi,
    orders,
    packages,
    qualifications,
    subscriptions,
)
from app.web.extensions import csrf
from app.web.guard import routes

bp = Blueprint("api", __name__)
csrf.exempt(bp)  # a bearer token is no cookie: no other site can make a browser send it

bp.add_app_template_filter(browsing.form_of)
bp.add_app_template_filter(browsing.with_code)

routes(
    bp,
    ("GET", "/oms/orders", orders.list_orders, Permission.ORDER_READ),
    ("POST", "/oms/orders", orders.create_order, Permission.ORDER_WRITE),
    ("GET", "/oms/orders/<uuid:order_id>", orders.show_order, Permission.ORDER_READ),
    ("PATCH", "/oms/orders/<uuid:order_id>", orders.change_order, Permission.ORDER_WRITE),
    ("PUT", "/oms/orders/<uuid:order_id>", drafts.replace_order, Permission.ORDER_WRITE),
    ("DELETE", "/oms/orders/<uuid:order_id>", drafts.delete_order, Permission.ORDER_WRITE),
    ("POST", "/oms/orders/<uuid:order_id>/submit", drafts.submit_order, Permission.ORDER_WRITE),
    ("POST", "/oms/orders/<uuid:order_id>/hold", orders.hold_order, Permission.ORDER_WRITE),
    ("POST", "/oms/orders/<uuid:order_id>/release", orders.release_order, Permission.ORDER_WRITE),
    ("POST", "/oms/orders/<uuid:order_id>/confirm", orders.confirm_order, Permission.ORDER_WRITE),
    ("POST", "/oms/orders/<uuid:order_id>/reject", orders.reject_order, Permission.ORDER_WRITE),
    ("GET", "/oms/orders/<uuid:order_id>/cancellation", orders.show_cancellation, Permission.ORDER_READ),
    ("POST", "/oms/orders/<uuid:order_id>/cancel", orders.cancel_order, Permission.ORDER_WRITE),
    ("GET", "/oms/order-items", items.list_items, Permission.ORDER_READ),
    ("GET", "/oms/order-items/<uuid:item_id>", items.show_item, Permission.ORDER_READ),
    ("PATCH", "/oms/order-items/<uuid:item_id>", items.change_item, Permission.ORDER_WRITE),
    ("POST", "/oms/order-items/<uuid:item_id>/resume", items.resume_item, Permission.ITEM_ANSWER),
    ("POST", "/oms/order-items/<uuid:item_id>/retry", items.retry_item, Permission.ITEM_ACT),
    ("POST", "/oms/order-items/<uuid:item_id>/redo", items.redo_item, Permission.ITEM_ACT),
    ("POST", "/oms/order-items/<uuid:item_id>/it-happened", items.it_happened_item, Permission.ITEM_ACT),
    ("POST", "/oms/order-items/<uuid:item_id>/done-by-hand", items.done_by_hand_item, Permission.ITEM_ACT),
    ("POST", "/oms/order-items/<uuid:item_id>/skip", items.skip_item, Permission.ITEM_ACT),
    ("POST", "/oms/order-items/<uuid:item_id>/hold", items.hold_item, Permission.ITEM_ACT),
    ("POST", "/oms/order-items/<uuid:item_id>/release", items.release_item, Permission.ITEM_ACT),
    ("POST", "/oms/order-items/<uuid:item_id>/cancel", items.cancel_item, Permission.ITEM_ACT),
    ("GET", "/oms/order-logs", logs.list_logs, Permission.ORDER_READ),
    ("POST", "/oms/order-logs", logs.create_log, Permission.LOG_WRITE),
    by_token=True,
)
READ, WRITE = Permission.ORDER_READ, Permission.ORDER_WRITE
routes(
    bp,
    ("GET", "/oms/addresses", qualifications.list_addresses, READ),
    ("POST", "/oms/qualifications", qualifications.create_qualification, WRITE),
    ("GET", "/oms/qualifications/<uuid:qualification_id>", qualifications.show_qualification, READ),
    ("GET", "/oms/packages", packages.list_packages, READ),
    ("GET", "/oms/packages/<code>", packages.show_package, READ),
    ("POST", "/oms/orders/<uuid:order_id>/package", packages.select_package, WRITE),
    ("GET", "/oms/orders/<uuid:order_id>/subscription", subscriptions.show_subscription, READ),
    ("GET", "/oms/orders/<uuid:order_id>/requirements", configuring.show_requirements, READ),
    ("PATCH", "/oms/orders/<uuid:order_id>/requirements", configuring.set_requirements, WRITE),
    ("PUT", "/oms/orders/<uuid:order_id>/requirements", configuring.replace_requirements, WRITE),
    ("GET", "/oms/terms", configuring.show_terms, READ),
    ("GET", "/oms/orders/<uuid:order_id>/terms", configuring.show_order_terms, READ),
    ("POST", "/oms/orders/<uuid:order_id>/terms", configuring.accept_terms, WRITE),
    ("POST", "/oms/orders/<uuid:order_id>/notes", configuring.create_note, WRITE),
    ("GET", "/oms/orders/<uuid:order_id>/payments", configuring.list_payments, READ),
    ("POST", "/oms/orders/<uuid:order_id>/payments", configuring.create_payment, WRITE),
    ("GET", "/oms/accounts", members.list_accounts, READ),
    ("POST", "/oms/accounts", members.create_account, WRITE),
    ("GET", "/oms/accounts/<account_id>", members.show_account, READ),
    ("GET", "/oms/contacts", members.list_contacts, READ),
    ("POST", "/oms/contacts", members.create_contact, WRITE),
    ("GET", "/oms/contacts/<contact_id>", members.show_contact, READ),
    ("PATCH", "/oms/contacts/<contact_id>", members.change_contact, WRITE),
    ("DELETE", "/oms/contacts/<contact_id>", members.delete_contact, WRITE),
    ("GET", "/oms/services", members.list_services, READ),
    ("GET", "/oms/services/<uuid:service_id>", members.show_service, READ),
    ("GET", "/oms/requests", members.list_requests, READ),
    ("GET", "/oms/requests/<uuid:request_id>", members.show_request, READ),
    ("POST", "/oms/requests/<uuid:request_id>/agree", members.agree_request, WRITE),
    ("POST", "/oms/requests/<uuid:request_id>/decline", members.decline_request, WRITE),
    by_token=True,
)
routes(
    bp,
    ("GET", "/oms/imports", imports.list_imports, READ),
    ("GET", "/oms/imports/<uuid:import_id>", imports.show_import, READ),
    ("GET", "/oms/imports/<uuid:import_id>/lines", imports.list_import_lines, READ),
    ("POST", "/oms/imports/<uuid:import_id>/stop", imports.stop_import, WRITE),
    by_token=True,
)
routes(bp, ("POST", "/oms/imports", imports.create_import, WRITE), by_token=True, files=True)
routes(
    bp,
    ("GET", "/openapi.json", openapi.document, Permission.OPEN),
    ("GET", "/api", browsing.page, Permission.OPEN),
)
