"""The command `claims`: what became of public statements. It changes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..model.errors import UsageError
from .options import Format, Home, Lake, Output, complete_claims, lake_of, settings_of
from .output import paint_verdict, print_json, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..claims.ledger import Change, Entry
    from ..claims.verdict import Cell, ClaimCheck


_CLAIM = (
    "claim_id",
    "kind",
    "statement",
    "source",
    "published",
    "a",
    "b",
    "at_least",
    "share",
    "of_years",
    "verdict",
)


def claims(
    claim_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="A claim of claims.toml; all when left out.", autocompletion=complete_claims
        ),
    ] = None,
    grid: Annotated[bool, typer.Option("--grid", help="Its verdict under every reading of it.")] = False,
    windows: Annotated[
        bool, typer.Option("--windows", help="Every window of its length in history.")
    ] = False,
    history: Annotated[bool, typer.Option("--history", help="How its verdict changed, by snapshot.")] = False,
    home: Home = None,
    lake: Lake = None,
    output: Output = Format.table,
) -> None:
    """How public claims fare: as published, today, under other readings, in all of history."""
    if output in (Format.csv, Format.markdown) and grid + windows + history > 1:
        raise UsageError(f"{output} holds one table; ask for one of --grid, --windows and --history")
    opened = lake_of(settings_of(home, lake, None, None))
    ledger = opened.claims(claim_id)
    changes = opened.claim_history(claim_id) if history else ()
    if output is Format.json:
        found: dict[str, Any] = {"claims": [e.to_dict(grid=grid, windows=windows) for e in ledger]}
        print_json(found | ({"history": [asdict(change) for change in changes]} if history else {}))
    elif output is Format.table:
        _tell(ledger, changes, grid=grid, windows=windows)
    else:
        rows, columns = _flat(ledger, changes, grid=grid, windows=windows, history=history)
        print_rows(rows, columns, output)


def _flat(
    ledger: Sequence[Entry], changes: Sequence[Change], *, grid: bool, windows: bool, history: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """One table with its columns."""
    from ..claims.ledger import Change
    from ..claims.verdict import Cell, Window

    if history:
        return [asdict(change) for change in changes], list(Change.__dataclass_fields__)
    if grid:
        rows = [{"claim_id": e.claim_id} | asdict(cell) for e in ledger for cell in e.grid]
        return rows, ["claim_id", *Cell.__dataclass_fields__]
    if windows:
        rows = [{"claim_id": e.claim_id} | asdict(window) for e in ledger for window in e.windows]
        return rows, ["claim_id", *Window.__dataclass_fields__]
    rows = [_headline(entry) for entry in ledger]
    return rows, [*_CLAIM, "depends_on", *(f"{p}_{n}" for p in _SPANS for n in _COUNTED), "snapshot"]


_SPANS = {"as_published": "as published", "today": "today"}
_COUNTED = ("first_year", "last_year", "verdict", "wins", "years", "with_sleeve", "without_sleeve")


def _headline(entry: Entry) -> dict[str, Any]:
    found = entry.to_dict(grid=False, windows=False)
    spans = {f"{span}_{name}": found[span][name] for span in _SPANS for name in _COUNTED}
    return found | spans | {"depends_on": "; ".join(entry.depends_on)}


def _tell(ledger: Sequence[Entry], changes: Sequence[Change], *, grid: bool, windows: bool) -> None:
    for place, entry in enumerate(ledger):
        if place:
            say()
        _tell_entry(entry)
        if grid:
            _tell_grid(entry)
        if windows:
            _tell_windows(entry)
        own = [change for change in changes if change.claim_id == entry.claim_id]
        if own:
            _tell_history(own)
    if not ledger:
        say("no claims: add entries to claims.toml, then `marketlake build`")


def _tell_entry(entry: Entry) -> None:
    check = entry.published
    say(f'"{check.statement}" ({check.source}, {check.published})')
    say(f"  as published: {_span(check)}")
    say(f"  today: {_span(entry.rolled)}")
    say(f"  depends on: {'; '.join(entry.depends_on) or _on_nothing(entry)}")
    say(f"  over all: {entry.verdict}")
    say(f"  {entry.claim_id}: {entry.asked}")
    for summary in entry.summaries:
        say(f"  in history: {summary}")
    for reason, count in entry.refused.items():
        say(f"  not to be had, {count} of {len(entry.grid)} cells: {reason}")


def _on_nothing(entry: Entry) -> str:
    judged = sum(cell.judged for cell in entry.grid)
    if not judged:
        return f"none of {len(entry.grid)} cells can be judged"
    return f"nothing: {judged} of {len(entry.grid)} cells can be judged, and none turns it over"


def _span(check: ClaimCheck) -> str:
    years = f" for {check.first_year} to {check.last_year}" if check.first_year else ""
    return f"{check.verdict}{years}; {check.reason}"


def _tell_grid(entry: Entry) -> None:
    """A line for each reading that is judged in either span."""
    both: dict[tuple[str, ...], dict[str, Cell]] = {}
    for cell in entry.grid:
        both.setdefault(tuple(getattr(cell, name) for name in entry.dimensions), {})[cell.span] = cell
    spans = {
        check.span: f"{check.first_year} to {check.last_year}" for check in (entry.published, entry.rolled)
    }
    rows = [
        dict(zip(entry.dimensions, key, strict=True))
        | {title: _score(cells[span]) for span, title in spans.items()}
        for key, cells in both.items()
        if any(cell.judged for cell in cells.values())
    ]
    say()
    print_rows(rows, [*entry.dimensions, *dict.fromkeys(spans.values())], Format.table, paint=paint_verdict)


def _score(cell: Cell) -> str:
    return f"{cell.verdict}, {cell.score}" if cell.judged else cell.reason


def _tell_windows(entry: Entry) -> None:
    say()
    rows = [{"years ending": w.end, "verdict": w.verdict, "reason": w.reason} for w in entry.windows]
    print_rows(rows, ["years ending", "verdict", "reason"], Format.table, paint=paint_verdict)


def _tell_history(changes: Sequence[Change]) -> None:
    rows = [
        {
            "recorded": change.recorded_at,
            "snapshot": change.snapshot,
            "verdict": change.verdict,
            "as published": _scored(change.published_verdict, change.published_wins, change),
            "today": _scored(change.rolled_verdict, change.rolled_wins, change),
            "up to": change.rolled_last_year,
            "depends on": change.depends_on,
        }
        for change in changes
    ]
    say()
    print_rows(rows, list(rows[0]), Format.table, paint=paint_verdict)


def _scored(verdict: str, wins: int | None, change: Change) -> str:
    return verdict if wins is None else f"{verdict}, {wins} of {change.of_years}"
