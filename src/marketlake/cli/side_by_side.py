"""Return and risk of compared instruments as a table: a line a figure, a column an instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from .options import Format
from .output import percent, print_rows, say
from .terminal import GOOD, QUIET, STALE

if TYPE_CHECKING:
    from ..query.comparison import Comparison
    from ..query.many_comparison import ManyComparison
    from ..query.metric_answer import Figure
    from ..query.side_by_side import SideBySide

_NAMES: Final = {
    "cumulative_return": "cumulative return",
    "cagr": "a year (CAGR)",
    "volatility": "volatility",
    "max_drawdown": "max drawdown",
    "sharpe": "Sharpe ratio",
}

NOTHING_JUDGED: Final = (
    "No year can be judged: `marketlake status` tells what is stored, --from and --to choose years of it"
)


def print_side_by_side(
    risk: SideBySide, names: Sequence[str], output: Format, first: Mapping[str, Any] | None = None
) -> None:
    """The figures, under `first`, a line of the caller's own; with what they are taken from, for people."""
    by_key = {(f.metric, f.instrument_id): f for f in risk.figures}
    words = _NAMES | {"correlation": f"correlation with {risk.benchmark}"}
    lines: list[dict[str, Any]] = [
        {"figure": word, **{name: _shown(by_key.get((metric, name))) for name in names}}
        for metric, word in words.items()
    ]
    whole = {name: by_key["cumulative_return", name] for name in names}
    lines.append({"figure": "from", **{name: f.first_session for name, f in whole.items()}})
    lines.append({"figure": "to", **{name: f.last_session for name, f in whole.items()}})
    flags = {name: by_key["volatility", name].quality for name in names}
    lines.append({"figure": "quality of daily returns", **flags})
    say()
    print_rows([first, *lines] if first else lines, ["figure", *names], output)
    if output is Format.table:
        say()
        say(
            "Risk is taken from daily returns, with nothing riskless taken off; correlation on the sessions "
            "that the two share."
        )


def paint_year(column: str, row: Mapping[str, Any]) -> str:
    """The year's winner, and what is doubtful about the year."""
    if row["ahead"] == "incomplete":
        return QUIET
    if column == "quality":
        return STALE
    return GOOD if row["ahead"] and (column in {"ahead", row["ahead"]}) else ""


def _shown(figure: Figure | None) -> str | None:
    if figure is None:
        return None
    if figure.value is None:
        return figure.reason
    return percent(figure.value) if figure.unit == "fraction" else f"{figure.value:,.2f}"


def terms_of(c: Comparison | ManyComparison) -> str:
    """What kind of return the years of a comparison are."""
    worth = "real" if c.real else "nominal"
    return f"{c.basis} return, {c.currency}, {worth}, {c.convention}, {c.sessions} sessions"
