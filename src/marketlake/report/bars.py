"""The first picture: two instruments side by side by year, as SVG that needs no script and fits any
width.

Across, everything is in percent of the width; up and down in pixels. `page/bars.js` draws the same
for what the reader chooses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from ..answers.compare import Comparison

TOP, BASE, FOOT = 22, 320, 24
"""Pixels: where the plot begins and ends, and the height of the line of years below it."""
LEFT, RIGHT = 11.0, 100.0
BAR: Final = 0.36
_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Span:
    """Years that a bracket under the chart joins, and what it says of them."""

    first: int
    last: int
    words: str


@dataclass(frozen=True)
class Scale:
    """Fractions to pixels."""

    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        return BASE - (value - self.low) / (self.high - self.low) * (BASE - TOP)

    @property
    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * place for place in range(count + 1)]


def scale_of(values: Sequence[float]) -> Scale:
    """Round limits around the values and zero, five steps or fewer."""
    low, high = min(0.0, *values), max(0.0, *values)
    reach = high - low or 1.0
    step = next((s for s in _STEPS if reach / s <= 5), _STEPS[-1])
    return Scale(math.floor(low / step) * step, math.ceil(high / step) * step or step, step)


def draw(c: Comparison, a_name: str, b_name: str, spans: Sequence[Span]) -> str:
    """The whole SVG; years without both figures stay empty."""
    values = [one.simple_return for row in c.rows for one in row.returns if one.simple_return is not None]
    return "".join(_parts(c, f"{a_name} and {b_name}", scale_of(values or [1.0]), spans))


def _parts(c: Comparison, names: str, scale: Scale, spans: Sequence[Span]) -> Iterator[str]:
    height = BASE + FOOT + 26 * len(spans) + 4
    title = f"{names}: {basis_of(c)} by calendar year in {c.currency}, {_said(c)}"
    yield (f'<svg class="chart" role="img" width="100%" height="{height}" aria-label="{escape(title)}">')
    for tick in scale.ticks:
        zero = abs(tick) < 1e-12
        yield _line(0, RIGHT, scale.y(tick), "axis" if zero else "grid")
        word = "0" if zero else f"{tick * 100:+,.0f} %"
        yield _text(0, scale.y(tick) - 4, word, "tick")
    step = (RIGHT - LEFT) / max(1, len(c.rows))
    for place, row in enumerate(c.rows):
        middle = LEFT + step * (place + 0.5)
        for side, one in zip("ab", row.returns, strict=True):
            if one.simple_return is not None:
                won = row.winner == one.instrument_id
                yield from _bar(side, middle, step, one.simple_return, won, scale)
        yield _text(middle, BASE + 17, str(row.year), "year middle")
    years = [row.year for row in c.rows]
    for level, span in enumerate(s for s in spans if s.first in years and s.last in years):
        yield from _bracket(span, years, step, BASE + FOOT + 14 + 26 * level)
    yield "</svg>"


def basis_of(c: Comparison) -> str:
    """The basis, or whose is which where they differ: price return of NASDAQ, total return of FUND."""
    kinds = dict.fromkeys(c.bases.values())
    named = {kind: ", ".join(name for name, basis in c.bases.items() if basis == kind) for kind in kinds}
    return ", ".join(f"{kind} return{f' of {named[kind]}' * (len(kinds) > 1)}" for kind in kinds)


def _bar(side: str, middle: float, step: float, value: float, won: bool, scale: Scale) -> Iterator[str]:
    width = step * BAR
    x = middle - width - step * 0.01 if side == "a" else middle + step * 0.01
    top, bottom = sorted((scale.y(value), scale.y(0.0)))
    yield (
        f'<rect class="{side}{"" if won else " behind"}" x="{x:.3f}%" y="{top:.2f}" width="{width:.3f}%" '
        f'height="{max(bottom - top, 1):.2f}"/>'
    )
    at = scale.y(value) - 6 if value >= 0 else scale.y(value) + 14
    yield _text(x + width / 2, at, f"{value * 100:z,.0f}", f"value middle {side}-ink{' won' if won else ''}")


def _bracket(span: Span, years: Sequence[int], step: float, y: float) -> Iterator[str]:
    left = LEFT + step * (years.index(span.first) + 0.08)
    right = LEFT + step * (years.index(span.last) + 0.92)
    yield _line(left, right, y, "bracket")
    yield _text(left, y + 15, span.words, "note")


def _line(left: float, right: float, y: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{left:.3f}%" x2="{right:.3f}%" y1="{y:.2f}" y2="{y:.2f}"/>'


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.3f}%" y="{y:.2f}">{escape(words)}</text>'


def _said(c: Comparison) -> str:
    shown = []
    for row in c.rows:
        a, b = (one.simple_return for one in row.returns)
        if a is not None and b is not None:
            shown.append(f"{row.year} {a * 100:+z.0f} % and {b * 100:+z.0f} %")
    return "; ".join(shown)
