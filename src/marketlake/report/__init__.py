"""The report: one self-contained HTML page that answers, draws and lets its reader compare.

`report` makes the page of a lake, `write_report` stores it next to `market.duckdb`. Words, verdicts
and the first chart are made here, so that they stand without scripts; what follows the reader's
choice is computed in the page (`page/*.js`) from the series that are embedded in it, by the
definitions of `sql/`.
"""

from __future__ import annotations

from .document import publish, report

__all__ = ["publish", "report"]
