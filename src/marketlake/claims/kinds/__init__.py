"""The kinds of checks: a module each, behind one interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .kind import Kind
from .sleeve import SLEEVE
from .wins import WINS

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (WINS, SLEEVE)}
"""By the name that stands in `claims.toml` as `check`."""

__all__ = ["KINDS", "Kind"]
