"""All data checks over the stored bars, the quarantined rows and the lake as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..engine.checks import FAIL, WARN, of_lake, of_rows, recorded
from ..engine.listing import find
from ..engine.reader import DuckReader, stored_files
from ..engine.sql_text import constant, statement
from ..model.terms import Terms, check_aware, one_of
from .result import Answer

SEVERITIES: Final = (FAIL, WARN)
_SLICE: Final = 1_000_000
"""Minimum number of stored rows per slice: about 250 MB."""


@dataclass(frozen=True)
class Finding:
    """One finding of a data check."""

    severity: str
    """`fail`: wrong or quarantined; `warn`: stored but unusual."""
    check: str
    instrument_id: str
    session: date
    message: str
    source: str
    """The source that served the row; empty for a finding about the lake."""
    seen_at: datetime
    remedy: str


@dataclass(frozen=True)
class LakeCheck(Answer):
    """The answer to `check`: severe findings first, each newest session first."""

    in_rows = "findings"
    computed = ("severe",)

    findings: tuple[Finding, ...]
    snapshot: str
    origin: str

    @property
    def severe(self) -> int:
        """Number of findings with severity `fail`."""
        return sum(one.severity == FAIL for one in self.findings)


def check(
    reader: DuckReader,
    terms: Terms,
    *,
    severity: str | None = None,
    now: datetime | None = None,
) -> LakeCheck:
    """Run every check over the stored rows of the instruments (none: all), from `start` on.

    `Lake.check` describes the options. Raises `UsageError`, `EmptyLakeError`, `CorruptLakeError`.
    """
    terms.only("check", "start")
    check_aware("now", now)
    if severity is not None:
        one_of("severity", severity, SEVERITIES)
    severities = list(SEVERITIES) if severity is None else [severity]
    names = sorted({find(reader.listing, name).id for name in terms.ids})
    with reader.scratch():
        _hold_results(reader, names, now)
        values = {"ids": names, "severities": severities, "since": terms.start or date(1, 1, 1)}
        rows = reader.records(statement("check_result/chosen"), values)
    return LakeCheck(tuple(Finding(**row) for row in rows), reader.about.snapshot, reader.about.origin)


def _hold_results(reader: DuckReader, names: Sequence[str], now: datetime | None) -> None:
    """Create the temporary relation `check_result` with the findings of all checks."""
    moment = constant(now) if now else "(SELECT built_at FROM main.lake)"
    reader.hold("found", recorded("quarantined"), {})

    # the checks of bars run again below, so their recorded findings are obsolete
    again = "SELECT \"check\" FROM quality_check WHERE looks_at = 'bar'"
    _insert(reader, f'FROM ({recorded("noted")}) WHERE "check" NOT IN ({again})')
    _insert(reader, of_lake(moment))
    reader.view("subject", statement("check_input/stored_subject"), {})
    for first, last in _slices(reader, names):
        reader.view("unchecked", statement("check_input/stored_row"), {"first": first, "last": last})
        reader.hold("checked", statement("check_input/checked"), {})
        _insert(reader, of_rows())
    reader.view("check_result", statement("check_result/check_result"), {})


def _insert(reader: DuckReader, text: str) -> None:
    with stored_files(reader.lake):
        reader.execute(f"INSERT INTO found {text}")


def _slices(reader: DuckReader, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The first and last instrument of each slice, in order; each requested id is its own slice."""
    rows = reader.records(statement("check_input/stored_count"), {"ids": list(names)})
    counts = [tuple(row.values()) for row in rows]
    if names:
        yield from ((name, name) for name, _ in counts)
        return
    first, size = None, 0
    for name, count in counts:
        first, size = first or name, size + count
        if size >= _SLICE or name == counts[-1][0]:
            yield first, name
            first, size = None, 0
