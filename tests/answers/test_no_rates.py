"""An instrument whose currency has no reference rates degrades its own figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from marketlake.claims.claim import WinsClaim
from marketlake.lake import Lake
from marketlake.model.errors import UsageError

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


def test_two_that_cannot_be_compared_are_refused_with_a_remedy(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r'no reference rates for JPY.*id = "JPY"'):
        lake.compare(["YEN_SHARE", "SHARE"])
    with pytest.raises(UsageError, match="no reference rates for GBP"):
        lake.matrix(currency="GBP")


def test_report_is_made(lake: Lake) -> None:
    page = lake.report().read_text("utf-8")
    assert "YEN_SHARE" in page
    assert "no reference rates for JPY" not in page
