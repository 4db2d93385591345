"""Changing and ending a service: what is in use is told before; then a draft is made, and reviewed like any order."""

import uuid
from typing import Any

from flask import current_app, flash, redirect, request, url_for

from app.catalogue import NORMAL, ItemInput
from app.catalogue.model import Action
from app.domain.errors import Finding, NotFound
from app.queries import portal_draft, portal_use
from app.queries.portal_services import ServicePart
from app.queries.portal_use import PORT, Use
from app.services import draft_steps
from app.web.guard import actor
from app.web.portal import sent, services
from app.web.portal.frame import Crumb, own_account, page
from app.web.portal.new import new_draft


def ask(service_id: uuid.UUID, action: str) -> Any:
    service = services.find(service_id)
    return _page(service, _action(service, action))


def _action(service: ServicePart, name: str) -> Action:
    """`NotFound` if this member cannot order it for this service now."""
    for found in service.actions:
        if found.name.replace("_", "-") == name:
            return found
    raise NotFound("This cannot be ordered for this service.")


def _page(service: ServicePart, action: Action, status: int = 200, **more: Any) -> Any:
    name = f"{service.title} {service.number}"
    crumbs: tuple[Crumb, ...] = (
        ("Services", url_for("portal.services")), (name, url_for("portal.service", service_id=service.id)),
        (action.portal_label, ""),
    )  # fmt: skip
    use = portal_use.of_service(service, actor()) if action.name == "cease" else Use([], None)
    return page(
        "portal/changing.html", status, crumbs, service=service, action=action, use=use, here=request.path,
        fields=[field.label_for("member") for field in action.fields], **more,
    )  # fmt: skip


def begin(service_id: uuid.UUID, action: str) -> Any:
    """Make the draft of the change, with everything that ends together."""
    service = services.find(service_id)
    wanted = _action(service, action)
    use = portal_use.of_service(service, actor()) if wanted.name == "cease" else Use([], None)
    if use.stands_in_the_way:
        return _page(service, wanted, 409, conflict="What this service carries has to end first.")
    begun = None if wanted.name == "cease" else portal_draft.begun(own_account(), service.number, wanted.name)
    if begun is not None:
        flash("You have begun this change already. This is where you left it.", "info")
        return redirect(url_for("portal.take_up", draft_id=begun), 303)
    if use.carried and request.form.get("together") != "y":
        words = "Say that these services end as well; otherwise this one cannot end."
        return _page(service, wanted, 422, findings=[Finding("/together", "required", words)])
    items = [ItemInput(service.service_type, wanted.name, {}, service.number, 1), *_with_it(service, use)]
    made = draft_steps.start(
        new_draft(items, _customer(service), NORMAL), actor(), current_app.config["HANDOFF"], sent.form_key()
    )
    return redirect(url_for("portal.take_up", draft_id=made), 303)


def _with_it(service: ServicePart, use: Use) -> list[ItemInput]:
    """What else ends in the same order, because the member says so; the rules of the catalogue know which of them
    comes first, and add the units of a private VLAN themselves."""
    ending = [(one.number, one.service_type) for one in use.carried if service.service_type == PORT]
    if use.last_on is not None and request.form.get("port") == "y":
        ending.append((use.last_on.number, PORT))
    return [ItemInput(kind, "cease", {}, number, at) for at, (number, kind) in enumerate(ending, start=2)]


def _customer(service: ServicePart) -> str | None:
    """For whom: as it stands for the service."""
    return service.account_id if service.account_id != own_account() else service.sub_account_id
