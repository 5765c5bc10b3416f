"""Plans as written: what is read from text and TOML, and what is refused with which words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from marketlake.model.errors import ConfigError, UsageError
from marketlake.portfolio.plan import read_plan

PLAN = "57 SPY, 40 AGG, 3 BTC"


def test_text_with_terms_in_percent_and_basis_points() -> None:
    plan = read_plan(
        " 57%SPY,40 % AGG , 3  BTC", {"plan_fee": 0.2, "trading_cost": 5, "sleeve": "BTC", "start": None}
    )
    assert plan.ids == ("SPY", "AGG", "BTC")
    assert plan.weights().tolist() == [0.57, 0.40, 0.03]
    assert (plan.plan_fee, plan.trading_cost, plan.start) == (0.002, 0.0005, 10_000.0)
    assert plan.sleeve_weight == 0.03


def test_plan_file_with_overriding_terms(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        'rebalance = "band"\nband = 5\nstart = 5000\nsleeve = "BTC"\nfunded_by = "SP500"\n'
        '[[holding]]\nid = "SP500"\nweight = 57\nexpense_ratio = 0.03\n'
        '[[holding]]\nid = "AGG"\nweight = 40\n[[holding]]\nid = "BTC"\nweight = 3\n'
    )
    plan = read_plan(str(path))
    assert (plan.rebalance, plan.band, plan.start) == ("band", 0.05, 5000.0)
    assert plan.holdings[0].expense_ratio == pytest.approx(0.0003)
    changed = read_plan(str(path), {"rebalance": "never", "expenses": {"BTC": 0.25}})
    assert (changed.rebalance, changed.band) == ("never", None)
    assert changed.holdings[2].expense_ratio == 0.0025


@pytest.mark.parametrize(
    ("sleeve", "funded_by", "weights"),
    [
        (0.10, "pro-rata", [0.57 * 0.9 / 0.97, 0.40 * 0.9 / 0.97, 0.10]),
        (0.10, "SPY", [0.50, 0.40, 0.10]),
        (0.0, "AGG", [0.57, 0.43, 0.0]),
    ],
)
def test_sleeve_is_funded_pro_rata_or_from_one_holding(
    sleeve: float, funded_by: str, weights: list[float]
) -> None:
    plan = read_plan(PLAN, {"sleeve": "BTC", "funded_by": funded_by})
    assert plan.weights(sleeve).tolist() == pytest.approx(weights)


def test_sweep_includes_the_plan_size_and_ends_with_the_funding() -> None:
    assert read_plan(PLAN, {"sleeve": "BTC"}).sweep() == tuple(n / 100 for n in range(11))
    odd = read_plan("57 SPY, 39.5 AGG, 3.5 BTC", {"sleeve": "BTC"}).sweep()
    assert len(odd) == 12
    assert 0.035 in odd
    short = read_plan("95 SPY, 2 AGG, 3 BTC", {"sleeve": "BTC", "funded_by": "AGG"}).sweep()
    assert short == (0.0, 0.01, 0.02, 0.03, 0.04, 0.05)


@pytest.mark.parametrize(
    ("text", "terms", "message"),
    [
        ("57 SPY, 40 AGG", {}, "add up to 97, not to 100"),
        ("SPY 57", {}, "is not a weight and an instrument; write it like"),
        ("", {}, "is not a weight"),
        ("50 SPY, 50 SPY", {}, "in the plan twice"),
        ("-10 SPY, 110 AGG", {}, "is not a weight"),
        (PLAN, {"sleeve": "GOLD"}, "sleeve 'GOLD' must be one of SPY, AGG, BTC"),
        (PLAN, {"sleeve": "BTC", "funded_by": "BTC"}, "must be one of pro-rata, SPY, AGG"),
        (PLAN, {"funded_by": "SPY"}, "no sleeve is named"),
        ("100 BTC", {"sleeve": "BTC"}, "is the whole plan"),
        (PLAN, {"rebalance": "weekly"}, "must be one of never, monthly"),
        (PLAN, {"rebalance": "band"}, "--rebalance band --band 5"),
        (PLAN, {"band": 5}, "--rebalance band --band 5"),
        (PLAN, {"rebalance": "band", "band": 0}, "must be above 0, at most 100"),
        (PLAN, {"start": 0}, "must be above 0"),
        (PLAN, {"contribute": -1}, "must be at least 0"),
        (PLAN, {"contribute": float("nan")}, "must be a number"),
        (PLAN, {"plan_fee": 21}, r"plan-fee \(%\) is 21 and must be at least 0, at most 20"),
        (PLAN, {"trading_cost": 1001}, "at most 1000"),
        (PLAN, {"pay_growth": 101}, "at most 100"),
        (PLAN, {"expenses": {"GOLD": 1}}, "'GOLD', which the plan does not hold"),
        (PLAN, {"per": "day"}, "must be one of month, semimonthly, biweekly, week"),
        ("57 SPY, 40 AGG, 3 \x1b[31mBTC", {}, "must be a name"),
        (f"{'9' * 400} SPY", {}, "must be a number"),
        (", ".join(f"1 X{n}" for n in range(101)), {}, "may hold 100"),
    ],
)
def test_invalid_plan_is_refused_with_the_remedy(text: str, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_plan(text, terms)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("start = [", "cannot be read"),
        ("start = 1", "written as"),
        ("holding = 3", "written as"),
        ("fees = 1\n[[holding]]\nid = 'SPY'\nweight = 100", "unknown key 'fees'"),
        ("[[holding]]\nid = 'SPY'\nweight = 100\nfee = 1", "unknown key 'fee'"),
        ("[[holding]]\nid = 'SPY'\nweight = true", "must be a number"),
        ("[[holding]]\nid = 7\nweight = 100", "must be a name"),
        ("sleeve = ''\n[[holding]]\nid = 'SPY'\nweight = 100", "must be a name"),
        ("expenses = 3\n[[holding]]\nid = 'SPY'\nweight = 100", "percent a year"),
        # files that would cost much to read, or to tell of
        ("start = " + "[" * 900, "recursion|cannot be read"),
        ("\n" * 60_000, "larger than 50,000 bytes"),
        ("start." + "a." * 900 + "a = 1", "1,000 in a line"),
        ("start." + "a." * 400 + "a = 1", "start is of the kind dict and must be a number"),
        ("start = " + "9" * 900 + "\n[[holding]]\nid = 'SPY'\nweight = 100", "start is too large a number"),
        ("start = 0x" + "F" * 900, "start is too large a number"),
        ("start = 2020-13-45", "cannot be read"),
        ('[[holding]]\nid = "a\\u0007b"\nweight = 100', "must be a name"),
    ],
)
def test_invalid_plan_file_is_reported(tmp_path: Path, written: str, message: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(written)
    with pytest.raises(ConfigError, match=message) as raised:
        read_plan(str(path))
    assert str(path) in str(raised.value)


def test_pipes_devices_and_folders_are_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "folder.toml").mkdir()
    for name in ("pipe", "zero", "folder"):
        with pytest.raises(ConfigError, match=f"{name}.toml: not a file"):
            read_plan(str(tmp_path / f"{name}.toml"))


def test_missing_plan_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read"):
        read_plan(str(tmp_path / "nowhere.toml"))
