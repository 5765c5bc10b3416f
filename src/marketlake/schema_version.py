"""The version of the stored tables, apart from them so that a query need not load Arrow."""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 1
