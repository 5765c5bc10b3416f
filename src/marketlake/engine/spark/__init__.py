"""The same SQL on Spark: questions on a lake's Parquet, and its stored marts.

Nothing here but `dialect` knows what a text says, and PySpark is imported where a session is wanted.
"""

from __future__ import annotations

from .engine import SparkEngine
from .marts import SparkMaker

__all__ = ["SparkEngine", "SparkMaker"]
