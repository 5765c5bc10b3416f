"""The exit code of an embedded run."""

from __future__ import annotations

import pytest

from marketlake.airflow.embedded import Ingested, exit_code

GOOD = Ingested(planned=2, stored=True, succeeded=True, new=5)
PART = Ingested(planned=2, stored=True, succeeded=False, failed={"SPY": "not_found: unknown symbol"})
NONE = Ingested(planned=1, stored=True, succeeded=False, failed={"BTC": "unavailable: no answer"})
BROKEN = Ingested(planned=2, stored=False, succeeded=False, errors=("store: the disk is full",))


@pytest.mark.parametrize(
    ("ingested", "built", "code"),
    [
        ([GOOD, GOOD], True, 0),
        ([GOOD, PART], True, 3),
        ([PART], True, 3),
        ([GOOD, BROKEN], True, 3),
        ([NONE], True, 1),
        ([BROKEN, NONE], True, 1),
        ([GOOD], False, 1),
    ],
)
def test_exit_code(ingested: list[Ingested], built: bool, code: int) -> None:
    assert exit_code(ingested, built) == code


def test_outcome_is_one_line() -> None:
    assert str(GOOD) == "2 instruments, 5 new, 0 revised"
    assert str(PART) == "1 of 2 instruments, nothing new"
    assert str(BROKEN) == "failed"
