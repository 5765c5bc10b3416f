"""The project's own sources pass the contract test that it publishes."""

from __future__ import annotations

import pytest

from marketlake.sources.contract import retry_after
from marketlake.testing import Case, SourceContract

from .conftest import CASES


class TestContract(SourceContract):
    @pytest.fixture(name="case", params=CASES, ids=lambda case: case.source)
    def given(self, request: pytest.FixtureRequest) -> Case:
        case: Case = request.param
        return case


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Wed, 13 Mar 2024 12:00:30 GMT", 30.0),
        ("Wed, 13 Mar 2024 11:00:00 GMT", 0.0),
        ("-5", 0.0),
        ("1.5", 1.5),
        ("99999999999999", 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("9" * 400, None),
        ("soon", None),
        ("NaN", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(header, seconds):
    """A date is relative to the response's Date header, not to our clock."""
    assert retry_after({"Date": "Wed, 13 Mar 2024 12:00:00 GMT", "RETRY-AFTER": header}) == seconds


def test_retry_after_date_is_ignored_without_a_date_header():
    assert retry_after({"Retry-After": "Wed, 13 Mar 2024 12:00:30 GMT"}) is None
