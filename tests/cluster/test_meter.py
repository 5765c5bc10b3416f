"""Tests of the request meter."""

from __future__ import annotations

from .meter import busiest, loads


def test_busiest_counts_the_fullest_window() -> None:
    assert busiest([]) == 0
    assert busiest([0.0, 5.0, 10.1]) == 2
    assert busiest([9.0, 0.0, 8.0, 7.0, 1.0]) == 3


def test_rate_at_the_limit_is_allowed_and_twice_the_limit_is_over() -> None:
    steady = [n / 8 for n in range(80)]
    moments = {"one": steady, "two": [n / 2 for n in steady], "free": steady}
    measured = loads(moments, {"one": 8.0, "two": 8.0})
    assert {host: load.over for host, load in measured.items()} == {"one": 0, "two": 39}
    assert measured["one"].busiest_per_second == 41 / 5
