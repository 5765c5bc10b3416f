"""Return and risk of compared instruments over the window of their years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from .engine import Engine
from .metric_answer import Figure
from .question import Question

SHOWN: Final = ("cumulative_return", "cagr", "volatility", "max_drawdown", "sharpe", "correlation")
"""The metrics beside a comparison, as `marketlake metrics` gives them: daily returns, nothing riskless."""


@dataclass(frozen=True)
class SideBySide:
    """Figures of `SHOWN` from `start` to `end`; correlations are with `benchmark`, on shared sessions."""

    start: date
    end: date
    benchmark: str
    figures: tuple[Figure, ...]

    def figure(self, instrument_id: str, metric: str) -> Figure:
        """The figure of an instrument; `KeyError` where there is none."""
        for figure in self.figures:
            if (figure.instrument_id, figure.metric) == (instrument_id, metric):
                return figure
        raise KeyError(f"no {metric} of {instrument_id} beside this comparison")

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "benchmark": self.benchmark,
            "figures": [_plain(figure) for figure in self.figures],
        }


def side_by_side(
    lake: Path, question: Question, currency: str, years: Sequence[int], engine: Engine
) -> SideBySide | None:
    """The figures over whole `years`; None where there is no year."""
    if not years:
        return None
    # imported here: most comparisons do without
    from .metrics import metrics

    found = metrics(
        lake,
        question.ids,
        start=date(years[0], 1, 1),
        end=date(years[-1], 12, 31),
        benchmark=question.ids[0],
        basis=question.basis,
        currency=currency,
        real=question.real,
        sessions=question.sessions,
        deepest=0,
        as_of=question.as_of,
        strict=question.strict,
        engine=engine,
    )
    by_name = {(f.metric, f.instrument_id): f for f in found.figures}
    wanted = [(metric, name) for metric in SHOWN for name in question.ids]
    figures = tuple(by_name[key] for key in wanted if key in by_name)
    return SideBySide(found.start, found.end, question.ids[0], figures)


def _plain(figure: Figure) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(figure).items()}
