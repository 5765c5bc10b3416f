"""An instrument whose currency has no reference rates degrades its own figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from marketlake.claims.claim import WinsClaim
from marketlake.lake import Lake
from marketlake.model.errors import UsageError
from marketlake.model.instruments import Instrument, SourceRef, Universe

from . import lakes
from .lakes import BTC, EUR, NASDAQ, SHARE, bar

pytestmark = pytest.mark.slow

YEN = replace(SHARE, id="YEN_SHARE", quote_currency="JPY")
FRANC = replace(SHARE, id="FRANC_SHARE", quote_currency="CHF")
LATER_CLAIM = WinsClaim(
    id="LATER", statement="b", source="s", published="2024", first_year=2021, last_year=2023,
    a="SHARE", b="NASDAQ", at_least=1,
)  # fmt: skip
CLAIM = replace(LATER_CLAIM, id="FIRST", a="YEN_SHARE", b="SHARE")
DAYS = [f"{year}-12-{day}" for year in range(2020, 2025) for day in (30, 31)]
POUND_SHARE = replace(SHARE, id="POUND_SHARE", quote_currency="GBP")
NOTE = "YEN_SHARE is quoted in JPY, for which there are no reference rates"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    named = (YEN, SHARE, NASDAQ, BTC, FRANC)
    rows = [
        bar(one, day, 100.0 + number * (7 + 3 * place) % 31)
        for place, one in enumerate(named)
        for number, day in enumerate(DAYS)
    ]
    return Lake(
        lakes.make(tmp_path_factory.mktemp("rates"), (*named, EUR), rows, claims=[CLAIM, LATER_CLAIM])
    )


def test_matrix_degrades_the_row_and_names_it(lake: Lake) -> None:
    whole = lake.matrix()
    assert NOTE in whole.notes
    without = lake.matrix(["SHARE", "NASDAQ", "BTC"])
    places = [whole.instruments.index(name) for name in without.instruments]
    assert (whole.won.wins[np.ix_(places, places)] == without.won.wins).all()
    value = whole.correlation.value[np.ix_(places, places)]
    np.testing.assert_allclose(value, without.correlation.value, rtol=1e-10)
    row = whole.instruments.index("YEN_SHARE")
    assert whole.quality[row].split(",").count("no_rate") == 1
    assert whole.won.years[row].sum() == 0
    assert np.isnan(whole.correlation.value[row]).all()


def test_other_answers_degrade_it_too(lake: Lake) -> None:
    table = lake.metrics(["SHARE", "YEN_SHARE", "NASDAQ"])
    assert NOTE in table.notes
    assert table.figure("SHARE", "cagr").value is not None
    missing = table.figure("YEN_SHARE", "cagr")
    assert missing.value is None
    assert "no_rate" in missing.quality
    comparison = lake.compare(["SHARE", "NASDAQ", "YEN_SHARE"])
    assert NOTE in comparison.notes
    assert lake.compare(["SHARE", "NASDAQ"]).rows


def test_explain_degrades_it_too(lake: Lake) -> None:
    for since in (datetime(2022, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)):
        answer = lake.explain(["YEN_SHARE", "SHARE"], since, None)
        assert NOTE in answer.notes
        moved = {(one.instrument_id, one.figure): one for one in answer.figures}
        assert moved["SHARE", "2021"].after is not None
        missing = moved["YEN_SHARE", "2021"]
        assert missing.after is None
        assert "no_rate" in missing.quality
        assert moved["SHARE", "2021"] == lake.explain(["SHARE"], since, None).figures[0]
    with pytest.raises(UsageError, match=r'no reference rates for JPY.*id = "JPY"'):
        lake.explain(["YEN_SHARE"], since, None, currency="USD")


def test_two_that_cannot_be_compared_are_refused_with_a_remedy(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r'no reference rates for JPY.*id = "JPY"'):
        lake.compare(["YEN_SHARE", "SHARE"])
    with pytest.raises(UsageError, match="no reference rates for GBP"):
        lake.matrix(currency="GBP")


def test_report_is_made(lake: Lake) -> None:
    page = lake.report().read_text("utf-8")
    assert "YEN_SHARE" in page
    assert "no reference rates for JPY" not in page


@pytest.mark.parametrize(
    "rate",
    [
        replace(EUR, id="GBPUSD"),
        replace(EUR, id="STERLING", base_currency="GBP"),
        replace(EUR, id="STERLING", sources=(SourceRef("yahoo", "GBPUSD=X"),)),
    ],
    ids=["id", "declared", "symbol"],
)
def test_rate_is_found_by_what_it_quotes(tmp_path: Path, rate: Instrument) -> None:
    named = (POUND_SHARE, SHARE, rate)
    rows = [bar(one, day, 100.0 + number) for one in (POUND_SHARE, SHARE) for number, day in enumerate(DAYS)]
    rates = [bar(rate, day, 1.2 + number / 10) for number, day in enumerate(DAYS)]
    lake = Lake(lakes.make(tmp_path, named, [*rows, *rates]))
    for ids, currency in ((["POUND_SHARE", "SHARE"], None), (["SHARE", "POUND_SHARE"], "GBP")):
        answer = lake.compare(ids, currency=currency)
        assert all(one.simple_return is not None for row in answer.rows for one in row.returns)
    (level, *_) = lake.prices(["POUND_SHARE"], currency="USD").to_arrow()["close"].to_pylist()
    assert level == pytest.approx(100.0 * 1.2)
    moved = lake.explain(["POUND_SHARE"], datetime(2022, 1, 1, tzinfo=UTC), None, currency="USD").figures
    assert all(one.after is not None for one in moved)
    assert (
        moved[0].after
        == lake.compare(["POUND_SHARE", "SHARE"], currency="USD").rows[0].returns[0].simple_return
    )


def test_of_several_rates_the_one_with_the_code_as_its_id_converts() -> None:
    pair, own, crossed = (
        replace(EUR, id="EURUSD"),
        EUR,
        replace(EUR, id="EURGBP", quote_currency="GBP"),
    )
    assert Universe((crossed, pair, own)).rates == {"EUR": own}
    assert Universe((pair, replace(pair, id="EUR_USD"))).rates == {"EUR": pair}
    assert Universe((replace(EUR, id="METAL", asset_class="metal"), crossed)).rates == {}
