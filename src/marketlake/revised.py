"""The part of the Python interface that looks back: what changed between two moments, what that did,
and what the checks find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import UsageError
from .measured import MeasuredLake, listed
from .query import changes as change_query
from .query import check_lake as check_query
from .query import explain as explain_query
from .when import Day, Moment, day_of, moment_of

if TYPE_CHECKING:
    from datetime import datetime

    from .query.change_answer import Changes
    from .query.check_lake import LakeCheck
    from .query.explain_answer import Explanation


@dataclass(frozen=True)
class RevisedLake(MeasuredLake):
    """A lake that is asked what it held at one moment and holds otherwise at another."""

    def changes(
        self,
        since: Moment,
        until: Moment | None = None,
        ids: Sequence[str] = (),
        *,
        kinds: Sequence[str] = (),
        most: int | None = None,
    ) -> Changes:
        """Each session that changed, and why: see `query.changes.changes`."""
        return change_query.changes(
            self.path, _needed(since), moment_of(until), listed(ids), kinds=listed(kinds), most=most
        )

    def check(
        self,
        ids: Sequence[str] = (),
        *,
        severity: str | None = None,
        since: Day | None = None,
        now: Moment | None = None,
    ) -> LakeCheck:
        """What the data checks find in what is stored: see `query.check_lake.check_lake`."""
        return check_query.check_lake(
            self.path, listed(ids), severity=severity, since=day_of(since), now=moment_of(now)
        )

    def explain(
        self,
        ids: Sequence[str],
        since: Moment,
        until: Moment | None = None,
        *,
        first_year: int | None = None,
        last_year: int | None = None,
        basis: str = "price",
        convention: str = "year_end",
        currency: str | None = None,
    ) -> Explanation:
        """How far calendar-year returns moved, and by which rows: see `query.explain.explain`."""
        return explain_query.explain(
            self.path,
            listed(ids),
            _needed(since),
            moment_of(until),
            first_year=first_year,
            last_year=last_year,
            basis=basis,
            convention=convention,
            currency=currency,
        )


def _needed(since: Moment) -> datetime:
    moment = moment_of(since)
    if moment is None:
        raise UsageError("say since when; write a moment like 2026-01-02T12:00Z")
    return moment
