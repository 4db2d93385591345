"""The catalogue to look at: service types, actions, fields, rules, and the plan of each action."""

import inspect
from collections.abc import Sequence
from typing import Any

from flask import Response, url_for

from app import catalogue
from app.catalogue.access_rules import ACCESS_RULES
from app.catalogue.fields import Field
from app.catalogue.model import Action
from app.catalogue.port_rules import PORT_RULES
from app.catalogue.registry import JOIN_PVLAN, NORMAL
from app.catalogue.rules import PLACE_RULES, RULES
from app.domain.errors import NotFound
from app.domain.models import HandlerPlan
from app.queries import sold, staff_admin
from app.web.staff import frame, words

KIND_WORDS = {
    "mbps": "bandwidth", "vlan": "VLAN 1–4094", "mac": "MAC address", "asn": "AS number", "flag": "yes or no",
    "reference": "a service's number", "port_group": "port group", "integer": "whole number", "list": "list of objects",
}  # fmt: skip
STEP_KINDS = {
    "auto": "Automatic", "pure": "Automatic", "gate": "Gate", "manual": "By our staff", "review": "Review",
    "member": "By the member", "confirm": "Consent", "system": "Far system", "time": "Wished date",
}  # fmt: skip


def service_types() -> Response:
    """GET /admin/catalogue"""
    kinds = sold.kinds()
    access = ACCESS_RULES if any(kind.families for kind in kinds) else ()
    rules = [*PLACE_RULES, *RULES, *PORT_RULES, *access]
    return frame.answer(
        "staff/admin/catalogue.html", "staff/admin/catalogue.html", current=url_for("staff.service_types"),
        kinds=kinds,
        rules=[(rule.__name__.replace("_", " ").capitalize(), inspect.getdoc(rule) or "") for rule in rules],
    )  # fmt: skip


def service_type(kind: str) -> Response:
    """GET /admin/catalogue/<kind>"""
    found = catalogue.SERVICE_TYPES.get(kind)
    if found is None:
        raise NotFound(f"There is no service type “{kind[:60]}”.")
    plans = staff_admin.plans(kind)
    actions = [(action, NORMAL) for action in found.actions.values()]
    actions += [(found.joins, JOIN_PVLAN)] if found.joins else []
    return frame.answer(
        "staff/admin/service_type.html", "staff/admin/service_type.html", current=url_for("staff.service_types"),
        kind=found, actions=[_action(action, order_type, plans) for action, order_type in actions],
        existing=_fields(found.existing_fields), is_known=bool(plans),
    )  # fmt: skip


def _action(action: Action, order_type: str, plans: dict[tuple[str, str | None], HandlerPlan]) -> dict[str, Any]:
    own = plans.get((action.name, order_type))
    plan = own or plans.get((action.name, None))
    return {
        "action": action, "order_type": "" if order_type == NORMAL else order_type,
        "fields": _fields(action.fields), "plan": plan,
        "steps": [_step(number, step) for number, step in enumerate(plan.steps, 1)] if plan else [],
    }  # fmt: skip


def _fields(fields: Sequence[Field], before: str = "") -> list[dict[str, Any]]:
    """The fields, and the parts of those that have any, as “address.city”."""
    rows = []
    for one in fields:
        rows += [_field(one) | {"name": before + one.name}, *_fields(one.fields, f"{before}{one.name}.")]
    return rows


def _field(field: Field) -> dict[str, Any]:
    limits = []
    if field.minimum is not None or field.maximum is not None:
        limits.append(
            f"{'' if field.minimum is None else field.minimum}–{'' if field.maximum is None else field.maximum}"
        )
    if field.refers_to:
        limits.append("of " + " or ".join(catalogue.title(one, "staff").lower() for one in field.refers_to))
    if field.kind == "text":
        limits.append(f"up to {field.max_length} signs")
    return {
        "name": field.name, "label": field.label, "portal": field.portal_label,
        "kind": KIND_WORDS.get(field.kind, field.kind.replace("_", " ")), "unit": field.unit,
        "choices": ", ".join(str(choice.value) for choice in field.choices), "limits": "; ".join(limits),
        "required": field.required, "default": field.default,
    }  # fmt: skip


def _step(number: int, step: dict[str, Any]) -> dict[str, Any]:
    stage = step.get("stage")
    labels = {one.value: label for one, label in words.STAGE_LABELS.items()}
    return {
        "number": number, "title": step.get("title", step.get("key", "")),
        "stage": labels.get(stage or "", "Before it"),
        "kind": STEP_KINDS.get(step.get("kind", ""), str(step.get("kind", "")).capitalize()),
        "team": step.get("team") or "", "undo": bool(step.get("undo")),
        "asks": ", ".join(step.get("asks", ())),
    }  # fmt: skip
