"""The row of table `claim`: one public claim, in a form that can be put to the stored returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """`a` beat `b` in at least `at_least` of the `of_years` years from `first_year` to `last_year`."""

    id: str
    statement: str
    source: str
    published: str
    """When the claim was made: a year, a month or a date, as in 2025, 2025-08 or 2025-08-07."""
    a: str
    b: str
    at_least: int
    of_years: int
    first_year: int
    last_year: int
    alternatives: tuple[str, ...] = ()
    """Instruments that could as well have been meant by b."""
