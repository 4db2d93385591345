"""Reports: orders, automation, time per stage, pauses, and who is busiest; each as plots, tables and CSV."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request, url_for
from markupsafe import Markup

from app import catalogue
from app.domain import clock
from app.domain.errors import Finding, Invalid, NotFound
from app.domain.states import ENDED_STATUSES, Status, WaitKind
from app.queries import staff_reports as data
from app.queries.staff_reports import Period
from app.web.sheets import sheet
from app.web.staff import frame, plots, words
from app.web.staff.audit import midnight
from app.web.staff.plots import Plot, Series

SPANS = {"30d": ("30 days", 30), "90d": ("90 days", 90), "12m": ("12 months", 365), "all": ("Everything", 0)}
USUAL = "12m"
LONGEST = timedelta(days=366 * 10)
PAUSE_WORDS = {
    WaitKind.MANUAL: "Manual step", WaitKind.REVIEW: "Review of a network change",
    WaitKind.PREDECESSOR: "What it needs has failed", WaitKind.CONFIRM: "Consent before it starts",
    WaitKind.MEMBER: "Waits for the member",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Headings and rows; columns from `figures` on are figures and stand to the right."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    figures: int = 1
    plot: Markup | None = None


@dataclass(frozen=True)
class Report:
    """One report: its tables, each with its plot, and a sentence that says the most important."""

    tables: list[Table]
    sentence: str = ""
    empty: bool = False


def reports() -> Response:
    """GET /reports: the first of them."""
    return report("orders")


def report(name: str) -> Response:
    """GET /reports/<name>?span= or ?from=&to="""
    label, make = _known(name)
    asked, period = _period()
    found = make(period)
    return frame.answer(
        "staff/reports.html", "staff/reports.html", current=url_for("staff.reports"), label=label, found=found,
        tabs=[{"label": one, "url": url_for("staff.report", name=key, **asked), "current": key == name, "count": None}
              for key, (one, _) in REPORTS.items()],
        spans=[{"label": one, "url": url_for("staff.report", name=name, span=key), "count": None,
                "current": asked.get("span") == key} for key, (one, _) in SPANS.items()],
        name=name, asked=asked, since=period.since, until=period.until - timedelta(microseconds=1),
        csv_url=url_for("staff.report_csv", name=name, **asked),
    )  # fmt: skip


def report_csv(name: str) -> Response:
    """GET /reports/<name>.csv: its tables below each other, each under its headings."""
    _, make = _known(name)
    tables = make(_period()[1]).tables
    rows: list[tuple[Any, ...]] = []
    for at, table in enumerate(tables):
        rows += [(), table.headings, *table.rows] if at else table.rows
    return sheet(f"report-{name}", tables[0].headings, rows)


def _known(name: str) -> tuple[str, Callable[[Period], Report]]:
    if name not in REPORTS:
        raise NotFound("There is no such report.")
    return REPORTS[name]


def _period() -> tuple[dict[str, Any], Period]:
    """What the address asks for, and the period it means. `Invalid` for days that are none or in the wrong order."""
    now = clock.now()
    since, until = midnight(frame.asked("from"), "from"), midnight(frame.asked("to"), "to", 1)
    if since is None and until is None:
        span = frame.asked("span") or USUAL
        if span not in SPANS:
            raise Invalid("There is no such period.", [Finding("/span", "choice", f"Choose {', '.join(SPANS)}.")])
        begin = now - timedelta(days=SPANS[span][1]) if SPANS[span][1] else data.first_order()
        return {"span": span}, Period(_whole_day(max(begin, now - LONGEST)), _whole_day(now) + timedelta(days=1))
    since, until = since or data.first_order(), until or now
    if until <= since or until - since > LONGEST:
        sentence = "The period must end after it begins, and last no longer than ten years."
        raise Invalid("The period cannot be read.", [Finding("/to", "range", sentence)])
    asked = {name: text for name in ("from", "to") if (text := request.args.get(name, ""))}
    return asked, Period(since, until)


def _whole_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _slot_words(slots: list[str]) -> list[str]:
    """“Nov”, with the year where it begins; “20 Nov” for days."""
    found = []
    for at, slot in enumerate(slots):
        day = datetime.fromisoformat(slot if len(slot) > 7 else f"{slot}-01")
        if len(slot) > 7:
            found.append(f"{day.day} {day:%b}")
        else:
            found.append(f"{day:%b} {day:%y}" if at == 0 or day.month == 1 else f"{day:%b}")
    return found


GROUPS: tuple[tuple[str, str, Callable[[Status], bool]], ...] = (
    ("Completed", "a", lambda status: status is Status.COMPLETED),
    ("Under way", "b", lambda status: status not in ENDED_STATUSES and status is not Status.ERROR),
    ("Failed", "c", lambda status: status is Status.ERROR),
    ("Cancelled or rejected", "d", lambda status: status in (Status.CANCELLED, Status.REJECTED)),
)


def _orders(period: Period) -> Report:
    found = data.kept("orders", period, data.orders)
    total = sum(found.by_status.values())
    slots = list(found.by_slot)
    grouped = {
        name: [sum(n for status, n in found.by_slot[slot].items() if fits(status)) for slot in slots]
        for name, _, fits in GROUPS
    }
    plot = Plot(
        "orders-by-time", "Orders by the time they were placed",
        f"{total:,} orders; the most in one {'day' if period.daily else 'month'}: "
        f"{max((sum(one) for one in zip(*grouped.values(), strict=True)), default=0):,}.",
        _slot_words(slots), [Series(name, tone, grouped[name]) for name, tone, _ in GROUPS],
    )  # fmt: skip
    when = "Day (UTC)" if period.daily else "Month (UTC)"
    by_time = Table(
        "Over time, the newest first", (when, "Orders", *(name for name, _, _ in GROUPS)),
        [(slot, sum(counts), *counts) for slot, counts in
         zip(slots, zip(*grouped.values(), strict=True), strict=True)][::-1],
        plot=plots.stacked(plot),
    )  # fmt: skip
    ranked = sorted(found.by_status.items(), key=lambda one: -one[1])
    by_status = Table(
        "By status", ("Status", "Orders", "Share"),
        [(status.words, count, _percent(count / total)) for status, count in ranked],
        plot=plots.ranked(Plot("orders-by-status", "Orders by status", _ranked_words(ranked),
                                [status.words for status, _ in ranked],
                                [Series("Orders", "b", [count for _, count in ranked])])),
    )  # fmt: skip
    return Report([by_time, by_status], f"{total:,} orders were placed.", not total)


def _ranked_words(ranked: list[tuple[Status, int]]) -> str:
    return ", ".join(f"{status.words}: {count:,}" for status, count in ranked)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _automation(period: Period) -> Report:
    found = data.kept("automation", period, data.automation)
    slots = list(found.by_slot)
    rates = [None if one.rate is None else round(100 * one.rate, 1) for one in found.by_slot.values()]
    plot = Plot(
        "automation-rate", "Items completed without a pause", f"Altogether {_percent(found.all.rate)}.",
        _slot_words(slots), [Series("Without a pause", "a", rates)], " %", 100,
    )  # fmt: skip
    headings = ("Completed", "Without a pause", "Rate")
    by_time = Table(
        "Over time, the newest first", ("Day (UTC)" if period.daily else "Month (UTC)", *headings),
        [(slot, one.completed, one.untouched, _percent(one.rate)) for slot, one in found.by_slot.items()][::-1],
        plot=plots.lines(plot),
    )  # fmt: skip
    kinds = sorted(found.by_kind.items(), key=lambda one: (one[1].rate or 0, -one[1].completed))
    by_kind = Table(
        "By service and action, the least automated first", ("Service", "Action", *headings),
        [(catalogue.title(kind, "staff"), catalogue.action_title(kind, action, "staff"), one.completed, one.untouched,
          _percent(one.rate)) for (kind, action), one in kinds],
        2,
    )  # fmt: skip
    sentence = f"{_percent(found.all.rate)} of {found.all.completed:,} completed items went through untouched."
    return Report([by_time, by_kind], sentence, not found.all.completed)


def _stages(period: Period) -> Report:
    found = data.kept("stages", period, data.stage_times)
    whole = [one for one in found if not one.service_type]
    labels = [words.STAGE_LABELS[one.stage] for one in whole]
    plot = Plot(
        "stage-times", "Time per stage",
        "; ".join(f"{words.STAGE_LABELS[one.stage]}: half below {_span(one.p50)}, nine of ten below {_span(one.p90)}"
                  for one in whole),
        labels,
        [Series("Half stayed below", "b", [one.p50 for one in whole]),
         Series("Nine of ten stayed below", "a", [one.p90 for one in whole])],
    )  # fmt: skip
    headings = ("Items", "p50", "p90")
    tables = [
        Table("All services", ("Stage", *headings),
              [(words.STAGE_LABELS[one.stage], one.count, _span(one.p50), _span(one.p90)) for one in whole],
              plot=plots.spans(plot)),
        Table("By service", ("Service", "Stage", *headings),
              [(catalogue.title(one.service_type, "staff"), words.STAGE_LABELS[one.stage], one.count, _span(one.p50),
                _span(one.p90)) for one in found if one.service_type], 2),
    ]  # fmt: skip
    sentence = (
        f"Pauses included; measured on the completed items of the newest {data.SAMPLES:,} completed orders at most."
    )
    return Report(tables, sentence, not whole)


def _span(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else words.span(timedelta(seconds=seconds))


def _pauses(period: Period) -> Report:
    found = data.kept("pauses", period, data.pauses)
    by_kind: dict[WaitKind, int] = {}
    for one in found:
        by_kind[one.kind] = by_kind.get(one.kind, 0) + one.count
    ranked = sorted(by_kind.items(), key=lambda one: -one[1])
    total = sum(by_kind.values())
    plot = Plot(
        "pauses-by-reason", "Pauses by reason", ", ".join(f"{PAUSE_WORDS[kind]}: {n:,}" for kind, n in ranked),
        [PAUSE_WORDS[kind] for kind, _ in ranked], [Series("Pauses", "b", [count for _, count in ranked])],
    )  # fmt: skip
    tables = [
        Table("By reason", ("Reason", "Pauses", "Share"),
              [(PAUSE_WORDS[kind], count, _percent(count / total)) for kind, count in ranked], plot=plots.ranked(plot)),
        Table("By step", ("Step", "Reason", "Pauses", "Open now", "Answered after, on average"),
              [(one.title, PAUSE_WORDS[one.kind], one.count, one.open, _span(one.mean) if one.mean is not None else "–")
               for one in found], 2),
    ]  # fmt: skip
    return Report(tables, f"Items stopped {total:,} times for a person.", not total)


def _busiest(period: Period) -> Report:
    found = data.kept("busiest", period, data.busiest)
    tables = [
        _ranking("lans", "Busiest peering LANs", "LAN", "Items", found.lans),
        _ranking("members", "Busiest members", "Member", "Orders", found.members),
    ]
    return Report(tables, "", not found.members)


def _ranking(name: str, title: str, what: str, counted: str, rows: Any) -> Table:
    plot = Plot(
        f"busiest-{name}", title, ", ".join(f"{one.name}: {one.count:,}" for one in rows),
        [one.name for one in rows], [Series(counted, "b", [one.count for one in rows])],
    )  # fmt: skip
    return Table(title, (what, counted), [(one.name, one.count) for one in rows], plot=plots.ranked(plot))


REPORTS: dict[str, tuple[str, Callable[[Period], Report]]] = {
    "orders": ("Orders", _orders), "automation": ("Automation", _automation), "stages": ("Time per stage", _stages),
    "pauses": ("Pauses", _pauses), "busiest": ("Busiest", _busiest),
}  # fmt: skip
