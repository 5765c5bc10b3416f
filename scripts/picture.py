"""Draw a comparison as an SVG of bars by year, for the README.

    marketlake compare BTC NASDAQ --from 2019 --to 2025 --format json |
        python scripts/picture.py > docs/btc-nasdaq.svg

Plain SVG without fonts or scripts of its own, in the report's colours, which the colour-blind tell apart.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from html import escape
from typing import Any

from marketlake.report.bundle import colours

PAGE = colours()
WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 66, 744, 64, 292
COLOURS = (PAGE["a"], PAGE["b"])
TICKS = (-1.0, 0.0, 1.0, 2.0, 3.0)


def main() -> None:
    sys.stdout.write("\n".join(draw(json.load(sys.stdin))) + "\n")


def draw(answer: dict[str, Any]) -> Iterator[str]:
    """The lines of the SVG for the JSON of `marketlake compare`."""
    names = answer["instruments"]
    rows = [row for row in answer["rows"] if None not in values(row)]
    title = f"{names[0]} and {names[1]} by calendar year, {answer['basis']} return in {answer['currency']}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12">'
    )
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{PAGE["paper"]}"/>'
    yield (
        f'<text x="{LEFT}" y="26" font-size="15" font-weight="600" '
        f'fill="{PAGE["ink"]}">{escape(title)}</text>'
    )
    for name, colour, x in zip(names, COLOURS, (LEFT, LEFT + 90), strict=True):
        yield f'<rect x="{x}" y="38" width="11" height="11" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 16}" y="48" fill="{PAGE["soft"]}">{escape(name)}</text>'
    yield text(RIGHT, 48, "full colour: ahead in that year", "end")
    for tick in TICKS:
        yield f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="{line(tick)}"/>'
        yield text(LEFT - 8, y(tick) + 4, f"{number(tick)} %" if tick else "0", "end")
    step = (RIGHT - LEFT) / len(rows)
    for place, row in enumerate(rows):
        middle = LEFT + step * (place + 0.5)
        for name, colour, x, value in zip(names, COLOURS, (-32, 2), values(row), strict=True):
            yield from bar(colour, middle + x, value, row["winner"] == name)
        yield text(middle, HEIGHT - 20, str(row["year"]), "middle")
    yield "</svg>"


def values(row: dict[str, Any]) -> list[Any]:
    """The returns of a year, in the order of the instruments."""
    return [one["simple_return"] for one in row["returns"]]


def bar(colour: str, x: float, value: float, won: bool) -> Iterator[str]:
    top, bottom = sorted((y(value), y(0.0)))
    yield (
        f'<rect x="{x:.1f}" y="{top:.1f}" width="30" height="{max(bottom - top, 1):.1f}" rx="2" '
        f'fill="{colour}" fill-opacity="{1 if won else 0.55}"/>'
    )
    at = y(value) - 5 if value >= 0 else y(value) + 13
    yield text(x + 15, at, number(value), "middle", "600" if won else "400", "11")


def number(fraction: float) -> str:
    return f"{fraction * 100:+z.0f}".replace("-", "\N{MINUS SIGN}")


def text(x: float, at: float, words: str, anchor: str, weight: str = "400", size: str = "12") -> str:
    return (
        f'<text x="{x:.1f}" y="{at:.1f}" text-anchor="{anchor}" font-weight="{weight}" font-size="{size}" '
        f'fill="{PAGE["soft"]}">{escape(words)}</text>'
    )


def y(value: float) -> float:
    low, high = TICKS[0], TICKS[-1] + 0.2
    return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)


def line(tick: float) -> str:
    return PAGE["rule" if tick == 0 else "faint"]


if __name__ == "__main__":
    main()
