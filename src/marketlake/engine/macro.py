"""Table macros of `market.duckdb` that read their own database under any name.

DuckDB looks up the names in a view in the view's own database, but the names in a macro in the
database that the caller uses. Therefore a macro reads each stored relation through the name under
which its database is attached: the argument `lake`, by default `market`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

import duckdb

from .sql_text import PARAMETER, chained, literal, parameters, statement

ATTACHED: Final = "market"
"""The name that a macro reads when it is called without `lake`: the name of the file too."""
_RELATIONS: Final = (
    "SELECT DISTINCT schema_name, table_name FROM duckdb_columns() WHERE database_name = current_database()"
)
_MACRO: Final = re.compile(r"CREATE MACRO (\w+)\((.*?)\) AS TABLE\s(.*)", re.DOTALL)
_CTE: Final = re.compile(r"\b([a-z_]+)(?: \([a-z_, ]+\))? AS (?:MATERIALIZED )?\(")
_READ: Final = re.compile(r"\b(FROM|JOIN)(\s+)((?:main|internal)\.)?([a-z_]+)\b(?!\s*[.(])(\s+AS\s+[a-z_]+)?")
_ONE: Final = (
    "SELECT '{0}' AS argument, 1 AS place, coalesce(CAST({0} AS VARCHAR), '') AS name, FALSE AS optional"
)
_OPTIONAL: Final = _ONE.replace("FALSE", "TRUE")
_LIST: Final = (
    "SELECT '{0}' AS argument, unnest(generate_series(1, len({0}))) AS place, "
    "coalesce(unnest(CAST({0} AS VARCHAR[])), '') AS name, FALSE AS optional"
)
_NAMING: Final = {
    **dict.fromkeys(("a", "b", "id", "instrument"), _ONE),
    **dict.fromkeys(("benchmark", "cpi", "bill"), _OPTIONAL),
    "ids": _LIST,
}
"""The arguments that name instruments, and the rows of `asked` for each."""
_DAY: Final = re.compile(r"\bunix_date\(")


def create_macros(connection: duckdb.DuckDBPyConnection, statements: Iterable[str], built: str) -> None:
    """Create table macros from `CREATE MACRO name(arguments) AS TABLE text`.

    The texts name stored relations as views do, with `main.` where a part of the text has the same
    name, and internal ones with `internal.`. A macro does not call another macro. Each macro gets the
    argument `lake`. It is refused with a DuckDB error that says so when `lake` names another database
    than the one of `built`, which no other database may share.
    """
    # query_table does not read doubled quotes
    own = f"macros of {built}: add lake := the name that it is attached as".replace('"', "'")
    connection.execute(f'CREATE SCHEMA "{own}"')
    connection.execute(f'CREATE VIEW "{own}".own AS SELECT TRUE AS own')
    connection.execute(f"COMMENT ON VIEW \"{own}\".own IS 'shows macros that their database is attached'")
    connection.execute(f"COMMENT ON COLUMN \"{own}\".own.own IS 'read by every macro of this lake'")
    relations = set(connection.execute(_RELATIONS).fetchall())
    for text in statements:
        connection.execute(_own_macro(text, relations, own))


def _own_macro(text: str, relations: Collection[tuple[str, str]], own: str) -> str:
    match = _MACRO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a table macro: {text[:60]}")
    name, arguments, body = match.groups()
    body = _with_ids(body, arguments)
    parts = set(_CTE.findall(body))

    def read(match: re.Match[str]) -> str:
        keyword, space, stored, relation, alias = match.groups()
        schema = (stored or "main.").removesuffix(".")
        if (schema, relation) not in relations or (relation in parts and not stored):
            return match[0]
        return f"{keyword}{space}{_stored(schema, relation)}{alias or f' AS {relation}'}"

    body = _DAY.sub("date_diff('day', DATE '1970-01-01', ", _READ.sub(read, body))
    # the name is bound before anything is read, so that no row comes from another lake
    only = f"EXISTS (FROM {_stored(own, 'own')})"
    checked = f"SELECT * FROM ({body}) WHERE {only}"  # noqa: S608 (names are ours, the root is quoted)
    return f"CREATE MACRO {name}({arguments}, lake := {literal(ATTACHED)}) AS TABLE {checked}"


def _with_ids(body: str, arguments: str) -> str:
    """The text with each `$argument` that names instruments replaced by their ids."""
    used = [name for name in parameters(body) if name in _NAMING]
    if not used:
        return body
    asked = "\nUNION ALL\n".join(_NAMING[name].format(name) for name in sorted(used))
    ids = {
        name: f"list(f.instrument_id ORDER BY f.place) FILTER (f.argument = '{name}') AS {name}"
        if name == "ids"
        else f"max(f.instrument_id) FILTER (f.argument = '{name}') AS {name}"
        for name in sorted(used)
    }
    given = f"SELECT {', '.join(ids.values())} FROM ({statement('macro/given')}) AS f"  # noqa: S608 (our texts)
    text = PARAMETER.sub(
        lambda match: f"(FROM given AS g SELECT g.{match[1]})" if match[1] in used else match[0], body
    )
    return chained({"asked": asked, "given": given}, text)


def _stored(schema: str, relation: str) -> str:
    """A relation of the database that is attached as `lake`."""
    path = literal(f'"."{schema}".{relation}')
    return f"query_table('\"' || lake || {path})"
