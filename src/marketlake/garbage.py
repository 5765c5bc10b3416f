"""The garbage collector at rest, where thousands of answers make millions of short-lived objects.

What is left behind holds no circles, so nothing waits for the collector. Looking for them again and again
takes a twentieth of the time of storing a day, and more than half of that of parsing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Within it no garbage is looked for; may be nested."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
