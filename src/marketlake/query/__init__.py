"""Answers from a lake: the only package that opens DuckDB.

`build_database` writes `market.duckdb`; `compare`, `compare_many`, `prices`, `sql` read it without ever
locking it.
"""

from .build import build_database
from .claim import Claim, SleeveClaim, WinsClaim
from .compare import compare, compare_many
from .comparison import Comparison, YearRow
from .connection import DATABASE, open_lake
from .many_comparison import ComparedYear, InstrumentYear, ManyComparison
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
    "ComparedYear",
    "Comparison",
    "InstrumentYear",
    "ManyComparison",
    "SleeveClaim",
    "WinsClaim",
    "YearRow",
    "build_database",
    "compare",
    "compare_many",
    "open_lake",
    "prices",
    "sql",
    "sql_table",
]
