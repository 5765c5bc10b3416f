"""instruments.toml: accepted entries, and the error of each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketlake.model.errors import ConfigError, UsageError
from marketlake.model.instruments import INVALID, SourceRef, Universe, load_universe

GOOD = """
[[instrument]]
id = "{id}"
asset_class = "crypto"
calendar = "24/7"
since = 2011-08-18
sources = [{{ source = "yahoo", symbol = "BTC-USD" }}]
"""


def universe(folder: Path, text: str) -> Universe:
    path = folder / "instruments.toml"
    path.write_text(text, encoding="utf-8")
    return load_universe(path)


def test_entry_has_defaults(tmp_path: Path) -> None:
    coin = universe(tmp_path, GOOD.format(id="BTC")).get("BTC")
    assert (coin.name, coin.quote_currency, coin.return_basis) == ("BTC", "USD", "price")
    assert coin.negative_prices is False


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "BTC"', 'id = "../etc"', "must match"),
        ('id = "BTC"', 'id = "btc"', "must match"),
        ('id = "BTC"', 'id = "BTC\\n"', "must match"),
        ('id = "BTC"', 'id = "NUL"', "reserved"),
        ('id = "BTC"', "id = 7", "must match"),
        ("crypto", "cryptos", "must be one of"),
        (
            "calendar =",
            'quote_currency = "USDD"\ncalendar =',
            "no code of ISO 4217 or of crypto; did you mean USD",
        ),
        ("calendar =", 'quote_currency = "DOLLAR"\ncalendar =', "must match"),
        ("calendar =", 'base_currency = "EUR"\ncalendar =', 'is for asset_class = "currency"'),
        ("2011-08-18", '"2011"', "must be a date"),
        ("2011-08-18", "2011-08-18T00:00:00", "must be a date"),
        ("symbol", "ticker", "exactly source and symbol"),
        ("calendar =", "kalendar =", "unknown key"),
        ("calendar =", 'name = "\\u0000"\ncalendar =', "printable"),
        ("[[instrument]]", "[instrument]", "no [[instrument]]"),
        ("[[instrument]]", "[[", "cannot be read"),
    ],
)
def test_mistake_is_reported_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"instruments\.toml") as error:
        universe(tmp_path, GOOD.format(id="BTC").replace(old, new))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("24/7", "'; DROP TABLE bar", 'calendar = "\'; DROP TABLE bar" must match'),
        ('calendar = "24/7"', "calendar = 7", "calendar = '7' must match"),
        ("BTC-USD", "", "symbol must be printable text of 1 to 80 characters"),
        ("BTC-USD", "B" * 81, "symbol must be printable text of 1 to 80 characters"),
        ("yahoo", "../yahoo", "source '../yahoo' must match"),
    ],
)
def test_invalid_calendar_source_or_symbol_is_a_fault_of_its_entry(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    loaded = universe(tmp_path, GOOD.format(id="OK") + GOOD.format(id="BTC").replace(old, new))
    assert loaded.get("OK").faults == ()
    (text,) = loaded.get("BTC").faults
    assert text.startswith("instruments.toml: [[instrument]] number 2 (BTC): " + fault)
    # the recorded and displayed values are sanitized
    assert {loaded.get("BTC").calendar, *(ref.source for ref in loaded.get("BTC").sources)} <= {
        "24/7",
        "yahoo",
        INVALID,
    }


def test_duplicate_id_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="twice"):
        universe(tmp_path, GOOD.format(id="BTC") * 2)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = " + b"[" * 5000])
def test_unreadable_file_is_a_configuration_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "instruments.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_universe(path)
    with pytest.raises(ConfigError, match="marketlake init"):
        load_universe(tmp_path / "none.toml")


def test_select_keeps_the_order_and_names_unknown_ids(tmp_path: Path) -> None:
    loaded = universe(tmp_path, "".join(GOOD.format(id=i) for i in ("C", "A", "B")))
    assert [i.id for i in loaded.select(["B", "C", "B"]).instruments] == ["C", "B"]
    assert loaded.select([]) == loaded
    with pytest.raises(UsageError, match=r"unknown instrument .X.; known: C, A, B"):
        loaded.select(["A", "X"])


SHIPPED = Path(__file__).parents[2] / "instruments.toml"
SAME_PUBLISHER = {"ecb-bundled": "ecb"}
ONE_PUBLISHER = {
    "RUSSELL2000": "of the sources here only Yahoo serves the index",
    "GOLD": "of the sources here only Yahoo serves futures; FRED removed its London fixings in 2022",
    "SILVER": "as gold",
    "PLATINUM": "as gold",
    "PALLADIUM": "as gold",
    "US_CPI": "the Bureau of Labor Statistics is the only publisher; FRED passes its figures on",
}
"""Shipped instruments that no second source serves, and why."""


def test_shipped_instruments_have_two_independent_publishers() -> None:
    publishers = {
        one.id: {SAME_PUBLISHER.get(ref.source, ref.source) for ref in one.sources}
        for one in load_universe(SHIPPED).instruments
    }
    assert {name for name, found in publishers.items() if len(found) < 2} == ONE_PUBLISHER.keys()
    assert sum(len(found) >= 2 for found in publishers.values()) == 34


def test_fred_is_the_second_source_of_the_indices_that_it_has() -> None:
    universe = load_universe(SHIPPED).by_id
    assert {name: universe[name].sources[1] for name in ("SP500", "DOW", "NASDAQ", "NASDAQ100")} == {
        "SP500": SourceRef("fred", "SP500"),
        "DOW": SourceRef("fred", "DJIA"),
        "NASDAQ": SourceRef("fred", "NASDAQCOM"),
        "NASDAQ100": SourceRef("fred", "NASDAQ100"),
    }
