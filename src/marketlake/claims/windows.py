"""How often a claim held in history: in calendar years, and in years ending in any month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_DECEMBER: Final = 12
_CANNOT: Final = "cannot be said"
_HOLDS: Final = "holds"


@dataclass(frozen=True)
class Window:
    """A claim over 12-month years on end, the last ending with this month: a row of `claim_window`."""

    end_year: int
    end_month: int
    verdict: str
    reason: str
    wins: int | None
    """None for a sleeve, whose years are judged together."""
    years: int | None
    with_sleeve: float | None = None
    without_sleeve: float | None = None

    @property
    def end(self) -> str:
        """The month, as 2024-12."""
        return f"{self.end_year}-{self.end_month:02d}"


@dataclass(frozen=True)
class Summary:
    """Windows that could be judged: how many, in how many the claim held, when it last did.

    Neighbouring windows share most of their years; only `independent` of them do not overlap.
    """

    kind: str
    """`calendar` or `monthly`: every month's end taken as the end of a year, December's included."""
    of_years: int
    held: int
    judged: int
    refused: int
    """Windows without a verdict."""
    first: str | None
    """Month in which the first judged window ends, as 2006-12."""
    last: str | None
    last_held: str | None
    independent: int

    def __str__(self) -> str:
        years = "calendar years" if self.kind == "calendar" else "12-month years ending in any month,"
        what = f"windows of {self.of_years} {years}"
        left_out = f"; {self.refused} give no verdict" if self.refused else ""
        if not self.judged:
            return f"{what} none can be judged{left_out}"
        last = f"last in the one to {self.last_held}" if self.last_held else "in none"
        overlap = f"overlapping, so dependent: {self.independent} without overlap"
        return (
            f"{what} to {self.first} up to {self.last}: held in {self.held} of {self.judged}, "
            f"{last} ({overlap}){left_out}"
        )


def summary(windows: Sequence[Window], of_years: int) -> tuple[Summary, Summary]:
    """Over calendar years, and over years ending in any month; the windows are in order of time."""
    december = [window for window in windows if window.end_month == _DECEMBER]
    return _summed("calendar", december, of_years), _summed("monthly", windows, of_years)


def _summed(kind: str, windows: Sequence[Window], of_years: int) -> Summary:
    judged = [window for window in windows if window.verdict != _CANNOT]
    held = [window for window in judged if window.verdict == _HOLDS]
    return Summary(
        kind=kind,
        of_years=of_years,
        held=len(held),
        judged=len(judged),
        refused=len(windows) - len(judged),
        first=judged[0].end if judged else None,
        last=judged[-1].end if judged else None,
        last_held=held[-1].end if held else None,
        independent=_independent(judged, of_years),
    )


def _independent(judged: Sequence[Window], of_years: int) -> int:
    """The most windows that share no month."""
    count, free_from = 0, None
    for window in judged:
        end = window.end_year * 12 + window.end_month
        if free_from is None or end >= free_from:
            count, free_from = count + 1, end + of_years * 12
    return count
