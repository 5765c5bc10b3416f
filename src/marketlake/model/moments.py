"""Days and moments as callers write them: values of Python or ISO text."""

from __future__ import annotations

from datetime import UTC, date, datetime

from .errors import UsageError
from .settings import parse_instant

Day = date | str
Moment = datetime | str


def day_of(day: Day | None) -> date | None:
    """The date; `UsageError` for a text that is none."""
    if isinstance(day, str):
        try:
            return date.fromisoformat(day)
        except ValueError:
            raise UsageError(f"{day[:40]!r} is not a date; write it like 2024-12-31") from None
    return day.date() if isinstance(day, datetime) else day


def moment_of(moment: Moment | None) -> datetime | None:
    """The moment, in UTC where it has no offset; `UsageError` for a text that is none."""
    if isinstance(moment, str):
        return parse_instant(moment)
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
