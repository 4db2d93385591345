"""Rows as the JSON that programs read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.catalogue import action_of
from app.domain import clock
from app.domain.models import Order, OrderItem, OrderLog, Wait
from app.domain.states import Status, WaitKind
from app.queries.api import Around
from app.queries.portal_words import OpenWait, status_words
from app.queries.subscriptions import Subscribed
from app.services import qualification
from app.services.actor import Actor
from app.services.prices import Price
from app.web.api.answers import (
    AskAnswer,
    FamilyAnswer,
    ItemAnswer,
    LineAnswer,
    LogAnswer,
    OptionAnswer,
    OrderAnswer,
    OrderPriceAnswer,
    OrderQualificationAnswer,
    OrderServiceAnswer,
    OrderSubscriptionAnswer,
    ProductAnswer,
    RequestorAnswer,
    SubCustomerAnswer,
    WaitAnswer,
)

FOR_EVERYBODY = frozenset({WaitKind.TIME, WaitKind.DEPENDENCY})


@dataclass(frozen=True)
class Shower:
    """Shows rows to one program: in the exchange's zone, and only what is for this actor."""

    actor: Actor
    zone: ZoneInfo

    def at(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def maybe(self, moment: datetime | None) -> str | None:
        return None if moment is None else self.at(moment)

    def order(self, row: Order, around: Around) -> OrderAnswer:
        shown = OrderAnswer(
            id=str(row.id),
            name=row.name,
            status=row.status.value,
            requestor=_requestor(row),
            sub_customer=_sub_customer(row),
            deskpro_ticket_id=row.ticket_number,
            po_number=row.po_number,
            additional_cc=row.additional_cc,
            notes=row.notes,
            type=row.type,
            description=row.description,
            created_at=self.at(row.created_at),
            modified_at=self.at(row.modified_at),
            items=[self.item(item, row, around) for item in row.items],
            channel=row.channel,
            outcome=row.outcome.value if row.outcome else None,
            alias=row.alias,
            origin=row.origin,
            parent_order_id=str(row.parent_order_id) if row.parent_order_id else None,
            operator_order_ref=row.operator_order_ref,
            operator_order_name=row.operator_order_name,
            product=shown_product(row.product) if row.product else None,
            options=None if row.options is None else shown_options(row.options),
            price=shown_price(around.prices.get(row.id)),
            subscription=self._subscription(around.subscriptions.get(row.id)),
            contacts=row.contacts,
            owner=row.owner,
            comment=row.comment,
            batch_alias=row.batch_alias,
            service_alias=around.aliases.get(row.items[0].id) if len(row.items) == 1 else None,
            enni=row.enni,
            qualification_id=str(row.qualification_id) if row.qualification_id else None,
            qualifications=[
                OrderQualificationAnswer(id=str(key), items=numbers)
                for key, numbers in qualification.by_qualification(row, around.qualified).items()
            ],
            requested_start_date=self.maybe(row.requested_start_date),
            requested_completion_date=self.maybe(row.requested_completion_date),
            expected_completion_date=self.maybe(row.expected_completion_date),
            completion_date=self.maybe(row.completion_date),
            submission_date=self.maybe(row.submission_date),
            acknowledged_date=self.maybe(row.acknowledged_date),
            processing_date=self.maybe(row.processing_date),
            pending_date=self.maybe(row.pending_date),
            held_date=self.maybe(row.held_date),
            cancellation_date=self.maybe(row.cancellation_date),
            rejection_date=self.maybe(row.rejection_date),
            version=row.version,
        )
        if row.sub_customer is None:
            del shown["sub_customer"]  # direct orders do not have the field at all
        if not self.actor.acts_for(row.account_id):
            _hide_what_is_between_others(shown)
        return shown

    def _subscription(self, found: Subscribed | None) -> OrderSubscriptionAnswer | None:
        if found is None:
            return None
        services = [
            OrderServiceAnswer(
                item_number=one.item_number, service_number=one.service_number, features=shown_options(one.features),
                contacts=one.contacts or {},
            )
            for one in found.services
        ]  # fmt: skip
        package = found.package
        return OrderSubscriptionAnswer(id=str(package.id), created_at=self.at(package.created_at), services=services)

    def item(self, row: OrderItem, order: Order, around: Around) -> ItemAnswer:
        return ItemAnswer(
            id=str(row.id),
            item_number=row.item_number,
            status=row.status.value,
            item_action=row.action,
            service_type=row.service_type,
            service_number=around.refs.get(row.id, row.service_number),
            deskpro_ticket_id=row.ticket_number or order.ticket_number,
            created_at=self.at(row.created_at),
            modified_at=self.at(row.modified_at),
            details=_details(row, order.type),
            name=f"{order.name}/{row.item_number}",
            service_alias=around.aliases.get(row.id),
            order_id=str(row.order_id),
            order_name=order.name,
            stage=row.stage.value if row.stage else None,
            status_since=self.at(row.status_since),
            held_reason=row.held_reason if self.actor.trusted else None,  # written by staff, for staff
            depends_on=around.needs.get(row.id, []),
            requested_start_date=self.maybe(row.requested_start_date),
            requested_completion_date=self.maybe(row.requested_completion_date),
            expected_completion_date=self.maybe(row.expected_completion_date),
            completion_date=self.maybe(row.completion_date),
            contacts=around.contacts.get(row.id, {}) if self.actor.acts_for(order.account_id) else {},
            error=row.last_error if self.actor.trusted else None,
            wait=self._wait(row, around),
            version=row.version,
        )

    def _wait(self, row: OrderItem, around: Around) -> WaitAnswer | None:
        """A member's program sees the questions that are its own to answer, what needs no answer, and in a member's
        words that somebody else must agree."""
        wait, claimer = around.waits.get(row.id, (None, None))
        if wait is None:
            return None
        if not (wait.kind in FOR_EVERYBODY or self.actor.may_answer(wait.audience)):
            return self._agreement(wait, row, around) if wait.kind is WaitKind.CONFIRM else None
        return WaitAnswer(
            kind=wait.kind.value,
            title=wait.title,
            tell=wait.tell,
            asks=asked(wait.ask),
            audience=wait.audience,
            since=self.at(wait.opened_at),
            due=self.maybe(wait.due_at),
            expires=self.maybe(wait.expires_at),
            claimed_by=claimer if self.actor.trusted else None,
            claimed_until=self.maybe(wait.claim_until) if self.actor.trusted and claimer else None,
            version=row.version,
        )

    def _agreement(self, wait: Wait, row: OrderItem, around: Around) -> WaitAnswer:
        """Somebody else must agree before it starts: another account, by a time that it was told; or the exchange."""
        who = wait.audience.partition(":")[0]
        hold = OpenWait(wait.kind, wait.audience, wait.due_at, None).hold(
            self.actor.account_ids, clock.now(), around.agreers.get(row.id, "")
        )
        return WaitAnswer(
            kind=wait.kind.value,
            title=status_words(Status.AWAITING_ORDER_CONFIRMATION, [hold]).words,
            tell=None,
            asks=[],
            audience=wait.audience if who == "account" else "exchange",
            since=self.at(wait.opened_at),
            due=self.maybe(wait.due_at) if who == "account" else None,
            expires=None,
            claimed_by=None,
            claimed_until=None,
            version=row.version,
        )

    def log(self, row: OrderLog) -> LogAnswer:
        return LogAnswer(
            id=str(row.uid),
            name=f"{row.order.name} - {row.status.value.replace('_', ' ').title()}",
            order_id=str(row.order_id),
            order_item_id=str(row.item_id) if row.item_id else None,
            order_item_name=row.item_name,
            account=row.order.account.organisation,
            status=row.status.value,
            order_item_status=row.item_status.value if row.item_status else None,
            user_message=row.user_message,
            debug_message=row.debug_message if self.actor.trusted else None,
            created_at=self.at(row.created_at),
        )


def _hide_what_is_between_others(shown: OrderAnswer) -> None:
    """A reseller's customer does not read what its reseller wrote for itself and for the exchange."""
    shown["po_number"] = shown["notes"] = shown["comment"] = shown["contacts"] = shown["description"] = None
    shown["operator_order_ref"] = shown["operator_order_name"] = shown["qualification_id"] = None
    shown["price"] = shown["subscription"] = None
    shown["additional_cc"], shown["qualifications"] = [], []


def _details(row: OrderItem, order_type: str) -> dict[str, Any]:
    """In the catalogue's order: the database keeps none."""
    action = action_of(row.service_type, row.action, order_type)
    names = [field.name for field in action.fields] if action else []
    return {name: row.details[name] for name in dict.fromkeys([*names, *row.details]) if name in row.details}


def shown_product(said: Mapping[str, Any]) -> ProductAnswer:
    """In a fixed order, whatever order the database keeps."""
    line, family = said["line"], said["line"]["family"]
    return ProductAnswer(
        name=said["name"], code=said["code"], description=said["description"],
        line=LineAnswer(
            name=line["name"], code=line["code"], description=line["description"],
            family=FamilyAnswer(name=family["name"], code=family["code"], description=family["description"]),
        ),
    )  # fmt: skip


def shown_price(told: Price | None) -> OrderPriceAnswer | None:
    if told is None:
        return None
    return OrderPriceAnswer(
        amount_minor=told.each, quantity=told.quantity, total_minor=told.total, currency=told.currency,
        period=told.period, frozen=told.frozen,
    )  # fmt: skip


def shown_options(said: Mapping[str, Any]) -> dict[str, OptionAnswer]:
    return {
        code: OptionAnswer(value=one["value"], enabled=one["enabled"], default_value=one["default_value"])
        for code, one in said.items()
    }


def _requestor(row: Order) -> RequestorAnswer:
    said = row.requestor
    return RequestorAnswer(
        contact_id=said.get("contact_id"),
        account_id=row.account_id,
        organisation=said.get("organisation"),
        email=said.get("email"),
        full_name=said.get("full_name"),
        phone=said.get("phone"),
    )


def _sub_customer(row: Order) -> SubCustomerAnswer:
    said: dict[str, Any] = row.sub_customer or {}
    asn = said.get("asn")
    return SubCustomerAnswer(
        organisation=said.get("organisation"),
        account_id=str(row.sub_account_id),
        asn=None if asn is None else str(asn),
        handle=said.get("handle"),
    )


def asked(ask: Mapping[str, Any] | None) -> list[AskAnswer]:
    """What a wait asks, as its row keeps it."""
    return [
        AskAnswer(
            name=name,
            label=ask["label"],
            kind=ask["kind"],
            unit=ask["unit"],
            required=ask["required"],
            help=ask["help"],
            pattern=ask["pattern"],
            minimum=ask["minimum"],
            maximum=ask["maximum"],
            choices=list(ask["choices"]),
            labels=list(ask.get("labels") or []),
            max_length=ask["max_length"],
        )
        for name, ask in (ask or {}).items()
    ]
