"""`claims.toml` is read strictly, and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import marketlake
from marketlake.claims.claim import SleeveClaim, WinsClaim
from marketlake.claims.load import load_claims
from marketlake.model.errors import ConfigError

SHIPPED = Path(marketlake.__file__).parents[2] / "claims.toml"


def test_the_shipped_claims() -> None:
    claims = load_claims(SHIPPED)
    *wins, sleeve = claims
    assert [claim.id for claim in wins] == ["BTC_BEATS_NASDAQ", "BTC_BEATS_GOLD", "BTC_BEATS_SP500"]
    found = [c for c in wins if isinstance(c, WinsClaim)]
    assert found[0].alternatives == ("NASDAQ100", "QQQ")
    assert [(c.a, c.at_least, c.of_years, c.first_year, c.last_year) for c in found] == [
        ("BTC", 5, 6, 2019, 2024)
    ] * 3
    assert isinstance(sleeve, SleeveClaim)
    assert (sleeve.id, sleeve.of_years) == ("SLEEVE_IMPROVES_60_40", 6)
    assert (sleeve.plan, sleeve.sleeve, sleeve.share) == ({"SPY": 0.6, "AGG": 0.4}, "BTC", 0.03)
    assert (sleeve.rebalance, sleeve.funded_by) == ("yearly", "pro-rata")
    assert sleeve.alternatives == {"BTC": ("ETH",), "SPY": ("VT",)}


def test_alternatives_may_be_left_out(tmp_path: Path) -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "claims.toml"
    path.write_text(
        "\n".join(line for line in lines if not line.startswith("alternatives")), encoding="utf-8"
    )
    claims = load_claims(path)
    assert [c.alternatives for c in claims if isinstance(c, WinsClaim | SleeveClaim)] == [(), (), (), {}]


def test_no_file_no_claims(tmp_path: Path) -> None:
    assert load_claims(tmp_path / "claims.toml") == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "BTC_BEATS_NASDAQ"', 'id = "btc; DROP"', "must match"),
        ("at_least = 5", "at_least = 7", "not be more than of_years"),
        ("at_least = 5", 'at_least = "5"', "whole number"),
        ("at_least = 5", "at_least = true", "whole number"),
        ("at_least = 5", "", "at_least"),
        ("of_years = 6", "of_years = 5", "of_years"),
        ('b = "NASDAQ"', 'b = "BTC"', "same instrument"),
        ('published = "2025"', 'published = "lately"', "2025-08"),
        ("published = ", "extra = 1\npublished = ", "extra"),
        ('check = "calendar_year_wins"', 'check = "luck"', "calendar_year_wins"),
        ('b = "NASDAQ"', 'b = "QQQ"', "each once"),
        ('["NASDAQ100", "QQQ"]', '["NASDAQ100", "BTC"]', "each once"),
        ('["NASDAQ100", "QQQ"]', '["QQQ", "QQQ"]', "each once"),
        ('["NASDAQ100", "QQQ"]', '"QQQ"', "must be a list"),
        ('["NASDAQ100", "QQQ"]', '["x y"]', "must match"),
        ('["NASDAQ100", "QQQ"]', "[1]", "must match"),
        ('["NASDAQ100", "QQQ"]', str([f"I{n}" for n in range(21)]), "at most 20"),
        ("[[claim]]", "[claim]", "entries"),
        ("[[claim]]", "[[claim", "cannot be read"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    text = text[: text.index("\n# The same")]
    assert text.count(old) == 1
    path = tmp_path / "claims.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load_claims(path)
    assert "claims.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"60 SPY, 40 AGG"', '"60 SPY, 30 AGG"', "add up to 90"),
        ('"60 SPY, 40 AGG"', '"60 SPY 40 AGG"', "not a weight and an instrument"),
        ('"60 SPY, 40 AGG"', '"60 spy, 40 AGG"', "must match"),
        ('"60 SPY, 40 AGG"', '"plan.toml"', "not a file"),
        ('"60 SPY, 40 AGG"', '"57 SPY, 40 AGG, 3 BTC"', "in the plan already"),
        ("sleeve_share = 0.03", "sleeve_share = 3", "such as 0.03"),
        ("sleeve_share = 0.03", "sleeve_share = 1.0", "such as 0.03"),
        ("sleeve_share = 0.03", "sleeve_share = nan", "such as 0.03"),
        (
            "sleeve_share = 0.03",
            'sleeve_share = 0.03\nrebalance = "band"',
            "never, monthly, quarterly, yearly",
        ),
        ("sleeve_share = 0.03", 'sleeve_share = 0.03\nfunded_by = "BTC"', "pro-rata, SPY, AGG"),
        ("sleeve_share = 0.03", 'sleeve_share = 0.41\nfunded_by = "AGG"', "cannot fund it"),
        ("sleeve_share = 0.03", "sleeve_share = 0.03\nat_least = 5", "at_least"),
        ('{ BTC = ["ETH"], SPY = ["VT"] }', '["ETH"]', "table of lists"),
        ('SPY = ["VT"]', 'QQQ = ["VT"]', "neither the sleeve nor in the plan"),
        ('SPY = ["VT"]', 'SPY = ["ETH"]', "each once"),
        ('SPY = ["VT"]', 'SPY = "VT"', "must be a list"),
        ("last_year = 2024", "last_year = 2018", "199 years later"),
    ],
)
def test_a_wrong_sleeve_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    text = "[[claim]]" + text[text.index('\nid = "SLEEVE') :]
    assert text.count(old) == 1
    path = tmp_path / "claims.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load_claims(path)
    assert "SLEEVE_IMPROVES_60_40" in str(caught.value)


def test_a_claim_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(SHIPPED.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(ConfigError, match="twice"):
        load_claims(path)
