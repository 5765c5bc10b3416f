"""`init`: prompts on a terminal, flags, and the configuration that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from marketlake.claims.load import load_claims
from marketlake.model.settings import Settings, load_settings

from .conftest import Run
from .terminal import on_terminal


def written(home: Path) -> Settings:
    return load_settings(home=home, environ={})


def ids(home: Path) -> set[str]:
    return set(written(home).universe.by_id)


def test_init_writes_all_instruments_by_default(run: Run, tmp_path: Path) -> None:
    result = run("init", tmp_path)
    assert (result.code, result.err) == (0, "")
    assert len(ids(tmp_path)) == 40
    assert (written(tmp_path).lake, written(tmp_path).currency) == (tmp_path / "data", None)


def test_init_with_classes_and_ids(run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path, "--with", "metal, spy").code == 0
    assert ids(tmp_path) == {"GOLD", "SILVER", "PLATINUM", "PALLADIUM", "SPY"}
    text = (tmp_path / "instruments.toml").read_text()
    # the explanation of the keys and the headings of chosen classes stay, other headings are removed
    assert "#   quote_currency" in text
    assert "# Metals" in text
    assert "# Bonds" not in text


@pytest.mark.parametrize(("currency", "known"), [("EUR", True), ("SEK", False)])
def test_home_currency_adds_its_exchange_rates(run: Run, tmp_path: Path, currency: str, known: bool) -> None:
    assert run("init", tmp_path, "--with", "BTC", "--currency", currency, "--lake", "/srv/x").code == 0
    assert ids(tmp_path) == {"BTC", currency}
    assert written(tmp_path).currency == currency
    assert written(tmp_path).lake == Path("/srv/x")
    assert len(written(tmp_path).universe.get(currency).sources) == (3 if known else 1)


def test_compare_uses_the_home_currency(run: Run, tmp_path: Path, sample_home: Path) -> None:
    (tmp_path / "marketlake.toml").write_text('currency = "EUR"\n')
    command = [
        "compare",
        "BTC",
        "NASDAQ",
        "--home",
        tmp_path,
        "--lake",
        sample_home / "data",
        "--format",
        "json",
    ]
    assert json.loads(run(*command).out)["currency"] == "EUR"
    assert json.loads(run(*command, "--currency", "USD").out)["currency"] == "USD"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--with", "GOLDD"], "did you mean GOLD"),
        (["--currency", "euro"], "not a currency"),
        (["--lake", "a\nb"], "printable"),
    ],
)
def test_invalid_arguments_are_refused_and_nothing_is_written(
    run: Run, tmp_path: Path, flags: list[str], message: str
) -> None:
    result = run("init", tmp_path / "home", *flags)
    assert result.code == 2
    assert message in result.err
    assert not (tmp_path / "home").exists()


def test_interactive_prompts_repeat_after_invalid_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    typed = "crypto, bnd\ncrypto, AGG\n/srv/lake\ngold\nGBP\n"
    _, prompts = on_terminal(monkeypatch, ["init", tmp_path], typed)
    assert "'BND' is neither an asset class" in prompts
    assert ids(tmp_path) == {"BTC", "ETH", "SOL", "XRP", "AGG", "GBP"}
    assert (written(tmp_path).lake, written(tmp_path).currency) == (Path("/srv/lake"), "GBP")


def test_empty_input_takes_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on_terminal(monkeypatch, ["init", tmp_path], "\n\n\n")
    assert len(ids(tmp_path)) == 40
    assert written(tmp_path).currency is None


@pytest.mark.parametrize("flags", [["--yes"], ["--sample"], ["--with", "BTC"]])
def test_flags_suppress_the_prompts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: list[str]
) -> None:
    _, prompts = on_terminal(monkeypatch, ["init", tmp_path, *flags])
    assert prompts == ""
    assert ids(tmp_path)


def test_comment_is_removed_with_its_entry(run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path, "--sample", "--with", "SYNTH_A").code == 0
    assert ids(tmp_path) == {"SYNTH_A"}
    assert "Yahoo serves these futures" not in (tmp_path / "instruments.toml").read_text()


@pytest.mark.parametrize(
    ("words", "claims"),
    [
        ("all", ["BTC_BEATS_NASDAQ", "BTC_BEATS_GOLD", "BTC_BEATS_SP500", "SLEEVE_IMPROVES_60_40"]),
        ("BTC, GOLD, SPY", ["BTC_BEATS_GOLD"]),
        ("crypto, SPY, AGG", ["SLEEVE_IMPROVES_60_40"]),
        ("GOLD", []),
    ],
)
def test_claims_about_other_instruments_are_not_written(
    run: Run, tmp_path: Path, words: str, claims: list[str]
) -> None:
    assert run("init", tmp_path, "--with", words).code == 0
    path = tmp_path / "claims.toml"
    assert [claim.id for claim in load_claims(path)] == claims
    # the explanation of the keys stays, the heading goes with its claims
    assert "calendar_year_wins: a returned more" in path.read_text()
    assert ("The same claim about other holdings" in path.read_text()) == ("BTC_BEATS_GOLD" in claims)
