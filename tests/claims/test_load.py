"""`claims.toml` is read strictly, and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketlake import query
from marketlake.claims import load_claims
from marketlake.errors import ConfigError

SHIPPED = Path(query.__file__).parents[3] / "claims.toml"


def test_the_shipped_claims() -> None:
    claims = load_claims(SHIPPED)
    assert [claim.id for claim in claims] == ["BTC_BEATS_NASDAQ", "BTC_BEATS_GOLD", "BTC_BEATS_SP500"]
    assert claims[0].alternatives == ("NASDAQ100", "QQQ")
    assert {(c.a, c.at_least, c.of_years, c.first_year, c.last_year) for c in claims} == {
        ("BTC", 5, 6, 2019, 2024)
    }


def test_alternatives_may_be_left_out(tmp_path: Path) -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "claims.toml"
    path.write_text(
        "\n".join(line for line in lines if not line.startswith("alternatives")), encoding="utf-8"
    )
    assert [claim.alternatives for claim in load_claims(path)] == [(), (), ()]


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


def test_a_claim_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(SHIPPED.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(ConfigError, match="twice"):
        load_claims(path)
