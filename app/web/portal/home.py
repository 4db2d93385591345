"""The portal's first page: what needs the member, what is on its way, what was begun; and how things work here."""

from typing import Any

from flask import Response, url_for

from app.domain.states import Icon
from app.queries import portal, portal_asked, portal_draft, portal_services
from app.queries.portal import OrderQuery
from app.queries.portal_words import LATE, YOURS
from app.web.guard import actor
from app.web.portal.frame import list_topic, own_account, page, page_or_part

SHOWN = 5
STATUSES = (
    (Icon.QUEUED, "Not started", "We have your order; it begins by itself."),
    (Icon.RUNNING, "In progress", "Our systems are working on it."),
    (Icon.PAUSED, "In progress: an engineer does this step", "Somebody has to do something by hand, such as a patch."),
    (Icon.CLAIMED, "In progress: with an engineer", "Somebody is doing it now."),
    (Icon.WAITING, YOURS, "It goes on when you have answered. You are told by when."),
    (Icon.FAILED, LATE, "Something did not work at once. You need not do anything."),
    (Icon.DONE, "Completed", "Your service is there."),
    (Icon.CANCELLED, "Cancelled", "Nothing of it goes on any more."),
)


def home() -> Response:
    """Live, as the list of orders is."""
    viewer, own = actor(), own_account()
    waiting = portal.orders(viewer, own, OrderQuery("needs")).rows[:SHOWN]
    moving = [row for row in portal.orders(viewer, own, OrderQuery("progress")).rows if row not in waiting][:SHOWN]
    return page_or_part(
        "portal/home.html", "portal/_home.html", waiting=waiting, moving=moving,
        asked=portal_asked.requests(viewer), drafts=portal_draft.rows(viewer)[:SHOWN],
        services=portal_services.count(viewer), has_customers=len(viewer.account_ids) > 1, here=url_for("portal.home"),
        topics=" ".join([list_topic(), *(f"order-{row.id}" for row in [*waiting, *moving])]),
    )  # fmt: skip


def help_page() -> Any:
    return page("portal/help.html", statuses=STATUSES)
