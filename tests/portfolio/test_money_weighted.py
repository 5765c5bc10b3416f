"""The money-weighted return, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from marketlake.portfolio.measure import money_weighted_return

close = pytest.approx


def test_equals_manual_calculation() -> None:
    # 100 for two years and 100 for one at 10 %
    result = money_weighted_return(np.array([100.0, 100.0]), np.array([0.0, 1.0]), 121 + 110, 2.0)
    assert result.value == close(0.10, rel=1e-12)


@pytest.mark.parametrize("rate", [-0.99, -0.3, 0.0, 0.07, 5.0, 1000.0])
def test_recovers_any_rate(rate: float) -> None:
    paid, years = np.array([1000.0, 50.0, 50.0, 50.0]), np.array([0.0, 0.25, 1.0, 2.5])
    end_value = float((paid * (1 + rate) ** (3.0 - years)).sum())
    assert money_weighted_return(paid, years, end_value, 3.0).value == close(rate, rel=1e-9, abs=1e-12)


def test_two_solutions_give_no_rate_and_a_reason() -> None:
    # 100 in, 230 out after one year, 132 in after two: 10 % and 20 % both balance
    result = money_weighted_return(np.array([100.0, -230.0, 132.0]), np.array([0.0, 1.0, 2.0]), 0.0, 2.0)
    assert result.value is None
    assert "10.00 %, 20.00 %" in result.reason


def test_withdrawal_without_any_growth_has_the_rate_zero() -> None:
    # 100 in, 50 out after one year, 50 left after two
    result = money_weighted_return(np.array([100.0, -50.0]), np.array([0.0, 1.0]), 50.0, 2.0)
    assert (result.value, result.reason) == (0.0, "")


def test_no_solution_gives_a_reason() -> None:
    result = money_weighted_return(np.array([100.0]), np.array([0.0]), 0.0, 1.0)
    assert (result.value, result.reason) == (None, "no rate explains these payments and this end value")
