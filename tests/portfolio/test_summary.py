"""The sentence on top says which way each figure went."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketlake.portfolio.figures import Drawdown
from marketlake.portfolio.measure import span
from marketlake.portfolio.notes import summary_of

from .markets import market, plan
from .test_worked import run


@pytest.mark.parametrize(
    ("value", "volatility", "depth", "expected"),
    [
        (120.0, 0.2, -0.3, "raised the end value from 100 to 120 USD, at the price of a volatility of 20.0 % "
         "instead of 10.0 % and a maximum drawdown of 30.0 % instead of 20.0 %."),
        (120.0, 0.1, -0.3, "a maximum drawdown of 30.0 % instead of 20.0 %, with a volatility of 10.0"),
        (90.0, 0.05, -0.1, "lowered the end value from 100 to 90 USD, with a volatility of 5.0 % instead"),
        (100.0, 0.2, -0.1, "left the end value at 100 USD, at the price of a volatility of 20.0 %"),
    ],
)  # fmt: skip
def test_summary_describes_the_direction_of_each_figure(
    value: float, volatility: float, depth: float, expected: str
) -> None:
    where, held = market(), plan(sleeve="COIN")
    usual = replace(run(where, held, 0.03), end_value=100.0, volatility=0.1, max_drawdown=fall(-0.2))
    own = replace(usual, end_value=value, volatility=volatility, max_drawdown=fall(depth))
    sentence = summary_of(held, where, span(where, 0, 9), own, replace(usual, sleeve=0.0))
    assert sentence.startswith("A 3 % sleeve of COIN, funded pro rata, ")
    assert expected in sentence


def fall(depth: float) -> Drawdown:
    return Drawdown(depth, None, None, None)
