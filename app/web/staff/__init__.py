"""The staff desk: every URL, its view, who may."""

from flask import Blueprint

from app.domain.permissions import Permission
from app.web.guard import routes
from app.web.staff import (
    audit,
    frame,
    help_page,
    home,
    items_page,
    me,
    orders,
    palette,
    search,
    services,
    tickets,
    verbs,
    work,
    workers,
)
from app.web.staff.admin import catalogue, people, tokens

bp = Blueprint("staff", __name__)

routes(
    bp,
    ("GET", "/", home.home, Permission.SIGNED_IN),
    ("GET", "/rail", frame.rail, Permission.STAFF_DESK),
    ("GET", "/work", work.work, Permission.ITEM_READ),
    ("GET", "/items/<uuid:item_id>", items_page.item, Permission.ITEM_READ),
    ("GET", "/items/<uuid:item_id>/log.txt", items_page.log_text, Permission.LOG_READ_DEBUG),
    ("GET", "/items/<uuid:item_id>/job-sheet", items_page.job_sheet, Permission.ITEM_READ),
    ("POST", "/items/<uuid:item_id>/typing", items_page.typing, Permission.ITEM_READ),
    ("GET", "/items/<uuid:item_id>/takeover", items_page.takeover_page, Permission.ITEM_ANSWER),
    ("GET", "/items/<uuid:item_id>/cancel", items_page.cancel_page, Permission.ITEM_ACT),
    # Answering: waits of one's own team.
    ("POST", "/items/<uuid:item_id>/claim", verbs.claim, Permission.ITEM_ANSWER),
    ("POST", "/items/<uuid:item_id>/unclaim", verbs.unclaim, Permission.ITEM_ANSWER),
    ("POST", "/items/<uuid:item_id>/takeover", verbs.takeover, Permission.ITEM_ANSWER),
    ("POST", "/items/<uuid:item_id>/resume", verbs.resume, Permission.ITEM_ANSWER),
    # Acting: engineers.
    ("POST", "/items/<uuid:item_id>/retry", verbs.retry, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/redo", verbs.redo, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/it-happened", verbs.it_happened, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/done-by-hand", verbs.done_by_hand, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/skip", verbs.skip, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/hold", verbs.hold, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/release", verbs.release, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/cancel", verbs.cancel, Permission.ITEM_ACT),
    ("POST", "/items/<uuid:item_id>/note", verbs.note, Permission.LOG_WRITE),
    # Orders, tickets, finding.
    ("GET", "/orders", orders.orders, Permission.STAFF_DESK),
    ("GET", "/orders/<uuid:order_id>", orders.order, Permission.STAFF_DESK),
    ("POST", "/orders/<uuid:order_id>/confirm", orders.confirm, Permission.ORDER_CONFIRM),
    ("POST", "/orders/<uuid:order_id>/reject", orders.reject, Permission.ORDER_CONFIRM),
    ("GET", "/tickets", tickets.tickets, Permission.TICKET_READ),
    ("GET", "/tickets/<int:number>", tickets.ticket, Permission.TICKET_READ),
    ("GET", "/search", search.search, Permission.STAFF_DESK),
    ("GET", "/services", services.services, Permission.STAFF_DESK),
    ("GET", "/services/<uuid:service_id>", services.service, Permission.STAFF_DESK),
    # The machine.
    ("GET", "/workers", workers.workers, Permission.ENGINE_SEE),
    ("POST", "/workers/<stage>/pause", workers.pause, Permission.ENGINE_PAUSE),
    ("POST", "/workers/<stage>/resume", workers.resume_stage, Permission.ENGINE_PAUSE),
    ("POST", "/workers/messages/<int:message_id>/send-again", workers.send_again, Permission.ENGINE_PAUSE),
    ("GET", "/audit", audit.audit, Permission.AUDIT_READ),
    ("GET", "/audit.csv", audit.audit_csv, Permission.AUDIT_READ),
    # What only administrators do.
    ("GET", "/admin/users", people.users, Permission.USERS_MANAGE),
    ("POST", "/admin/users", people.add, Permission.USERS_MANAGE),
    ("GET", "/admin/users/new", people.new_user, Permission.USERS_MANAGE),
    ("GET", "/admin/users/<uuid:user_id>", people.user, Permission.USERS_MANAGE),
    ("POST", "/admin/users/<uuid:user_id>/change", people.change, Permission.USERS_MANAGE),
    ("POST", "/admin/users/<uuid:user_id>/deactivate", people.deactivate, Permission.USERS_MANAGE),
    ("POST", "/admin/users/<uuid:user_id>/reactivate", people.reactivate, Permission.USERS_MANAGE),
    ("POST", "/admin/users/<uuid:user_id>/end-sessions", people.end_sessions, Permission.USERS_MANAGE),
    ("POST", "/admin/users/<uuid:user_id>/password", people.give_password, Permission.USERS_MANAGE),
    ("GET", "/admin/tokens", tokens.tokens, Permission.USERS_MANAGE),
    ("POST", "/admin/tokens", tokens.add_token, Permission.USERS_MANAGE),
    ("GET", "/admin/tokens/new", tokens.new_token, Permission.USERS_MANAGE),
    ("POST", "/admin/tokens/<uuid:token_id>/revoke", tokens.revoke, Permission.USERS_MANAGE),
    ("GET", "/admin/catalogue", catalogue.service_types, Permission.USERS_MANAGE),
    ("GET", "/admin/catalogue/<kind>", catalogue.service_type, Permission.USERS_MANAGE),
    # Oneself.
    ("GET", "/me", me.me, Permission.SIGNED_IN),
    ("POST", "/me", me.save, Permission.SIGNED_IN),
    ("POST", "/me/password", me.change_password, Permission.SIGNED_IN),
    ("POST", "/me/sessions/end-others", me.end_others, Permission.SIGNED_IN),
    ("POST", "/me/sessions/<mark>/end", me.end_session, Permission.SIGNED_IN),
    ("GET", "/help", help_page.help_page, Permission.SIGNED_IN),
    ("GET", "/palette", palette.palette, Permission.SIGNED_IN),
)
