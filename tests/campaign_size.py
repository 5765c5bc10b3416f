"""Number of cases: a few in the suite, all of them in a campaign (`MARKETLAKE_CAMPAIGN=1`)."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

One = TypeVar("One")


def campaign() -> bool:
    return os.environ.get("MARKETLAKE_CAMPAIGN", "") not in {"", "0"}


def some(all_of_them: Sequence[One], *, few: int, draw: random.Random) -> Sequence[One]:
    """A fixed sample that includes the first and the last case; in a campaign all cases."""
    if campaign() or len(all_of_them) <= few:
        return all_of_them
    inner = draw.sample(range(1, len(all_of_them) - 1), few - 2)
    return [all_of_them[at] for at in (0, *sorted(inner), len(all_of_them) - 1)]


def times(few: int, many: int) -> int:
    """`few` repetitions in the suite, `many` in a campaign."""
    return many if campaign() else few
