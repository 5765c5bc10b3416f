"""Ten times the instruments without ten times the bars: copies of the states under other names and keys."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import duckdb

TIMES: Final = 10
_ORDER: Final = ("years", "basis", "first_year", "instrument_key", "instrument_id", "year")


def widen(database: Path, folder: Path) -> Path:
    """Copy the database and multiply every table that has a row per instrument, each in its order.

    The copy keeps its name, which its macros take for granted.
    """
    folder.mkdir()
    wide = Path(shutil.copy(database, folder))
    with duckdb.connect(str(wide)) as connection:
        for table, columns in _tables(connection).items():
            order = ", ".join(name for name in _ORDER if name in columns)
            named = ", instrument_id || '-' || copy AS instrument_id" if "instrument_id" in columns else ""
            schema, _, name = table.partition(".")
            connection.execute(f"""
                CREATE TABLE {schema}.wider AS
                SELECT t.* REPLACE (instrument_key + copy AS instrument_key{named})
                FROM {table} AS t CROSS JOIN (SELECT range AS copy FROM range({TIMES})) AS c
                ORDER BY {order}
            """)
            connection.execute(f"DROP TABLE {table}")
            connection.execute(f"ALTER TABLE {schema}.wider RENAME TO {name}")
    return wide


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The columns of each real table that has an instrument_key, by its name with the schema."""
    text = """
        SELECT schema_name || '.' || table_name, list(column_name) AS columns
        FROM duckdb_columns() SEMI JOIN duckdb_tables() USING (schema_name, table_name)
        GROUP BY ALL HAVING list_contains(columns, 'instrument_key')
    """
    return dict(connection.execute(text).fetchall())
