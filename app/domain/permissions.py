"""Who may do what: every permission, every role, every token scope, in one table."""

from enum import StrEnum


class Role(StrEnum):
    MEMBER = "member"
    RESELLER = "reseller"
    SALES = "sales"
    ENGINEER = "engineer"
    ADMIN = "admin"


STAFF = frozenset({Role.SALES, Role.ENGINEER, Role.ADMIN})


class Permission(StrEnum):
    OPEN = "open"  # nobody needs to be known: sign-in, health, signed callbacks
    SIGNED_IN = "signed-in"
    STAFF_DESK = "staff:desk"
    ORDER_READ = "order:read"
    ORDER_WRITE = "order:write"
    ORDER_CONFIRM = "order:confirm"
    ORDER_SELL = "order:sell"  # at the desk: place, change and assign orders of members, answer for a member
    ORDER_IMPORT = "order:import"  # at the desk: orders of members by the file
    ORDER_STOP = "order:stop"  # at the desk: hold, release and cancel an order as a whole
    ITEM_READ = "item:read"
    ITEM_ACT = "item:act"  # claim, resume, retry, skip, hold, cancel
    ITEM_ANSWER = "item:answer"  # answer a wait of one's own team
    LOG_READ_DEBUG = "log:read-debug"
    LOG_WRITE = "log:write"
    PAYLOAD_READ = "payload:read"  # southbound requests and answers, redacted
    TICKET_READ = "ticket:read"
    PORTAL = "portal:use"
    CUSTOMER_ADD = "customer:add"
    ENGINE_PAUSE = "engine:pause"
    ENGINE_SEE = "engine:see"
    USERS_MANAGE = "users:manage"
    SELLING_MANAGE = "selling:manage"  # packages with their lines and families, and the terms
    MAIL_MANAGE = "mail:manage"  # see what was mailed to whom, and let what failed be sent again
    AUDIT_READ = "audit:read"


P = Permission
_EVERYBODY = {P.OPEN, P.SIGNED_IN}
_CUSTOMER = _EVERYBODY | {P.PORTAL, P.ORDER_READ, P.ORDER_WRITE}
_STAFF = _EVERYBODY | {P.STAFF_DESK, P.ORDER_READ, P.ITEM_READ, P.TICKET_READ, P.LOG_READ_DEBUG}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.MEMBER: frozenset(_CUSTOMER),
    Role.RESELLER: frozenset(_CUSTOMER | {P.CUSTOMER_ADD}),
    Role.SALES: frozenset(
        _STAFF
        | {P.ORDER_WRITE, P.ORDER_CONFIRM, P.ORDER_SELL, P.ORDER_IMPORT, P.ORDER_STOP, P.ITEM_ANSWER, P.LOG_WRITE}
    ),
    Role.ENGINEER: frozenset(
        _STAFF | {P.ORDER_STOP, P.ITEM_ACT, P.ITEM_ANSWER, P.LOG_WRITE, P.PAYLOAD_READ, P.ENGINE_PAUSE, P.ENGINE_SEE}
    ),
    Role.ADMIN: frozenset(
        _STAFF
        | {P.ORDER_IMPORT, P.PAYLOAD_READ, P.ENGINE_SEE, P.USERS_MANAGE, P.SELLING_MANAGE, P.MAIL_MANAGE, P.AUDIT_READ}
    ),
}


class Scope(StrEnum):
    """What an API token may do; a token of a staff user is a trusted program whose scopes alone decide."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ITEMS_ACT = "items:act"
    LOGS_WRITE = "logs:write"


SCOPES: dict[Scope, frozenset[Permission]] = {
    Scope.ORDERS_READ: frozenset({P.ORDER_READ}),
    Scope.ORDERS_WRITE: frozenset({P.ORDER_WRITE}),
    Scope.ITEMS_ACT: frozenset({P.ITEM_ACT, P.ITEM_ANSWER}),
    Scope.LOGS_WRITE: frozenset({P.LOG_WRITE}),
}


class Team(StrEnum):
    """Whose queue a paused item shows up in."""

    ENGINEERING = "engineering"
    SALES = "sales"


TEAM_OF: dict[Role, frozenset[Team]] = {
    Role.ENGINEER: frozenset({Team.ENGINEERING, Team.SALES}),  # engineers may work manual orders too
    Role.SALES: frozenset({Team.SALES}),
}


def may(role: Role | None, permission: Permission) -> bool:
    """Whether a person of this role holds the permission; nobody in particular holds only `open`."""
    return permission is Permission.OPEN or (role is not None and permission in GRANTS[role])


def token_may(scopes: list[str], permission: Permission) -> bool:
    return any(permission in SCOPES[Scope(scope)] for scope in scopes if scope in set(Scope))
