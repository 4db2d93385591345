"""What can be ordered: service types, their actions and fields, the rules, and the words for people.

Described once, used by the API's validation and schema, the forms, the tickets, the pages and the handlers.
"""

from app.catalogue.check import Checked, CheckedItem, ItemInput, check_order
from app.catalogue.describe import action_title, describe, describe_service, item_names, title
from app.catalogue.ending import units_too
from app.catalogue.model import Action, ServiceType
from app.catalogue.registry import (
    JOIN_PVLAN,
    NORMAL,
    ORDER_TYPES,
    SERVICE_TYPES,
    action_of,
    every_action,
    service_type,
)
from app.catalogue.schema import details_schema
from app.catalogue.showing import Names, show
from app.catalogue.world import PortGroupFacts, ServiceFacts, World

__all__ = [
    "JOIN_PVLAN",
    "NORMAL",
    "ORDER_TYPES",
    "SERVICE_TYPES",
    "Action",
    "Checked",
    "CheckedItem",
    "ItemInput",
    "Names",
    "PortGroupFacts",
    "ServiceFacts",
    "ServiceType",
    "World",
    "action_of",
    "action_title",
    "check_order",
    "describe",
    "describe_service",
    "details_schema",
    "every_action",
    "item_names",
    "service_type",
    "show",
    "title",
    "units_too",
]
