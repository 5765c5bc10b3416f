"""Convert fetched answers to the rows of a raw batch, and those rows back to answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pyarrow as pa

from .. import sources
from ..model.clock import Clock
from ..model.errors import MisconfiguredError, SourceError, UsageError
from ..model.instruments import Instrument
from ..model.schema import SERVED
from ..sources.contract import Page, Parsed, Request, answered_at, vendor_time
from .job import RECONCILE, Attempt, Fetched
from .normalise import Window


def as_rows(fetched: Fetched, run_id: str, origin: str, clock: Clock, now: datetime) -> list[dict[str, Any]]:
    """The rows of a raw batch (`RAW` without sha256) for one instrument."""
    return [
        {
            "run_id": run_id,
            "origin": origin,
            "instrument_id": fetched.job.instrument_id,
            "source": attempt.source,
            "symbol": attempt.request.symbol,
            "mode": fetched.job.mode,
            "requested_from": attempt.request.start,
            "due_from": max(fetched.job.due_from, attempt.request.start),
            "requested_to": fetched.job.end,
            "attempt": number,
            "fetched_at": answered_at(clock, now, attempt.pages),
            "duration_s": fetched.duration_s,
            "outcome": attempt.outcome,
            "message": attempt.message,
            **answer,
        }
        for number, attempt in enumerate(fetched.attempts, 1)
        for answer in _answers(attempt)
    ]


def _answers(attempt: Attempt) -> list[dict[str, Any]]:
    if not attempt.pages:
        return [{"page": -1, "url": "", "status": 0, "headers": "{}", "body": b""}]
    return [
        {
            "page": number,
            "url": page.url,
            "status": page.status,
            "headers": orjson.dumps(dict(page.headers)).decode(),
            "body": page.body,
        }
        for number, page in enumerate(attempt.pages)
    ]


@dataclass(frozen=True)
class Answer:
    """One instrument's answer in a raw batch."""

    instrument_id: str
    run_id: str
    batch_id: str
    source: str
    symbol: str
    mode: str
    requested_from: date
    due_from: date
    requested_to: date
    outcome: str
    message: str
    attempts: int
    duration_s: float
    fetched_at: datetime
    pages: tuple[Page, ...]

    @property
    def has_rows(self) -> bool:
        """Whether the attempt is worth parsing: it was good, merely short, or to be quarantined."""
        return self.outcome in {"ok", "truncated", "quarantined"} and bool(self.pages)

    @property
    def vendor_time(self) -> datetime | None:
        """When the last page was served, by the vendor's own clock; None where it does not tell."""
        return vendor_time(self.pages[-1].headers) if self.pages else None


def answers(batch_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Each instrument's last attempt, in the batch's order.

    Of each source where sources are compared.
    """
    last: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        pages = last.setdefault(_key(row), [])
        if pages and row["attempt"] > pages[0]["attempt"]:
            pages.clear()
        if not pages or row["attempt"] == pages[0]["attempt"]:
            pages.append(row)
    return [_answer(batch_id, pages) for pages in last.values()]


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["instrument_id"], row["source"] if row["mode"] == RECONCILE else ""


def parse(found: Iterable[Answer]) -> Parsed:
    """Parse all answers, each source's together; rows of all in one `SERVED` table."""
    by_source: dict[str, list[Page]] = {}
    for answer in found:
        by_source.setdefault(answer.source, []).extend(answer.pages)
    tables, failed, zones = [SERVED.empty_table()], dict[str, SourceError](), dict[str, str]()
    for name, pages in by_source.items():
        try:
            parsed = sources.create(name).parse(pages)
        except UsageError as error:
            # fetched before the source was renamed or removed
            unread = MisconfiguredError(str(error))
            failed |= {page.request.instrument_id: unread for page in pages}
            continue
        tables.append(parsed.bars)
        failed |= parsed.failed
        zones |= parsed.zones
    return Parsed(pa.concat_tables(tables), failed, zones)


def window_of(answer: Answer, instrument: Instrument) -> Window:
    """What was requested, as of the answer."""
    moment = answer.fetched_at.astimezone(UTC)
    vendor_time = answer.vendor_time
    return Window(instrument, answer.source, answer.requested_from, answer.requested_to, moment, vendor_time)


def _answer(batch_id: str, rows: Sequence[Mapping[str, Any]]) -> Answer:
    first = rows[0]
    request = Request(first["instrument_id"], first["symbol"], first["requested_from"], first["requested_to"])
    return Answer(
        instrument_id=first["instrument_id"],
        run_id=first["run_id"],
        batch_id=batch_id,
        source=first["source"],
        symbol=first["symbol"],
        mode=first["mode"],
        requested_from=first["requested_from"],
        due_from=first["due_from"],
        requested_to=first["requested_to"],
        outcome=first["outcome"],
        message=first["message"],
        attempts=first["attempt"],
        duration_s=first["duration_s"],
        fetched_at=first["fetched_at"],
        pages=tuple(_page(request, row) for row in rows if row["page"] >= 0),
    )


def _page(request: Request, row: Mapping[str, Any]) -> Page:
    return Page(request, row["url"], row["status"], orjson.loads(row["headers"]), row["body"])
