"""Tickets in a Deskpro help desk, over its v2 REST API.

Deskpro documents no idempotency header. We send one all the same, but rely on looking first: a ticket carries our key
as a label, a note as a short reference at its end. Look-up and creation are one unit: whoever retries looks again.
Deskpro's notes (`is_note`) are seen by agents only; whether one is meant for the NOC stands in that reference.
"""

import hashlib
import html
import re
from typing import Any, ClassVar, cast

from app.domain.errors import PermanentFailure
from workers.southbound.protocols import Json, TicketStatus
from workers.southbound.transport import Http

API = "/api/v2"
READ_ONLY_LABEL = "no-action-required"
KEY_LABEL = "handoff-"
PAGE = 200  # the most Deskpro gives at once
_REFERENCE = re.compile(r"\s*\[(ref|noc) [0-9a-f]{12}\]\s*$")


class DeskproTicketing:
    """Ticketing over Deskpro v2. Queues are departments and properties are custom fields, both by their titles."""

    system: ClassVar[str] = "ticketing"

    def __init__(self, url: str, api_key: str, connect_seconds: float, read_seconds: float) -> None:
        self._http = Http(self.system, url, {"Authorization": f"key {api_key}"}, connect_seconds, read_seconds)
        self._titles: dict[str, dict[int, str]] = {}

    def close(self) -> None:
        self._http.close()

    def ensure(
        self,
        key: str,
        *,
        order_number: int,
        subject: str,
        body: str,
        queue: str,
        status: TicketStatus,
        read_only: bool = False,
        as_note: bool = False,
        properties: Json | None = None,
        person: Json | None = None,
        cc: list[str] | None = None,
        labels: list[str] | None = None,
    ) -> int:
        with self._http.limited():
            found = self._find(key)
            if found is not None:
                return found
            return self._make(
                key,
                subject=subject if str(order_number) in subject else f"{subject} [{order_number}]",
                body=body,
                queue=queue,
                status=status,
                as_note=as_note,
                labels=[*(labels or []), *([READ_ONLY_LABEL] if read_only else []), KEY_LABEL + key],
                properties=properties or {},
                person=person or {},
                cc=cc or [],
            )

    def _make(
        self,
        key: str,
        *,
        subject: str,
        body: str,
        queue: str,
        status: str,
        as_note: bool,
        labels: list[str],
        properties: Json,
        person: Json,
        cc: list[str],
    ) -> int:
        fields, homeless = self._fields(properties)
        request: Json = {
            "subject": subject,
            "department": self._id_of("ticket_departments", queue, "department"),
            "status": status,
            "labels": labels,
            "fields": fields,
            "cc": cc,
            "message": {"message": _with_lines(body, homeless), "format": "text", "is_note": as_note},
        }
        if person.get("email"):
            request["person"] = {"email": person["email"], "name": person.get("name", "")}
        number = int(self._http.write("POST", f"{API}/tickets", request, key=key)["data"]["id"])
        self._read_back(number, key, status, fields)
        return number

    def note(self, key: str, ticket: int, body: str, *, internal: bool = False, as_note: bool = True) -> None:
        reference = _reference(key, internal)
        message = {"message": f"{body}\n\n{reference}", "format": "text", "is_note": as_note}
        with self._http.limited():
            if self._has_note(ticket, reference):
                return
            self._http.write("POST", f"{API}/tickets/{ticket}/messages", message, key=key)
            if not self._has_note(ticket, reference):
                raise PermanentFailure(f"ticketing: the note was accepted, but ticket {ticket} does not show it.")

    def set_status(self, key: str, ticket: int, status: TicketStatus) -> None:
        with self._http.limited():
            self._http.write("PUT", f"{API}/tickets/{ticket}", {"status": status}, key=key)
            self._expect_status(ticket, self._ticket(ticket), status)

    def get(self, ticket: int) -> Json:
        with self._http.limited():
            return self._get(ticket)

    def _get(self, ticket: int) -> Json:
        data = self._ticket(ticket)
        labels = [label for label in data.get("labels") or [] if not label.startswith(KEY_LABEL)]
        fields = self._titles_of("ticket_custom_fields")
        departments = self._titles_of("ticket_departments")
        return {
            "number": ticket,
            "subject": data["subject"],
            "queue": departments.get(_id(data.get("department")), "").lower(),
            "status": data["status"],
            "read_only": READ_ONLY_LABEL in labels,
            "person": data.get("person") if isinstance(data.get("person"), dict) else {},
            "cc": data.get("cc") or [],
            "labels": [label for label in labels if label != READ_ONLY_LABEL],
            "properties": {
                fields.get(int(number), number): _value(held) for number, held in (data.get("fields") or {}).items()
            },
            "messages": [_message(message) for message in self._messages(ticket)],
        }

    def _find(self, key: str) -> int | None:
        """A ticket with our label. An installation that ignores the filter lists others: so the label is checked."""
        answer = self._http.get(f"{API}/tickets", labels=KEY_LABEL + key, count=PAGE) or {}
        for data in answer.get("data") or []:
            if KEY_LABEL + key in (data.get("labels") or []):
                return int(data["id"])
        return None

    def _ticket(self, ticket: int) -> Json:
        answer = self._http.get(f"{API}/tickets/{ticket}")
        if answer is None:
            raise PermanentFailure(f"ticketing: there is no ticket {ticket}.")
        return cast(Json, answer["data"])

    def _read_back(self, number: int, key: str, status: str, fields: dict[str, Any]) -> None:
        """A 201 proves little: labels and custom fields that Deskpro does not like are dropped without a word."""
        data = self._ticket(number)
        if KEY_LABEL + key not in (data.get("labels") or []):
            raise PermanentFailure(f"ticketing: ticket {number} was made, but its label {KEY_LABEL}{key} was dropped.")
        held = data.get("fields") or {}
        dropped = [field for field, value in fields.items() if str(_value(held.get(field))) != str(value)]
        if dropped:
            titles = self._titles_of("ticket_custom_fields")
            names = ", ".join(titles[int(field)] for field in dropped)
            raise PermanentFailure(f"ticketing: ticket {number} was made, but without its {names}.")
        self._expect_status(number, data, status)

    def _expect_status(self, ticket: int, data: Json, status: str) -> None:
        if data.get("status") != status:
            raise PermanentFailure(
                f"ticketing: status {status} was accepted, but ticket {ticket} still says {data.get('status')}."
            )

    def _has_note(self, ticket: int, reference: str) -> bool:
        return any(reference in (message.get("message") or "") for message in self._messages(ticket))

    def _messages(self, ticket: int) -> list[Json]:
        """Every message, oldest first."""
        path = f"{API}/tickets/{ticket}/messages"
        messages = self._all(path)
        if messages is None:
            raise PermanentFailure(f"ticketing: there is no ticket {ticket}.")
        return sorted(messages, key=lambda message: int(message["id"]))

    def _all(self, path: str) -> list[Json] | None:
        rows: list[Json] = []
        page = pages = 1
        while page <= pages:
            answer = self._http.get(path, count=PAGE, page=page)
            if answer is None:
                return None
            rows += answer.get("data") or []
            pages = int(((answer.get("meta") or {}).get("pagination") or {}).get("total_pages") or 1)
            page += 1
        return rows

    def _fields(self, properties: Json) -> tuple[dict[str, Any], Json]:
        """Properties as custom fields by id; those that the help desk has no field for come back as they are."""
        if not properties:
            return {}, {}
        ids = {title.lower(): number for number, title in self._titles_of("ticket_custom_fields").items()}
        fields = {str(ids[name.lower()]): value for name, value in properties.items() if name.lower() in ids}
        return fields, {name: value for name, value in properties.items() if name.lower() not in ids}

    def _id_of(self, kind: str, title: str, what: str) -> int:
        for number, known in self._titles_of(kind).items():
            if known.lower() == title.lower():
                return number
        raise PermanentFailure(f"ticketing: the help desk has no {what} called {title}.")

    def _titles_of(self, kind: str) -> dict[int, str]:
        """Id → title. Read once per process: they change when somebody reconfigures the help desk."""
        if kind not in self._titles:
            self._titles[kind] = {int(row["id"]): row["title"] for row in self._all(f"{API}/{kind}") or []}
        return self._titles[kind]


def _reference(key: str, internal: bool) -> str:
    return f"[{'noc' if internal else 'ref'} {hashlib.sha256(key.encode()).hexdigest()[:12]}]"


def _with_lines(body: str, properties: Json) -> str:
    lines = [f"{name}: {value}" for name, value in properties.items()]
    return "\n".join([body, "", *lines]) if lines else body


def _id(value: Any) -> int:
    return int(value["id"] if isinstance(value, dict) else value or 0)


def _value(held: Any) -> Any:
    return held.get("value") if isinstance(held, dict) else held


def _message(message: Json) -> Json:
    """Deskpro shows texts as HTML; back to what was written, without our reference."""
    text = re.sub(r"<br\s*/?>\n?|</p>\s*", "\n", message.get("message") or "")
    text = html.unescape(re.sub(r"<[^>]+>", "", text))
    reference = _REFERENCE.search(text)
    return {
        "body": _REFERENCE.sub("", text).strip(),
        "is_note": bool(message.get("is_note")),
        "internal": bool(reference and reference[1] == "noc"),
    }
