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
                parts.append(_bar(plot, one, at, (0, 1), (floor, floor + value), scale))
            floor += value
    return _whole(plot, scale, parts)


def grouped(plot: Plot) -> Markup:
    """Bars side by side, one for each series."""
    scale = _scale(
        plot.top or max((_of(one, at) for one in plot.series for at in range(len(plot.labels))), default=0.0)
    )
    parts = [
        _bar(plot, one, at, (number, len(plot.series)), (0, _of(one, at)), scale)
        for at in range(len(plot.labels))
        for number, one in enumerate(plot.series)
        if _of(one, at) > 0
    ]
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


def _bar(
    plot: Plot, series: Series, at: int, place: tuple[int, int], span: tuple[float, float], scale: float
) -> str:  # fmt: skip
    """`place`: which of how many side by side; `span`: from which value to which."""
    slot = _slot(plot)
    wide = slot * (1 - GAP) / place[1]
    left = at * slot + slot * GAP / 2 + place[0] * wide
    upper, lower = _y(span[1], scale), _y(span[0], scale)
    return (
        f'<rect class="plot-bar plot-{series.tone}" x="{left:.2f}%" y="{upper}" width="{wide:.2f}%" '
        f'height="{float(lower) - float(upper):.1f}">'
        f"<title>{escape(_words(plot, series, at, span[1] - span[0]))}</title></rect>"
    )


def _whole(plot: Plot, scale: float, parts: Sequence[str]) -> Markup:
    grid = []
    for tick in range(TICKS + 1):
        value = scale * tick / TICKS
        y = _y(value, scale)
        grid.append(f'<line class="plot-grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        grid.append(f'<text class="plot-tick" x="-8" y="{y}" dy="4">{number(value)}{escape(plot.unit)}</text>')
    every = max(1, math.ceil(len(plot.labels) / 12))
    foot = [
        f'<text class="plot-label{" plot-odd" if at // every % 2 else ""}" x="{_middle(plot, at)}" y="{HEIGHT - 6}">'
        f"{escape(label)}</text>"
        for at, label in enumerate(plot.labels)
        if at % every == 0
    ]
    legend = "".join(
        f'<li><svg class="swatch" aria-hidden="true"><rect class="plot-bar plot-{one.tone}" width="12" height="12"/>'
        f"</svg>{escape(one.name)}</li>"
        for one in plot.series
    )
    return _figure(plot, "plot-area", HEIGHT, "".join([*grid, *parts, *foot]), f'<ul class="legend">{legend}</ul>')


def _figure(plot: Plot, kind: str, height: int, inner: str, legend: str) -> Markup:
    """`inner` and `legend` are markup whose words are escaped already."""
    return Markup(
        f'<figure class="plot"><svg class="{kind}" height="{height}" role="img" '
        f'aria-labelledby="{plot.id}-title {plot.id}-desc"><title id="{plot.id}-title">{escape(plot.title)}</title>'
        f'<desc id="{plot.id}-desc">{escape(plot.description)}</desc>{inner}</svg>{legend}</figure>'
    )
