"""Every table, imported here so that one import knows the whole schema."""

from app.domain.models.access import AccessLine
from app.domain.models.desk import Batch, BatchItem, SavedView
from app.domain.models.drafts import ItemSetup
from app.domain.models.identity import ForeignIdentity, OneTimeLink, RecoveryCode, SecondFactor
from app.domain.models.imports import ImportLine, OrderImport
from app.domain.models.inventory import Fabric, Location, Port, PortGroup, Service, Switch
from app.domain.models.members import Account, ApiToken, Contact, LoginFailure, User, WebSession
from app.domain.models.network import LocalEffect, NetworkJob, SwitchConfig
from app.domain.models.notices import Mail, MailChoice, Notification, NotificationMark, NotificationsRead
from app.domain.models.orders import Counter, ItemDependency, Order, OrderItem, OrderLog
from app.domain.models.outbound import Callback, FarSystem, OutboundCall, OutboxMessage
from app.domain.models.packages import (
    Package,
    PackageService,
    PackageSubscription,
    ProductFamily,
    ProductLine,
    ServiceSubscription,
)
from app.domain.models.payments import Payment
from app.domain.models.qualifications import Qualification
from app.domain.models.security import Audit, FormKey, StoredAnswer
from app.domain.models.steps import HandlerPlan, StagePause, StepRow, Wait, WorkerBeat
from app.domain.models.terms import Terms, TermsAcceptance
from app.domain.models.tickets import Ticket, TicketMessage

__all__ = [
    "AccessLine", "Account", "ApiToken", "Audit", "Batch", "BatchItem", "Callback", "Contact", "Counter", "Fabric",
    "FarSystem", "ForeignIdentity", "FormKey", "HandlerPlan", "ImportLine", "ItemDependency", "ItemSetup",
    "LocalEffect", "Location", "LoginFailure", "Mail", "MailChoice", "NetworkJob", "Notification", "NotificationMark",
    "NotificationsRead", "OneTimeLink", "Order", "OrderImport", "OrderItem", "OrderLog", "OutboundCall",
    "OutboxMessage", "Package", "PackageService", "PackageSubscription", "Payment", "Port", "PortGroup",
    "ProductFamily", "ProductLine", "Qualification", "RecoveryCode", "SavedView", "SecondFactor", "Service",
    "ServiceSubscription", "StagePause", "StepRow", "StoredAnswer", "Switch", "SwitchConfig", "Terms",
    "TermsAcceptance", "Ticket", "TicketMessage", "User", "Wait", "WebSession", "WorkerBeat",
]  # fmt: skip
