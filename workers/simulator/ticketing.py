"""A help desk in the shape of Deskpro v2, with its two known bad manners: an unknown status and an unknown custom
field are dropped while the answer says that all is well."""

import html
from typing import Any

from workers.simulator.ledger import Answer, Done, Json, Ledger
from workers.simulator.routing import Request, Route, page, refused

STATUSES = ("pending", "awaiting_agent", "awaiting_user", "resolved")
DEPARTMENTS = {1: "Sales", 2: "Provisioning", 3: "Support"}
CUSTOM_FIELDS = {
    1: "Product", 2: "Category", 3: "Peering LAN", 4: "Priority", 5: "Prov Status", 6: "Site", 7: "Prov Port Type",
}  # fmt: skip
FIRST_NUMBER = 31001


class TicketingFar:
    """Tickets with messages. `keyless`: like the real one, it does not know what an Idempotency-Key is."""

    system = "ticketing"

    def __init__(self, keyless: bool) -> None:
        self._keyless = keyless
        self._tickets: dict[int, Json] = {}
        self._messages: dict[int, list[Json]] = {}
        self.ledger: Ledger
        base = "/deskpro/api/v2"
        self.routes = [
            Route("GET", f"{base}/tickets", "find", self._find),
            Route("POST", f"{base}/tickets", "ensure", self._create, effect=True),
            Route("GET", rf"{base}/tickets/(\d+)", "get", self._get),
            Route("PUT", rf"{base}/tickets/(\d+)", "set_status", self._update, effect=True),
            Route("GET", rf"{base}/tickets/(\d+)/messages", "messages", self._list_messages),
            Route("POST", rf"{base}/tickets/(\d+)/messages", "note", self._add_message, effect=True),
            Route("GET", f"{base}/ticket_departments", "departments", self._departments),
            Route("GET", f"{base}/ticket_custom_fields", "fields", self._custom_fields),
        ]

    def allowed(self, request: Request, secret: str) -> bool:
        return request.authorization == f"key {secret}"

    def apply(self, line: Json) -> None:
        if line["kind"] == "forgotten":
            self._tickets.clear()
            self._messages.clear()
        if line["kind"] != "effect" or line["system"] != self.system:
            return
        made = line["made"]
        if "ticket" in made:
            self._tickets[made["ticket"]["id"]] = made["ticket"]
        if "message" in made:
            self._messages.setdefault(made["message"]["ticket"], []).append(made["message"])
        if "changes" in made:
            self._tickets[made["id"]].update(made["changes"])

    def _find(self, request: Request) -> Answer:
        labels = [label for label in request.query.get("labels", "").split(",") if label]
        rows = [ticket for ticket in self._tickets.values() if set(labels) <= set(ticket["labels"])]
        return Answer(200, page(rows, request.query))

    def _get(self, request: Request) -> Answer:
        ticket = self._tickets.get(int(request.parts[0]))
        return Answer(200, {"data": ticket}) if ticket else _absent()

    def _list_messages(self, request: Request) -> Answer:
        number = int(request.parts[0])
        if number not in self._tickets:
            return _absent()
        return Answer(200, page(self._messages.get(number, []), request.query))

    def _departments(self, request: Request) -> Answer:
        return Answer(200, page(_titled(DEPARTMENTS), request.query))

    def _custom_fields(self, request: Request) -> Answer:
        return Answer(200, page(_titled(CUSTOM_FIELDS), request.query))

    def _create(self, request: Request) -> Answer:
        body = request.body
        if not isinstance(body, dict) or not body.get("subject"):
            return refused(400, "Request input is invalid.", errors={"fields": {"subject": "is required"}})

        def decide() -> Done:
            number = FIRST_NUMBER + len(self._tickets)
            ticket = _ticket(number, body)
            message = _message(number, 1, body.get("message") or {})
            answer = Answer(201, {"data": {"id": number, "ref": f"TKT-{number}"}})
            return Done(answer, {"ticket": ticket, "message": message})

        about = {"subject": body["subject"], "department": DEPARTMENTS.get(body.get("department", 0), "")}
        return self._perform(request, "ensure", about, decide)

    def _add_message(self, request: Request) -> Answer:
        number = int(request.parts[0])
        if number not in self._tickets:
            return _absent()

        def decide() -> Done:
            total = sum(len(messages) for messages in self._messages.values())
            message = _message(number, total + 1, request.body)
            return Done(Answer(201, {"data": {"id": message["id"]}}), {"message": message})

        about = {"ticket": number, "message": request.body.get("message", "")}
        return self._perform(request, "note", about, decide)

    def _update(self, request: Request) -> Answer:
        number = int(request.parts[0])
        if number not in self._tickets:
            return _absent()
        changes = {name: value for name, value in request.body.items() if name in ("status", "subject", "labels")}
        if changes.get("status", "pending") not in STATUSES:
            del changes["status"]
        if request.silent or not changes:
            return Answer(204)
        about = {"ticket": number, **changes}
        return self._perform(
            request, "set_status", about, lambda: Done(Answer(204), {"id": number, "changes": changes})
        )

    def _perform(self, request: Request, verb: str, about: Json, decide: Any) -> Answer:
        key = "" if self._keyless else request.key
        return self.ledger.perform(self.system, verb, key, about, [request.path, request.body], decide)


def _titled(titles: dict[int, str]) -> list[Json]:
    return [{"id": number, "title": title} for number, title in titles.items()]


def _absent() -> Answer:
    return Answer(404, {"status": 404, "code": "not_found", "message": "Not found"})


def _ticket(number: int, body: Json) -> Json:
    status = body.get("status")
    fields = body.get("fields") or {}
    return {
        "id": number,
        "ref": f"TKT-{number}",
        "subject": body["subject"],
        "department": body.get("department"),
        "status": status if status in STATUSES else "awaiting_agent",
        "labels": body.get("labels") or [],
        "person": body.get("person"),
        "cc": body.get("cc") or [],
        "fields": {field: {"value": value} for field, value in fields.items() if int(field) in CUSTOM_FIELDS},
    }


def _message(ticket: int, number: int, sent: Json) -> Json:
    """Like the real one, it keeps what was sent as HTML."""
    text = str(sent.get("message", ""))
    shown = text if sent.get("format") == "html" else html.escape(text).replace("\n", "<br />\n")
    return {"id": number, "ticket": ticket, "message": shown, "is_note": bool(sent.get("is_note"))}
