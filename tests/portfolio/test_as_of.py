"""A plan with only what could be known at a moment, and what this lake itself held."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import EmptyLakeError, UsageError

from ..answers.lakes import BILL, BTC, CPI, EUR, SHARE, bar, make
from ..sample import Run
from .markets import weekdays

pytestmark = pytest.mark.slow

close = pytest.approx
LOADED, REVISED = datetime(2021, 6, 1, tzinfo=UTC), datetime(2021, 7, 1, tzinfo=UTC)
USUAL = replace(BILL, id="TBILL_13W")
LONDON = replace(SHARE, id="ABROAD", quote_currency="EUR")
CHANGED = date(2020, 12, 31)
PLAN, TERMS = "50 SHARE, 50 BTC", {"sleeve": "BTC", "rebalance": "never"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Loaded on 1 June 2021; on 1 July the vendors changed what they said of the last day of 2020."""
    rows = []
    for n, day in enumerate(d.astype(object) for d in weekdays("2019-12-31", "2021-06-01")):
        rows += [bar(SHARE, day, 100.0 + n), bar(BTC, day, 10.0 + n % 5), bar(LONDON, day, 20.0)]
        rows += [bar(EUR, day, 1.0), bar(USUAL, day, 1.0)]
    for n in range(18):
        month = date(2019 + (n + 11) // 12, (n + 11) % 12 + 1, 1)
        known = datetime(month.year, month.month, 15, tzinfo=UTC) + timedelta(days=31)
        rows.append(bar(CPI, month, 250.0 + n, known_at=known))
    rows = [row | {"observed_at": LOADED} for row in rows]
    current, old = [], []
    for row in rows:
        if row["session"] == CHANGED:
            old.append(row | {"superseded_at": REVISED})
            row = row | {"close": row["close"] * 1.25, "known_at": REVISED, "observed_at": REVISED}
        current.append(row)
    everything = [SHARE, BTC, LONDON, EUR, USUAL, CPI]
    return Lake(make(tmp_path_factory.mktemp("as_of"), everything, current, old))


def test_revision_counts_from_its_known_at(lake: Lake) -> None:
    year = {"start": "2019-12-31", "end": "2020-12-31"}
    before = lake.portfolio("100 SHARE", **year, as_of="2021-06-30")
    after = lake.portfolio("100 SHARE", **year, as_of=REVISED)
    n = before.sessions
    assert before.with_sleeve.end_value == close(10_000 * (1 + n / 100), rel=1e-9)
    assert after.with_sleeve.end_value == close(before.with_sleeve.end_value * 1.25, rel=1e-9)
    assert replace(after, as_of=None, conventions=()) == replace(
        lake.portfolio("100 SHARE", **year), conventions=()
    )
    assert before.to_dict()["as_of"] == "2021-06-30T00:00:00+00:00"
    assert "only what was known at 2021-06-30T00:00:00+00:00" in " ".join(before.conventions)


def test_exchange_rates_and_consumer_prices_as_known(lake: Lake) -> None:
    year = {"start": "2019-12-31", "end": "2020-12-31", "currency": "USD"}
    before, after = (lake.portfolio("100 ABROAD", **year, as_of=t) for t in ("2021-06-30", "2021-07-01"))
    assert before.with_sleeve.total_return == close(0, abs=1e-12)
    assert after.with_sleeve.total_return == close(1.25**2 - 1, rel=1e-9)
    # December's prices, published in the middle of January
    assert before.inflation == close(262 / 250)
    assert lake.portfolio("100 ABROAD", **year, as_of="2021-01-10").inflation is None


def test_as_of_excludes_later_knowledge(lake: Lake) -> None:
    early = lake.portfolio(PLAN, TERMS, as_of="2021-02-15T12:00Z", horizon=1)
    assert (early.end, early.history and early.history.windows) == (date(2021, 2, 12), 2)
    late = lake.portfolio(PLAN, TERMS, horizon=1)
    assert late.history is not None
    assert late.history.windows == 6
    shortened = lake.portfolio(PLAN, TERMS, start="2020-01-31", end="2021-04-30", as_of="2021-02-15")
    assert "shortened" in shortened.quality
    assert "SHARE to 2021-02-12" in " ".join(shortened.notes)


def test_strict_as_of_uses_only_rows_observed_by_the_lake(lake: Lake) -> None:
    answer = lake.portfolio(PLAN, TERMS, as_of="2021-06-15", strict=True)
    assert (answer.strict, answer.end) == (True, date(2021, 5, 31))
    assert "held by this lake at 2021-06-15" in " ".join(answer.conventions)
    with pytest.raises(
        EmptyLakeError, match=r"no bars of SHARE are stored .* as held by this lake at 2021-05-01"
    ):
        lake.portfolio(PLAN, TERMS, as_of="2021-05-01", strict=True)
    with pytest.raises(UsageError, match="give as_of too"):
        lake.portfolio(PLAN, TERMS, strict=True)


def test_the_command(lake: Lake, run: Run) -> None:
    flags = ("--as-of", "2021-06-30", "--risk-free", "0.02", "--format", "json", "--lake", lake.path)
    code, out, _ = run("portfolio", PLAN, "--sleeve", "BTC", *flags)
    answer = json.loads(out)
    assert (code, answer["risk_free"]) == (0, 0.02)
    expected = lake.portfolio(PLAN, {"sleeve": "BTC"}, as_of="2021-06-30", risk_free=0.02)
    assert answer == json.loads(json.dumps(expected.to_dict()))
