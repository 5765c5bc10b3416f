"""Answers from a lake: the only package that opens DuckDB.

`build_database` writes `market.duckdb`; `compare`, `prices`, `sql` read it without ever locking it.
"""

from .build import build_database
from .claim import Claim
from .compare import compare
from .comparison import Comparison, YearRow
from .connection import DATABASE, open_lake
from .prices import prices
from .question import BASES, CONVENTIONS, SESSIONS
from .statement import Answer, sql, sql_table

__all__ = [
    "BASES",
    "CONVENTIONS",
    "DATABASE",
    "SESSIONS",
    "Answer",
    "Claim",
    "Comparison",
    "YearRow",
    "build_database",
    "compare",
    "open_lake",
    "prices",
    "sql",
    "sql_table",
]
