"""Work that another writer was quicker than is done again, on what that one left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ..errors import LakeOvertakenError

_TRIES: Final = 5
T = TypeVar("T")


def in_turn(work: Callable[[], T]) -> T:
    """Do the work, again where a commit of another machine came first; at last its `LakeOvertakenError`.

    In a folder writers wait for each other, and nobody is overtaken. Of those that meet at a bucket one comes
    through each time, so there is no need to wait.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except LakeOvertakenError:
            continue
    return work()
