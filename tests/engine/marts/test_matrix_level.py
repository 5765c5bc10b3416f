"""A matrix from the stored daily returns is that from the bars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import marketlake as ml
from marketlake.answers.matrix import Matrix

from ...answers.lakes import make
from . import odd

ALWAYS = "2090-01-01T00:00Z"
"""A moment by which everything is known: the answer is read from the bars."""


@pytest.fixture(scope="module")
def odd_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("odd"), odd.MARKET, odd.bars())


def assert_same(stored: Matrix, read: Matrix) -> None:
    assert stored.instruments == read.instruments
    assert stored.quality == read.quality
    assert stored.notes == read.notes
    a, b = stored.correlation, read.correlation
    assert np.array_equal(a.n, b.n)
    assert np.array_equal(a.first, b.first, equal_nan=True)
    assert np.array_equal(a.last, b.last, equal_nan=True)
    assert (a.n > 10).sum() > 30
    np.testing.assert_allclose(a.value, b.value, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("basis", ["price", "total"])
@pytest.mark.parametrize("frequency", ["daily", "weekly"])
def test_stored_matrix_equals_the_bars_for_every_basis_and_frequency(
    lake: Path, basis: str, frequency: str
) -> None:
    opened = ml.open(lake)
    stored = opened.matrix(basis=basis, frequency=frequency)
    assert "no_price" in stored.quality[stored.instruments.index("OIL")]
    assert_same(stored, opened.matrix(basis=basis, frequency=frequency, as_of=ALWAYS))


def test_stored_matrix_equals_the_bars_of_an_odd_market_in_a_window(odd_lake: Path) -> None:
    opened = ml.open(odd_lake)
    ids, window = [i.id for i in odd.DOLLAR], {"start": "2019-12-31", "end": "2020-12-31"}
    assert_same(opened.matrix(ids, **window), opened.matrix(ids, **window, as_of=ALWAYS))
