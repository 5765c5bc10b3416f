"""Verdicts: of a claim's headline, of each reading, of each window, and of the claim overall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from ..engine.reader import Reader
from .claim import PRO_RATA, WinsClaim, named
from .load import KINDS, Kind

HOLDS: Final = "holds"
LAPSED: Final = "no longer holds"
"""Not over the latest whole years, but over the claim's own."""
DEPENDS: Final = "depends"
"""On the reading, or on the years."""
FAILS: Final = "does not hold"
INCONCLUSIVE: Final = "inconclusive"
"""What is stored gives no verdict; the reason says why."""
PUBLISHED: Final = "published"
ROLLED: Final = "rolled"
_DECEMBER: Final = 12


class Scored:
    """What has the figures under a verdict."""

    wins: int | None
    years: int | None
    with_sleeve: float | None
    without_sleeve: float | None

    @property
    def score(self) -> str:
        """The figures: 5 of 6, or 0.961 against 0.782; empty where there are none."""
        if self.wins is not None:
            return f"{self.wins} of {self.years}"
        if self.with_sleeve is None or self.without_sleeve is None:
            return ""
        return f"{self.with_sleeve:.3f} against {self.without_sleeve:.3f}"


@dataclass(frozen=True)
class ClaimCheck(Scored):
    """The verdict on a claim as it is worded, over one span of years: a row of `claim_check`."""

    claim_id: str
    kind: str
    statement: str
    source: str
    published: str
    a: str
    b: str
    span: str
    """`published`: the claim's own years; `rolled`: as many, up to the last that is complete."""
    first_year: int | None
    last_year: int | None
    verdict: str
    """`holds`, `no longer holds`, `does not hold` or `inconclusive`."""
    reason: str
    wins: int | None
    """None for a sleeve, whose years are judged together."""
    years: int | None
    with_sleeve: float | None
    """Return per risk; None without a sleeve or a verdict."""
    without_sleeve: float | None
    at_least: int | None
    share: float | None
    rebalance: str | None
    funded_by: str | None
    of_years: int
    snapshot: str

    @property
    def instruments(self) -> tuple[str, ...]:
        """Those that the claim names, without its alternatives."""
        return named(self.a, self.b)

    @property
    def criterion(self) -> str:
        """What is checked, in words."""
        if self.kind == WinsClaim.kind:
            return f"{self.a} ahead in at least {self.at_least} of {self.of_years} years"
        funded = "pro rata" if self.funded_by == PRO_RATA else f"from {self.funded_by}"
        when = "never rebalanced" if self.rebalance == "never" else f"rebalanced {self.rebalance}"
        return (
            f"{self.b} with {(self.share or 0) * 100:g} % {self.a}, funded {funded}, {when}: more return "
            "per volatility than without"
        )


@dataclass(frozen=True)
class Cell(Scored):
    """A claim under one reading, in one span of years: a row of `claim_grid`."""

    span: str
    first_year: int | None
    last_year: int | None
    a: str
    b: str
    basis: str
    sessions: str
    convention: str | None
    """None where this kind of check has no such dimension, here and below."""
    worth: str
    rebalance: str | None
    funded_by: str | None
    risk: str | None
    headline: bool
    verdict: str
    reason: str
    wins: int | None
    years: int | None
    with_sleeve: float | None
    without_sleeve: float | None

    @property
    def judged(self) -> bool:
        """Whether there is a verdict at all."""
        return self.verdict != INCONCLUSIVE


@dataclass(frozen=True)
class Window:
    """A claim over consecutive 12-month years, the last ending with this month: a row of
    `claim_window`."""

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
class Overall:
    """The verdict on a whole claim, and what changes it, one change a line."""

    verdict: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """Windows with a verdict: how many, in how many the claim held, when it last did.

    Neighbouring windows share most of their years; only `independent` of them do not overlap.
    """

    computed: ClassVar = ("text",)

    kind: str
    """`calendar` or `monthly`: the end of every month taken as the end of a year, December
    included."""
    of_years: int
    held: int
    judged: int
    refused: int
    """Windows without a verdict."""
    first: str | None
    """Month in which the first window with a verdict ends, as 2006-12."""
    last: str | None
    last_held: str | None
    independent: int

    @property
    def text(self) -> str:
        """The same in words."""
        years = "calendar years" if self.kind == "calendar" else "12-month years ending in any month,"
        what = f"windows of {self.of_years} {years}"
        left_out = f"; {self.refused} are inconclusive" if self.refused else ""
        if not self.judged:
            return f"{what} none has a verdict{left_out}"
        last = f"last in the one to {self.last_held}" if self.last_held else "in none"
        overlap = f"windows overlap: {self.independent} independent"
        return (
            f"{what} to {self.first} up to {self.last}: held in {self.held} of {self.judged}, "
            f"{last} ({overlap}){left_out}"
        )


def read_checks(reader: Reader) -> tuple[ClaimCheck, ...]:
    """The verdicts of the last build, in the order of `claims.toml`, published before rolled."""
    names = ", ".join(f"k.{name}" for name in ClaimCheck.__dataclass_fields__)
    text = (
        f"SELECT {names} FROM main.claim_check AS k JOIN main.claim AS c USING (claim_id) "  # noqa: S608 (names are ours)
        "ORDER BY c.rowid, k.span"
    )
    return tuple(ClaimCheck(**row) for row in reader.records(text))


def overall(published: ClaimCheck, rolled: ClaimCheck, grid: Sequence[Cell]) -> Overall:
    """Today's verdict, unless another reading gives another one, or only the later years make it
    hold."""
    spans = ([cell for cell in grid if cell.span == span] for span in (PUBLISHED, ROLLED))
    # the latest whole years may be the claim's own
    kind = KINDS[published.kind]
    changes = tuple(dict.fromkeys(line for cells in spans for line in _changes(cells, kind)))
    if published.verdict == FAILS and rolled.verdict == HOLDS:
        changes = (f"the years: it {_result(published)}, it {_result(rolled)}", *changes)
    return Overall(DEPENDS if changes else rolled.verdict, changes)


def summary(windows: Sequence[Window], of_years: int) -> tuple[Summary, Summary]:
    """Over calendar years, and over years ending in any month; the windows are in order of time."""
    december = [window for window in windows if window.end_month == _DECEMBER]
    return _summed("calendar", december, of_years), _summed("monthly", windows, of_years)


def _changes(cells: Sequence[Cell], kind: Kind) -> Iterator[str]:
    """The readings of one span with another verdict than its headline, each by the least that
    differs."""
    headline = next(cell for cell in cells if cell.headline)
    if not headline.judged:
        return
    held = headline.verdict == HOLDS
    others = [cell for cell in cells if cell.judged and (cell.verdict == HOLDS) != held]
    by_difference = {_difference(cell, headline, kind): cell for cell in others}
    for difference, cell in by_difference.items():
        if not any(other < difference for other in by_difference):
            value = dict(difference)
            words = [kind.change(name, value[name]) for name in kind.dimensions if name in value]
            yield f"{', '.join(words)}: {_result(cell)}"


def _difference(cell: Cell, headline: Cell, kind: Kind) -> frozenset[tuple[str, str]]:
    pairs = ((name, getattr(cell, name)) for name in kind.dimensions)
    return frozenset((name, value) for name, value in pairs if value != getattr(headline, name))


def _result(found: Cell | ClaimCheck) -> str:
    when = f"{found.first_year} to {found.last_year}"
    # of a reading on its own, "no longer" would need the other span next to it
    word = HOLDS if found.verdict == HOLDS else FAILS
    return f"{word} for {when} ({found.score})"


def _summed(kind: str, windows: Sequence[Window], of_years: int) -> Summary:
    judged = [window for window in windows if window.verdict != INCONCLUSIVE]
    held = [window for window in judged if window.verdict == HOLDS]
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
