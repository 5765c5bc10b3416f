"""The expected lake after a story, recomputed in plain Python, day by day, from the story alone.

Each day requests ten sessions again; a changed row is a revision.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from .lakes import Key, Row, same
from .soak_story import ARCHIVES, Story, at
from .world import Held

_LOOK_BACK = 10


@dataclass
class Model:
    """Rows by instrument and session, and how often each was superseded."""

    rows: dict[str, dict[date, Row]] = field(default_factory=dict)
    revisions: Counter[Key] = field(default_factory=Counter)


def expected_model(story: Story) -> Model:
    """The expected state after the last day."""
    model = Model()
    for day in story.days:
        for each in story.held:
            if story.listed_on.get(each.id, day) <= day:
                _one_day(model, story, each, day)
    for change in story.restatements:
        if change.late:
            _add_late_revision(model, story, change.instrument_id, change.session)
    return model


def _one_day(model: Model, story: Story, each: Held, day: date) -> None:
    wrong = story.wrong.get((day, each.id))
    if (wrong and wrong.kind == "dead") or (day in story.outages and each.sources[0][0] == "yahoo"):
        return
    stored = model.rows.setdefault(each.id, {})
    for session, row in _answer(story, each, day, stored).items():
        if session in stored and not same(stored[session], row):
            model.revisions[each.id, session] += 1
        stored[session] = row


def _answer(story: Story, each: Held, day: date, stored: dict[date, Row]) -> dict[date, Row]:
    """The finished sessions of the window, as served today."""
    rows = story.history(each, day).until(at(day))
    window = sorted(rows)
    if stored:
        earlier = [session for session in window if session < max(stored)]
        window = earlier[-_LOOK_BACK:] + [session for session in window if session >= max(stored)]
    late = {c.session for c in story.restatements if c.late and c.on <= day and c.instrument_id == each.id}
    answer = {session: rows[session] for session in window if session not in late or not stored}
    return _spoiled(story, each, day, answer)


def _spoiled(story: Story, each: Held, day: date, answer: dict[date, Row]) -> dict[date, Row]:
    wrong = story.wrong.get((day, each.id))
    if wrong is None or not answer:
        return answer
    if wrong.kind == "restated" and wrong.session in answer:
        row = answer[wrong.session]
        answer[wrong.session] = (*(price * 1.03 for price in row[:4]), *row[4:])
    last = _last_served(each, day)
    if wrong.kind == "missing":
        answer.pop(last, None)
    if wrong.kind == "unfinished" and last in answer:
        row = answer[last]
        half = (*(row[0] + (price - row[0]) * 0.5 for price in row[:4]), row[4] * 0.5)
        answer[last] = (*half, *row[5:])
    return answer


def _last_served(each: Held, day: date) -> date:
    """The last session of the response: kraken also serves the unfinished day, which is not
    stored."""
    end = day - timedelta(days=1) if each.sources[0][0] in {"bitstamp", ARCHIVES} else day
    served = [session for session in each.truth.days.astype(object).tolist() if session <= end]
    return max(served, default=day - timedelta(days=1))


def _add_late_revision(model: Model, story: Story, instrument_id: str, session: date) -> None:
    each = next(one for one in story.held if one.id == instrument_id)
    row = story.history(each, story.days[-1]).until(at(story.days[-1]))[session]
    if not same(model.rows[instrument_id][session], row):
        model.revisions[instrument_id, session] += 1
        model.rows[instrument_id][session] = row


def total_return_index(rows: dict[date, Row]) -> dict[date, float]:
    """Dividends reinvested at the close of the ex-date; 1 on the first session."""
    days = sorted(rows)
    close, dividend, split = (np.array([rows[day][n] for day in days]) for n in (3, 5, 6))
    growth = split[1:] * (close[1:] + dividend[1:]) / close[:-1]
    return dict(zip(days, np.append(1.0, np.cumprod(growth)).tolist(), strict=True))
