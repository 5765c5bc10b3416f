"""The same SQL on Spark: queries on a lake's Parquet, and its stored marts.

PySpark is imported only where a session starts.
"""

from __future__ import annotations

from .engine import SparkEngine
from .marts import SparkMaker

__all__ = ["SparkEngine", "SparkMaker"]
