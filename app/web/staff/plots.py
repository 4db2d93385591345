"""Bars and lines as SVG, drawn on the server: no script, no style attribute, colours from the page's own tokens.

Across, places are given in per cent and heights in pixels, so that a plot is as wide as its column while its words keep
their size. A plot is one image with a title and a description; the figures stand in the table beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

HEIGHT, TOP, FOOT, ROW = 220, 12, 24, 36
TICKS = 4
MOST_LABELS, FEWER_LABELS = 13, 8
GAP = 0.24
"""Of a slot's width: what is left free between two bars."""


@dataclass(frozen=True)
class Series:
    """One row of figures. `tone` is the key of its colour: a, b, c or d; a missing value is no point."""

    name: str
    tone: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Plot:
    """What is drawn: a name for ids, title and description in words, the labels along the foot, the series."""

    id: str
    title: str
    description: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    top: float | None = None  # the scale's end; None: as the figures need it


def stacked(plot: Plot) -> Markup:
    """Bars whose parts stand upon each other."""
    tallest = max((sum(_of(one, at) for one in plot.series) for at in range(len(plot.labels))), default=0.0)
    scale = _scale(plot.top or tallest)
    parts = []
    for at in range(len(plot.labels)):
        floor = 0.0
        for one in plot.series:
            value = _of(one, at)
            if value > 0:
                parts.append(_bar(plot, one, at, (floor, floor + value), scale))
            floor += value
    return _whole(plot, scale, parts)


def ranked(plot: Plot) -> Markup:
    """One bar below the other, each under its own words: for names that are too long to stand along the foot."""
    (one,) = plot.series
    largest = max((value or 0 for value in one.values), default=0) or 1
    parts = [
        f'<text class="plot-name" x="0" y="{at * ROW + 14}">{escape(label)}</text>'
        f'<text class="plot-value" x="100%" y="{at * ROW + 14}">{number(_of(one, at))}{escape(plot.unit)}</text>'
        f'<rect class="plot-bar plot-{one.tone}" x="0" y="{at * ROW + 20}" height="8" '
        f'width="{100 * _of(one, at) / largest:.2f}%"/>'
        for at, label in enumerate(plot.labels)
    ]
    return _figure(plot, "plot-ranked", ROW * len(plot.labels), "".join(parts), "")


def spans(plot: Plot) -> Markup:
    """From the first series' seconds to the second's, a row for each label, on a scale that grows by tenfold: what
    takes a second and what takes days can be read side by side."""
    low, high = plot.series
    end = max([*(value or 0 for value in high.values), 60.0])
    parts = [_tick(seconds, words, end, ROW * len(plot.labels)) for seconds, words in MARKS if seconds <= end]
    for at, label in enumerate(plot.labels):
        y, first, last = at * ROW + 26, _across(_of(low, at), end), _across(_of(high, at), end)
        parts.append(
            f'<text class="plot-name" x="0" y="{at * ROW + 14}">{escape(label)}</text>'
            f'<line class="plot-line plot-{high.tone}" x1="{first}" x2="{last}" y1="{y}" y2="{y}"/>'
            f'<circle class="plot-point plot-{low.tone}" cx="{first}" cy="{y}" r="5"/>'
            f'<circle class="plot-point plot-{high.tone}" cx="{last}" cy="{y}" r="5"/>'
        )
    return _figure(plot, "plot-spans", ROW * len(plot.labels) + FOOT, "".join(parts), _legend(plot))


MARKS = (
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3600, "1 h"),
    (36000, "10 h"),
    (86400 * 4, "4 days"),
)
SHORTEST = 0.1
"""Seconds at which such a scale begins."""


def _across(seconds: float, end: float) -> str:
    share = math.log(max(seconds, SHORTEST) / SHORTEST) / math.log(end / SHORTEST)
    return f"{2 + 96 * share:.2f}%"


def _tick(seconds: float, words: str, end: float, height: int) -> str:
    x, odd = _across(seconds, end), " plot-odd" if words.startswith("10 ") else ""
    return (
        f'<line class="plot-grid" x1="{x}" x2="{x}" y1="0" y2="{height}"/>'
        f'<text class="plot-label{odd}" x="{x}" y="{height + 18}">{words}</text>'
    )


def lines(plot: Plot) -> Markup:
    """A line with points for each series; where a value is missing the line is broken."""
    known = [value for one in plot.series for value in one.values if value is not None]
    scale = _scale(plot.top or max(known, default=0.0))
    parts = []
    for one in plot.series:
        for at in range(1, len(plot.labels)):
            before, value = one.values[at - 1], one.values[at]
            if before is not None and value is not None:
                parts.append(
                    f'<line class="plot-line plot-{one.tone}" x1="{_middle(plot, at - 1)}" y1="{_y(before, scale)}" '
                    f'x2="{_middle(plot, at)}" y2="{_y(value, scale)}"/>'
                )
        parts += [
            f'<circle class="plot-point plot-{one.tone}" cx="{_middle(plot, at)}" cy="{_y(value, scale)}" r="4">'
            f"<title>{escape(_words(plot, one, at, value))}</title></circle>"
            for at, value in enumerate(one.values)
            if value is not None
        ]
    return _whole(plot, scale, parts)


def _of(series: Series, at: int) -> float:
    return series.values[at] or 0.0


def _words(plot: Plot, series: Series, at: int, value: float) -> str:
    return f"{plot.labels[at]}, {series.name}: {number(value)}{plot.unit}"


def number(value: float) -> str:
    """“1,234”, “0.7”: no more digits than are of use."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _scale(largest: float) -> float:
    """The end of a scale whose ticks are round numbers."""
    if largest <= 0:
        return float(TICKS)
    step = largest / TICKS
    size = 10.0 ** math.floor(math.log10(step))
    for round_step in (1, 2, 2.5, 5, 10):
        if round_step * size * TICKS >= largest * 0.999:
            return float(max(round_step * size, 0.25) * TICKS)
    return largest


def _y(value: float, scale: float) -> str:
    return f"{TOP + (HEIGHT - TOP - FOOT) * (1 - value / scale):.1f}"


def _slot(plot: Plot) -> float:
    return 100 / max(1, len(plot.labels))


def _middle(plot: Plot, at: int) -> str:
    return f"{(at + 0.5) * _slot(plot):.2f}%"


def _bar(plot: Plot, series: Series, at: int, span: tuple[float, float], scale: float) -> str:
    """`span`: from which value to which."""
    slot = _slot(plot)
    upper, lower = _y(span[1], scale), _y(span[0], scale)
    return (
        f'<rect class="plot-bar plot-{series.tone}" x="{(at + GAP / 2) * slot:.2f}%" y="{upper}" '
        f'width="{slot * (1 - GAP):.2f}%" height="{float(lower) - float(upper):.1f}">'
        f"<title>{escape(_words(plot, series, at, span[1] - span[0]))}</title></rect>"
    )


def _whole(plot: Plot, scale: float, parts: Sequence[str]) -> Markup:
    grid = []
    for tick in range(TICKS + 1):
        value = scale * tick / TICKS
        y = _y(value, scale)
        grid.append(f'<line class="plot-grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        grid.append(f'<text class="plot-tick" x="-8" y="{y}" dy="4">{number(value)}{escape(plot.unit)}</text>')
    count = len(plot.labels)
    every = 1 if count <= MOST_LABELS else math.ceil(count / FEWER_LABELS)
    foot = [
        f'<text class="plot-label{" plot-odd" if at // every % 2 else ""}" x="{_middle(plot, at)}" y="{HEIGHT - 6}">'
        f"{escape(label)}</text>"
        for at, label in enumerate(plot.labels)
        if at % every == 0
    ]
    return _figure(plot, "plot-area", HEIGHT, "".join([*grid, *parts, *foot]), _legend(plot))


def _legend(plot: Plot) -> str:
    entries = "".join(
        f'<li><svg class="swatch" aria-hidden="true"><rect class="plot-bar plot-{one.tone}" width="12" height="12"/>'
        f"</svg>{escape(one.name)}</li>"
        for one in plot.series
    )
    return f'<ul class="legend">{entries}</ul>'


def _figure(plot: Plot, kind: str, height: int, inner: str, legend: str) -> Markup:
    """`inner` and `legend` are markup whose words are escaped already."""
    return Markup(
        f'<figure class="plot"><svg class="{kind}" height="{height}" role="img" '
        f'aria-labelledby="{plot.id}-title {plot.id}-desc"><title id="{plot.id}-title">{escape(plot.title)}</title>'
        f'<desc id="{plot.id}-desc">{escape(plot.description)}</desc>{inner}</svg>{legend}</figure>'
    )
