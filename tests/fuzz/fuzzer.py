"""Run as a program (`python -m tests.fuzz.fuzzer COUNT SEED [SOURCE ...]`): damaged answers for every parser.

Each damaged answer is parsed next to an intact one of another instrument. It must parse, or fail with a
declared error; what it parses to must pass through normalise and the checks; the other instrument must be
unchanged.
Memory is limited for the process, time by a timer that counts this process's own work. Prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
from collections import Counter
from dataclasses import replace
from pathlib import Path

from marketlake import sources
from marketlake.ingest.checks import check
from marketlake.ingest.normalise import Window, normalise
from marketlake.model.errors import SourceError
from marketlake.model.instruments import Instrument, SourceRef
from marketlake.model.schema import SERVED
from marketlake.sources.contract import Page, Request

from .mutations import mutated
from .seeds import FIRST, LAST, NOW, Seed, seeds

MOST_BYTES = 1536 * 1024 * 1024
"""Beyond what the libraries have taken at the start."""
MOST_SECONDS = 20
"""Of the processor, for one answer: the usual one takes a millisecond, the largest a second."""
_STATUS = (200,) * 60 + (204, 301, 400, 401, 403, 404, 418, 429, 451, 500, 503, 999)
_RETRY_AFTER = ("5", "²", "9" * 400, "-1", "")
_HEADERS = ({}, {}, *({"Retry-After": value} for value in _RETRY_AFTER))
INSTRUMENT = Instrument("DAMAGED", "", "equity", "24/7", "USD", "price", FIRST, (SourceRef("yahoo", "X"),))


Headers = dict[str, str]


class Hang(BaseException):
    """An answer took more than `MOST_SECONDS`."""


def main(count: int, seed: int, wanted: list[str]) -> dict[str, object]:
    selected = [one for one in _seeds() if not wanted or one.source in wanted]
    # once, before the limit: what the libraries load is not the answer's memory
    whole = {one: _parse(one, one.body, 200, {}, "WHOLE")[0] for one in selected}
    _limit_memory()
    signal.signal(signal.SIGVTALRM, _hang)
    outcomes, failures = dict[str, Counter[str]](), list[str]()
    for one in selected:
        counts = outcomes.setdefault(one.source, Counter())
        for number in range(count):
            draw = random.Random(f"{one.source} {one.symbol} {seed} {number}")
            body = mutated(one.body, one.kind, draw)
            try:
                counts[_judged(one, whole[one], body, draw)] += 1
            except BaseException as error:  # any other exception is a failure
                if isinstance(error, KeyboardInterrupt):
                    raise
                place = traceback.format_exception(error)[-3:]
                failures.append(
                    f"{one.source} {one.symbol} seed={seed} number={number}: {''.join(place)[-700:]}"
                )
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"outcomes": outcomes, "failures": failures, "peak_mb": peak}


def _seeds() -> list[Seed]:
    default = Path(__file__).resolve().parents[3] / "shared"
    payloads = Path(os.environ.get("MARKETLAKE_SHARED") or default) / "data" / "payloads"
    with tempfile.TemporaryDirectory() as folder:
        return seeds(Path(folder), payloads if payloads.is_dir() else None)


def _judged(one: Seed, whole, body: bytes, draw: random.Random) -> str:
    """`rows`, `no rows` or the name of the error."""
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    status, headers = draw.choice(_STATUS), draw.choice(_HEADERS)
    parsed, error = _parse(one, body, status, headers, "DAMAGED", _page(one, one.body, "WHOLE"))
    neighbour = parsed.filter(_is(parsed, "WHOLE"))
    assert neighbour.equals(whole), "the other instrument changed"
    rows = parsed.filter(_is(parsed, "DAMAGED"))
    if error is not None:
        assert isinstance(error, SourceError), type(error)
        assert str(error).isprintable(), "a message with control characters"
        assert len(str(error)) < 1000, "a message without end"
        assert not len(rows), "rows of an instrument that failed"
        return type(error).__name__
    _pass_on(rows, one.source)
    return "rows" if len(rows) else "no rows"


def _pass_on(rows, source: str) -> None:
    """As fetch and store do with what was parsed."""
    named = (
        replace(INSTRUMENT, quote_currency=rows["currency"][0].as_py() or "USD") if len(rows) else INSTRUMENT
    )
    window = {"DAMAGED": Window(named, source, FIRST, LAST, NOW)}
    normalised = normalise(rows, window)
    checked = check(normalised.bars, normalised.conflicts, window, "run")
    days = checked.bars["session"].to_pylist()
    assert days == sorted(set(days)), "a session stored twice"
    assert all(FIRST <= day <= LAST for day in days), "a session outside what was asked"
    for name in ("open", "high", "low", "close"):
        prices = [price for price in checked.bars[name].to_pylist() if price is not None]
        assert all(0 < price < float("inf") for price in prices), "a price that is none"


def _parse(one: Seed, body: bytes, status: int, headers: Headers, name: str, *others: Page):
    parsed = sources.create(one.source).parse([*others, _page(one, body, name, status, headers)])
    assert parsed.bars.schema.equals(SERVED)
    return parsed.bars, parsed.failed.get(name)


def _page(
    one: Seed, body: bytes, name: str, status: int = 200, headers: dict[str, str] | None = None
) -> Page:
    return Page(Request(name, one.symbol, FIRST, LAST), one.url, status, headers or {}, body)


def _is(table, name: str):
    import pyarrow.compute as pc

    return pc.equal(table["instrument_id"], name)


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _hang(*_: object) -> None:
    raise Hang


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))  # noqa: T201
