"""The command `claims`: verdicts on public claims. It is read-only."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

import click

from ..model.errors import UsageError
from .options import (
    Format,
    complete_claims,
    format_option,
    lake_of,
    settings_options,
)
from .output import paint_verdict, print_json, print_rows, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..claims.ledger import Change, Entry, Ledger
    from ..claims.verdict import Cell, ClaimCheck
    from ..model.settings import Settings

_CLAIM: Final = (
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
)
_SPANS: Final = ("published", "rolled")
_FIGURES: Final = ("first_year", "last_year", "verdict", "wins", "years", "with_sleeve", "without_sleeve")


@click.command()
@click.argument(
    "claim_id",
    required=False,
    metavar="[ID]",
    help="Id of a claim in claims.toml; default: all.",
    shell_complete=complete_claims,
)
@click.option("--grid", is_flag=True, help="Show the verdict under every reading of the claim.")
@click.option("--windows", is_flag=True, help="Show every window of the claim's length in history.")
@click.option("--history", is_flag=True, help="Show how the verdict changed, by snapshot.")
@settings_options("home", "lake")
@format_option
def claims(
    claim_id: str | None,
    grid: bool,
    windows: bool,
    history: bool,
    settings: Settings,
    output: Format,
) -> None:
    """Show verdicts on public claims: as published, today, under other readings, in all of
    history."""
    if output in ("csv", "markdown") and grid + windows + history > 1:
        raise UsageError(f"{output} can hold one table; choose one of --grid, --windows and --history")
    ledger = lake_of(settings).claims(claim_id)
    shown = {"grid": grid, "windows": windows, "history": history}
    if output == "json":
        print_json(_values(ledger, [name for name, wanted in shown.items() if not wanted]))
    elif output == "table":
        _print(ledger, shown)
    else:
        rows, columns = _flat(ledger, next((name for name, wanted in shown.items() if wanted), ""))
        print_rows(rows, columns, output)


def _values(ledger: Ledger, omitted: Sequence[str]) -> dict[str, Any]:
    """The JSON values without the long lists that were not requested."""
    values = ledger.to_dict()
    for part in (values, *values["claims"]):
        for name in omitted:
            part.pop(name, None)
    return values


def _flat(ledger: Ledger, table: str) -> tuple[list[dict[str, Any]], list[str]]:
    """One table with its columns: grid, windows, history, or (empty) one line per claim."""
    from ..claims.ledger import Change
    from ..claims.verdict import Cell, Window

    if table == "history":
        return [asdict(change) for change in ledger.history], [field.name for field in fields(Change)]
    if table:
        kind: type[Any] = Cell if table == "grid" else Window
        rows = [{"claim_id": e.claim_id} | asdict(one) for e in ledger.claims for one in getattr(e, table)]
        return rows, ["claim_id", *(field.name for field in fields(kind))]
    spans = (f"{span}_{name}" for span in _SPANS for name in _FIGURES)
    return [_headline(e) for e in ledger.claims], [*_CLAIM, "verdict", "depends_on", *spans, "snapshot"]


def _headline(entry: Entry) -> dict[str, Any]:
    checks = {"published": asdict(entry.published), "rolled": asdict(entry.rolled)}
    spans = {f"{span}_{name}": checks[span][name] for span in _SPANS for name in _FIGURES}
    own = {"verdict": entry.verdict, "depends_on": "; ".join(entry.depends_on)}
    return checks["published"] | spans | own


def _print(ledger: Ledger, shown: dict[str, bool]) -> None:
    histories = _by_claim(ledger.history if shown["history"] else ())
    for place, entry in enumerate(ledger.claims):
        if place:
            say()
        _print_entry(entry)
        if shown["grid"]:
            _print_grid(entry)
        if shown["windows"]:
            _print_windows(entry)
        _print_history(histories.pop(entry.claim_id, []))
    if not ledger.claims:
        say("no claims: add entries to claims.toml, then `marketlake build`")
    for name, changes in histories.items():
        say(f"\n{name} is no longer in claims.toml")
        _print_history(changes)


def _by_claim(history: Sequence[Change]) -> dict[str, list[Change]]:
    by_claim: dict[str, list[Change]] = {}
    for change in history:
        by_claim.setdefault(change.claim_id, []).append(change)
    return by_claim


def _print_entry(entry: Entry) -> None:
    check = entry.published
    say(f'"{check.statement}" ({check.source}, {check.published})')
    say(f"  as published: {_span(check)}")
    say(f"  today: {_span(entry.rolled)}")
    say(f"  depends on: {'; '.join(entry.depends_on) or _on_nothing(entry)}")
    say(f"  overall: {entry.verdict}")
    say(f"  {entry.claim_id}: {entry.criterion}")
    for summary in entry.in_history:
        say(f"  in history: {summary.text}")
    for reason, count in entry.refused.items():
        say(f"  unavailable, {count} of {len(entry.grid)} readings: {reason}")


def _on_nothing(entry: Entry) -> str:
    judged = sum(cell.judged for cell in entry.grid)
    if not judged:
        return f"none of {len(entry.grid)} readings has a verdict"
    return f"nothing: {judged} of {len(entry.grid)} readings have a verdict, and none changes it"


def _span(check: ClaimCheck) -> str:
    years = f" for {check.first_year} to {check.last_year}" if check.first_year else ""
    return f"{check.verdict}{years}; {check.reason}"


def _print_grid(entry: Entry) -> None:
    """One line per reading that has a verdict in either span."""
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
    print_rows(rows, [*entry.dimensions, *dict.fromkeys(spans.values())], "table", paint=paint_verdict)


def _score(cell: Cell) -> str:
    return f"{cell.verdict}, {cell.score}" if cell.judged else cell.reason


def _print_windows(entry: Entry) -> None:
    say()
    rows = [{"years ending": w.end, "verdict": w.verdict, "reason": w.reason} for w in entry.windows]
    print_rows(rows, ["years ending", "verdict", "reason"], "table", paint=paint_verdict)


def _print_history(changes: Sequence[Change]) -> None:
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
    if rows:
        say()
        print_rows(rows, list(rows[0]), "table", paint=paint_verdict)


def _scored(verdict: str, wins: int | None, change: Change) -> str:
    return verdict if wins is None else f"{verdict}, {wins} of {change.of_years}"
