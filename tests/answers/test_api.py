"""The Python interface."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from marketlake.ingest.build import build
from marketlake.ingest.run import ingest
from marketlake.lake import Lake, open
from marketlake.model.errors import EmptyLakeError, UsageError
from marketlake.model.settings import load_settings

from ..ingest.homes import make_home, serve_rows
from .lakes import BTC, EUR, FUND, SHARE, bar, make, year_ends

BARS = [
    bar(SHARE, "2020-01-02", 100.0),
    bar(SHARE, "2020-01-03", 50.0, split=2.0, dividend=1.0, open=49.0, volume=7.0),
    bar(SHARE, "2020-01-06", 55.0),
    bar(BTC, "2020-01-03", 8.0),
    bar(EUR, "2020-01-03", 2.0),
    bar(FUND, "2020-01-03", 3.0),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    place = tmp_path_factory.mktemp("api")
    make(place, [SHARE, BTC, EUR, FUND, replace(SHARE, id="OTHER", quote_currency="GBP")], BARS)
    return open(place)


def test_prices_as_traded(lake: Lake) -> None:
    table = lake.prices(["SHARE", "BTC"], start="2020-01-03", end=date(2020, 1, 5)).to_arrow()
    assert isinstance(table, pa.Table)
    assert table.column_names == [
        *("instrument_id", "session", "open", "high", "low", "close", "volume", "dividend", "split"),
        *("currency", "quality", "source", "known_at", "observed_at"),
    ]
    assert table["instrument_id"].to_pylist() == ["BTC", "SHARE"]
    share = table.to_pylist()[1]
    assert (share["open"], share["close"], share["volume"]) == (49.0, 50.0, 7.0)
    assert (share["dividend"], share["split"], share["currency"]) == (1.0, 2.0, "USD")


@pytest.mark.parametrize(
    ("basis", "levels"),
    [("price", [100, 110]), ("total", [102, 112.2]), ("vendor_adjusted", [100 / 0.98, 110 / 0.98])],
)
def test_level_does_not_depend_on_the_start(lake: Lake, basis: str, levels: list[float]) -> None:
    table = lake.prices("SHARE", start="2020-01-03", basis=basis).to_arrow()
    assert table["level"].to_pylist() == pytest.approx(levels, rel=1e-12)
    assert set(table["basis"].to_pylist()) == {basis}


def test_total_return_series_has_basis_total(lake: Lake) -> None:
    [row] = lake.prices(["FUND"], basis="price").to_arrow().to_pylist()
    assert (row["basis"], row["level"]) == ("total", 3.0)


def test_prices_in_a_currency(lake: Lake) -> None:
    table = lake.prices(["SHARE"], currency="EUR").to_arrow()
    assert table["close"].to_pylist() == [None, 25.0, 27.5]
    assert table["dividend"].to_pylist() == [None, 0.5, 0.0]
    assert table["quality"].to_pylist() == ["no_rate", "", ""]
    levels = lake.prices(["SHARE"], currency="EUR", basis="price").to_arrow()["level"]
    assert levels.to_pylist() == [None, 50.0, 55.0]


def test_sql_and_instruments(lake: Lake) -> None:
    assert lake.query("SELECT count(*) AS n FROM bar").to_arrow().to_pydict() == {"n": [6]}
    assert list(lake.instruments().to_pandas()["instrument_id"]) == ["SHARE", "BTC", "EUR", "FUND", "OTHER"]


def test_compare(tmp_path: Path) -> None:
    make(
        tmp_path,
        [SHARE, BTC],
        [*year_ends(SHARE, {2019: 1.0, 2020: 2.0}), *year_ends(BTC, {2019: 1.0, 2020: 3.0})],
    )
    answer = open(tmp_path).compare(["BTC", "SHARE"], as_of="2021-06-01")
    assert (answer.wins["BTC"], answer.years) == (1, 1)
    assert answer.to_dict()["as_of"] == "2021-06-01T00:00:00+00:00"


def test_open_finds_the_lake_of_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARKETLAKE_LAKE", raising=False)
    (tmp_path / "data").mkdir()
    assert open(home=tmp_path).path == tmp_path.resolve() / "data"
    with pytest.raises(EmptyLakeError, match="marketlake run"):
        open(home=tmp_path).prices(["BTC"])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, and no lake yet."""
    monkeypatch.delenv("MARKETLAKE_LAKE", raising=False)
    return make_home(tmp_path)


def test_open_of_a_missing_folder_names_a_remedy_that_works(home: Path) -> None:
    missing = home / "elsewhere"
    with pytest.raises(
        EmptyLakeError, match=rf"there is no lake {missing}: open the folder that holds"
    ) as refused:
        open(missing, home)
    assert f"make one with `marketlake run --home {home} --lake {missing}`" in str(refused.value)
    settings = load_settings(home=home, lake=missing, now="2024-01-20T12:00Z", environ={})
    serve_rows(home, "COIN", [100.0, 101.0])
    ingest(settings, ["COIN"])
    build(settings)
    assert len(open(missing, home).prices("COIN")) == 2


def test_open_of_a_home_names_the_argument(home: Path) -> None:
    with pytest.raises(
        EmptyLakeError, match=r"is a home, not a lake; open it as marketlake\.open"
    ) as refused:
        open(home)
    (home / "data").mkdir()
    argument = re.search(r"home='(.*)'\)", str(refused.value))
    assert argument
    assert open(home=argument[1]).path == home / "data"


def test_open_without_configuration_begins_with_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARKETLAKE_LAKE", raising=False)
    with pytest.raises(EmptyLakeError, match=rf"with `marketlake init {tmp_path}`, then `marketlake run"):
        open(home=tmp_path)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"ids": []}, "no instrument"),
        ({"ids": ["NOPE"]}, "unknown instrument"),
        ({"ids": ["BTC"], "start": "2020-13-01"}, "not a date"),
        ({"ids": ["BTC"], "basis": "net"}, "as_traded"),
        ({"ids": ["OTHER"], "currency": "USD"}, "no reference rates for GBP"),
        ({"ids": ["BTC"], "as_of": "soon"}, "not a moment"),
    ],
)
def test_invalid_arguments_are_refused_with_a_reason(
    lake: Lake, terms: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        lake.prices(**terms)  # type: ignore[arg-type]
