"""Step two: which package, or the service alone. A package is selected once for an order."""

import uuid
from typing import Any

from flask import request

from app.catalogue import title
from app.domain.errors import Finding
from app.domain.models import Order, Package
from app.queries import package_words, portal_draft
from app.queries.package_words import ON_REQUEST
from app.services import draft_groups, draft_places, draft_steps, packages, qualification
from app.web.guard import actor
from app.web.portal import wizard

ALONE = "alone"


def what(draft_id: uuid.UUID) -> Any:
    return wizard.opened(draft_id, _arrive)


def _arrive(order: Order) -> Any:
    """Nothing to choose from is no page; without a place it cannot be told what is sold there."""
    steps = wizard.steps_of(order)
    if "what" not in steps:
        return wizard.go(order, "configure")
    groups = draft_groups.of(order)
    main = groups.main()
    if "where" in steps and (draft_places.where_of(groups, main) is None or portal_draft.expired(order, main)):
        return wizard.go(order, "where")
    if order.package_id is None and not _offered(order) and not groups.is_product():
        return wizard.go(order, "configure")
    return _page(order)


def _offered(order: Order) -> list[Package]:
    groups = draft_groups.of(order)
    main = groups.main()
    return portal_draft.offered(groups, qualification.of_item(order, main)) if main is not None else []


def _page(order: Order, status: int = 200, **more: Any) -> Any:
    selected = packages.of_order(order)
    now = packages.by_code(selected.code) if selected and not selected.latest else None
    return wizard.show(
        "portal/what.html", order, "what", status, selected=_card(selected) if selected else None,
        now=_card(now) if now else None, changes=package_words.changes(selected, now) if selected and now else [],
        packages=[] if selected else [_card(one) for one in _offered(order)],
        alone=_alone(order),
        chosen=request.form.get("package", ""), **more,
    )  # fmt: skip


def _alone(order: Order) -> dict[str, str] | None:
    """The service without a package, where that can be ordered."""
    groups = draft_groups.of(order)
    if not order.items or groups.is_product():
        return None
    kind = groups.items[groups.main() or order.items[0].item_number].service_type
    return {"title": f"{title(kind, 'member')} without a package", "price": ON_REQUEST}


def _card(package: Package) -> dict[str, Any]:
    return {
        "code": package.code, "name": package.name, "description": package.description,
        "details": package.details_text, "price": package_words.package_price(package),
        "services": package_words.services(package),
    }  # fmt: skip


def choose_what(draft_id: uuid.UUID) -> Any:
    seen = wizard.seen(draft_id)
    code = request.form.get("package", "")
    then = wizard.step_url(draft_id, "configure")
    product = draft_groups.of(wizard.find(draft_id)).is_product()
    if code == ALONE and not product:
        return wizard.tried(draft_id, lambda: draft_steps.amend(seen, {}, actor()), then, _page)
    if code in ("", ALONE):
        words = "Choose a product." if product else "Choose a package, or the service alone."
        missing = [Finding("/package", "required", words)]
        return wizard.opened(draft_id, lambda order: _page(order, 422, findings=missing))
    return wizard.tried(draft_id, lambda: draft_steps.choose(seen, code, actor()), then, _again)


def _again(order: Order, status: int, *, findings: list[Finding] | None = None, **more: Any) -> Any:
    """Whatever is wrong with the package stands at the packages."""
    told = [Finding("/package", one.rule, one.detail) for one in findings or []]
    return _page(order, status, findings=told, **more)
