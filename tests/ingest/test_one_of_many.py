"""Some of 5,000 instruments fail, each differently: the others are stored, and each failure is
named."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from marketlake.ingest import fetch
from marketlake.ingest.fetch import Fetcher
from marketlake.ingest.run import ingest
from marketlake.ingest.runs import exit_code, failed
from marketlake.model.errors import (
    BlockedError,
    MalformedError,
    NotFoundError,
    QuarantinedError,
    RateLimitedError,
    TruncatedError,
    UnavailableError,
)
from marketlake.sources import create
from marketlake.sources.contract import Page, Parsed, Request, Source
from marketlake.sources.limiter import MachineLimiter
from marketlake.store.verify import verify

from ..campaign_size import campaign
from ..universes import entry
from .conftest import TickingClock, VirtualSettings
from .homes import rows

COUNT = 5_000
FIRST = date(2024, 1, 1)
NOONS = [datetime(2024, 1, day, 12, tzinfo=UTC) for day in (12, 13)]
Chart = dict[str, Any]
Change = Callable[[Chart], Any]


def chart(symbol: str, days: int) -> Chart:
    """A complete response: a close a day from January 1 on."""
    stamps = [int(datetime(2024, 1, 1 + day, tzinfo=UTC).timestamp()) for day in range(days)]
    closes = [100.0 + day + int(symbol[1:]) for day in range(days)]
    quote = {name: list(closes) for name in ("open", "high", "low", "close")} | {"volume": [1000] * days}
    meta = {"currency": "USD", "symbol": symbol, "dataGranularity": "1d", "exchangeTimezoneName": "UTC"}
    return {"meta": meta, "timestamp": stamps, "indicators": {"quote": [quote]}, "events": {}}


def _quote(answer: Chart) -> dict[str, list[Any]]:
    return answer["indicators"]["quote"][0]


def _closes(value: Any, *, at: int = -2) -> Change:
    def change(answer: Chart) -> None:
        for name in ("open", "high", "low", "close"):
            _quote(answer)[name][at] = value

    return change


def _times(factor: float) -> Change:
    def change(answer: Chart) -> None:
        for name in ("open", "high", "low", "close"):
            _quote(answer)[name][:] = [factor * value for value in _quote(answer)[name]]

    return change


def _event(kind: str, **event: Any) -> Change:
    return lambda answer: answer["events"].update({kind: {"1": {"date": answer["timestamp"][-2], **event}}})


def _meta(**changed: Any) -> Change:
    return lambda answer: answer["meta"].update(changed)


def _without_days(answer: Chart) -> None:
    """Remove six days of the window."""
    keep = [0, 1, *range(9, len(answer["timestamp"]))]
    answer["timestamp"] = [answer["timestamp"][at] for at in keep]
    for name, values in _quote(answer).items():
        _quote(answer)[name] = [values[at] for at in keep]


def _duplicate_session(answer: Chart) -> None:
    answer["timestamp"].append(answer["timestamp"][-2])
    for values in _quote(answer).values():
        values.append(values[-2] * 2)


FAILING: dict[str, tuple[Change | Exception | bytes | int, str]] = {
    "rate limited": (429, "rate_limited"),
    "teapot": (418, "rate_limited"),
    "forbidden": (403, "blocked"),
    "illegal": (451, "blocked"),
    "server error": (500, "unavailable"),
    "gateway": (504, "unavailable"),
    "unknown": (404, "not_found"),
    "redirect": (302, "malformed"),
    "nobody there": (UnavailableError("no answer"), "unavailable"),
    "refused": (BlockedError("refused"), "blocked"),
    "no such symbol": (NotFoundError("no such symbol"), "not_found"),
    "rate limited, short wait": (RateLimitedError("slow down", 5.0), "rate_limited"),
    "cut off": (MalformedError("cut off after 9 bytes"), "malformed"),
    "too short": (TruncatedError("short"), "truncated"),
    "beyond belief": (QuarantinedError("not believed"), "quarantined"),
    "a defect": (RuntimeError("a bug \x07 of a library"), "malformed"),
    "no memory": (MemoryError(), "malformed"),
    "too deep": (RecursionError("maximum recursion depth exceeded"), "malformed"),
    "empty body": (b"", "malformed"),
    "not JSON": (b"<html>sign in</html>", "malformed"),
    "half a JSON": (b'{"chart": {"result": [{"meta"', "malformed"),
    "no UTF-8": (b"\xff\xfe\x00", "malformed"),
    "deeply nested": (b"[" * 100_000 + b"]" * 100_000, "malformed"),
    "no rows": (lambda answer: answer.update(timestamp=[], indicators={"quote": [{}]}), "truncated"),
    "a gap": (_without_days, "truncated"),
    "another symbol": (_meta(symbol="OTHER"), "malformed"),
    "hours": (_meta(dataGranularity="1h"), "malformed"),
    "another currency": (_meta(currency="EUR"), "quarantined"),
    "pence": (_meta(currency="GBp"), "quarantined"),
    "on another scale": (_times(100.0), "quarantined"),
    "a little off": (_times(1.001), "quarantined"),
    "negative": (_closes(-5.0), "quarantined"),
    "nothing": (_closes(0.0), "quarantined"),
    "a thousandfold": (_closes(1e9), "quarantined"),
    "beyond all numbers": (_closes(1e308), "quarantined"),
    "a text": (_closes("12"), "malformed"),
    "a dividend above the price": (_event("dividends", amount=1e6), "quarantined"),
    "a split beyond belief": (_event("splits", numerator=1, denominator=10**6), "quarantined"),
    "a split by nothing": (_event("splits", numerator=1, denominator=0), "malformed"),
    "duplicate session": (_duplicate_session, "quarantined"),
    "columns of different lengths": (lambda answer: _quote(answer)["close"].pop(), "malformed"),
    "invalid timestamp": (lambda answer: answer["timestamp"].__setitem__(-1, 10**18), "malformed"),
}
"""What a vendor may do, as a status, a body, an error or a change to a whole answer, and its
name."""


@dataclass
class Vendor(Source):
    """Yahoo without network: generated responses, read by the real parser."""

    failing: dict[str, str] = field(default_factory=dict)
    """By symbol, how it fails."""
    days: int = 11

    def __post_init__(self) -> None:
        super().__init__("yahoo")
        self.parse_for_real = create("yahoo").parse

    def fetch(self, request: Request, access: Any) -> list[Page]:
        answer, status, body = chart(request.symbol, self.days), 200, b""
        what = FAILING[self.failing[request.symbol]][0] if request.symbol in self.failing else None
        if isinstance(what, Exception):
            raise what
        if callable(what):
            what(answer)
        if isinstance(what, int):
            status = what
        body = what if isinstance(what, bytes) else json.dumps({"chart": {"result": [answer]}}).encode()
        return [Page(request, "https://host/chart", status, {}, body if status == 200 else b"refused")]

    def parse(self, pages: Sequence[Page]) -> Parsed:
        return self.parse_for_real(pages)


@dataclass
class World:
    """A home of 5,000 instruments with stored histories, and their vendor."""

    settings: VirtualSettings
    vendor: Vendor

    def run(self, at: datetime) -> list:
        self.settings.virtual.instant = at
        self.vendor.days = (at.date() - FIRST).days + 1
        return ingest(self.settings)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    text = "".join(entry(f"S{n:04}", f"yahoo:S{n:04}", since=FIRST) for n in range(COUNT))
    (tmp_path / "instruments.toml").write_text(text)
    settings = VirtualSettings(
        tmp_path, tmp_path / "data", batch_size=1000, reverify_days=0, virtual=TickingClock(NOONS[0])
    )
    vendor = Vendor("yahoo")
    monkeypatch.setattr(Fetcher, "_source", lambda self, name: vendor)
    judge = fetch.judge

    def check_failing(source: Source, pages: Sequence[Page], job: Any, *others: Any) -> Any:
        """Check only the failing instruments one by one: storing checks the others together,
        which is faster."""
        if job.instrument_id in vendor.failing:
            return judge(source, pages, job, *others)
        return fetch.Judged(None)

    monkeypatch.setattr(fetch, "judge", check_failing)
    monkeypatch.setattr(MachineLimiter, "wait", lambda self, source: None)
    world = World(settings, vendor)
    assert exit_code(world.run(NOONS[0])) == 0
    return world


def _groups() -> list[list[str]]:
    """All kinds of failure together, one instrument each; in a campaign one failure at a time."""
    return [[kind] for kind in FAILING] if campaign() else [list(FAILING)]


@pytest.mark.parametrize("kinds", _groups(), ids=lambda kinds: kinds[0] if len(kinds) == 1 else "all")
def test_failed_instrument_is_named_and_the_others_are_stored(world: World, kinds: list[str]) -> None:
    draw = random.Random(kinds[0])
    names = [f"S{number:04}" for number in draw.sample(range(1, COUNT - 1), len(kinds))]
    world.vendor.failing = dict(zip(names, kinds, strict=True))
    run_rows = world.run(NOONS[1])
    assert {row["instrument_id"]: row["outcome"] for row in run_rows if row["instrument_id"] in names} == {
        name: FAILING[kind][1] for name, kind in world.vendor.failing.items()
    }
    assert set(failed(run_rows)) == set(names)
    assert all(
        row["message"] and row["message"].isprintable() for row in run_rows if row["instrument_id"] in names
    )
    assert exit_code(run_rows) == 3
    yesterday = NOONS[1].date() - timedelta(days=1)
    stored = {row["instrument_id"] for row in rows(world.settings.lake, "bar") if row["session"] == yesterday}
    assert {f"S{number:04}" for number in range(COUNT)} - stored <= set(names)
    assert verify(world.settings.lake)[1] == []
    # after the fault, one more run stores the same rows as for the others
    world.vendor.failing = {}
    assert exit_code(world.run(NOONS[1] + timedelta(hours=1))) == 0
    assert all(row["close"] == _true_close(row) for row in rows(world.settings.lake, "bar"))
    assert len(rows(world.settings.lake, "bar")) == COUNT * (yesterday - FIRST).days + COUNT


def _true_close(row: dict[str, Any]) -> float:
    return 100.0 + (row["session"] - FIRST).days + int(row["instrument_id"][1:])
