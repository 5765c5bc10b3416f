"""Responses on another scale are quarantined, never treated as revisions."""

from __future__ import annotations

import pytest

from marketlake.ingest.merge import rescaled

from ..builders import bar, bars

DAYS = [f"2024-01-{n:02}" for n in range(2, 12)]


def answers(factors: list[float], source: str = "test", stored_source: str = "test") -> dict:
    stored = bars([bar(text, 100.0 + n, source=stored_source) for n, text in enumerate(DAYS)])
    incoming = bars(
        [bar(t, (100.0 + n) * f, source=source) for n, (t, f) in enumerate(zip(DAYS, factors, strict=True))]
    )
    return rescaled(stored, incoming)


@pytest.mark.parametrize("factor", [100.0, 0.25, 0.01, 1.02, 1281 / 1000])
def test_common_factor_is_rejected(factor: float) -> None:
    error = answers([factor] * 10)["SHARE"]
    assert error.outcome == "quarantined"
    assert f"{factor:.6g}" in str(error)


@pytest.mark.parametrize(
    ("factors", "shown_factor"),
    [
        ([100.0] * 9 + [96.15], "100"),
        ([96.15] + [100.0] * 9, "100"),
        ([100.0] * 6 + [1.0] * 4, "100"),
        ([100.0] * 6 + [90.0, 91.0, 92.0, 93.0], "100"),
        ([1.02] * 8 + [1.05, 0.97], "1.02"),
    ],
)
def test_previously_wrong_value_does_not_hide_a_common_factor(
    factors: list[float], shown_factor: str
) -> None:
    assert f"times {shown_factor}," in str(answers(factors)["SHARE"])


@pytest.mark.parametrize(
    "factors",
    [
        [1.02] * 7 + [1.05, 0.97, 0.96],
        [4.0, 0.2] * 5,
        [1.0] * 10,
        [1.0] * 9 + [1.05],
        [1.05] * 9 + [1.0],
        [1.0 + n / 100 for n in range(1, 11)],
        [1 + 1e-8] * 10,
    ],
)
def test_equal_or_single_changes_are_accepted(factors: list[float]) -> None:
    assert not answers(factors)


@pytest.mark.parametrize(("factor", "refused"), [(1.01, False), (0.9, False), (4.0, True), (0.01, True)])
def test_small_factor_is_accepted_from_another_source(factor: float, refused: bool) -> None:
    assert bool(answers([factor] * 10, source="other")) is refused


def test_rows_of_each_source_are_judged_separately() -> None:
    stored = bars([bar(t, 100.0, source="test" if n < 5 else "other") for n, t in enumerate(DAYS)])
    incoming = bars([bar(t, 110.0) for t in DAYS])
    assert "SHARE" in rescaled(stored, incoming)


def test_no_common_sessions_are_accepted() -> None:
    assert not rescaled(bars([bar("2024-01-02", 1.0)]), bars([bar("2024-02-02", 100.0)]))
    assert not rescaled(bars([bar("2024-01-02", 1.0)]), bars([bar("2024-01-02", 9.0, instrument_id="NEW")]))
    assert not rescaled(bars([]), bars([]))


def test_price_of_zero_has_no_scale() -> None:
    stored = bars([bar(t, 0.0) for t in DAYS])
    assert not rescaled(stored, bars([bar(t, float(n)) for n, t in enumerate(DAYS)]))
