"""Invariants after a run with faults; each function yields violations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from marketlake.store.verify import verify

from .lakes import Key, Row, listed, same, table

_SETTLES = 0.05
Held = Mapping[Key, Row]


def nothing_lost(before: Held, after: Held) -> Iterator[str]:
    for key in sorted(before.keys() - after.keys())[:3]:
        yield f"lost: {_named(key)} was stored and is gone"


def changed_only_with_revision(before: Held, after: Held, root: Path) -> Iterator[str]:
    kept = listed(root, "revision")
    for key in before.keys() & after.keys():
        if same(before[key], after[key]) or _settled(before[key], after[key]):
            continue
        if not any(other == key and same(row, before[key]) for other, row in kept):
            yield f"changed without a revision: {_named(key)} {before[key]} -> {after[key]}"
            return


def _settled(before: Row, after: Row) -> bool:
    """Whether only a recent volume changed, which is updated in place."""
    different = same((*before[:4], 0.0, *before[5:]), (*after[:4], 0.0, *after[5:]))
    return different and abs(before[4] - after[4]) < _SETTLES * max(before[4], after[4])


def equal(held: Held, expected: Held, when: str) -> Iterator[str]:
    """Compare row by row; yields the first difference of each kind."""
    for what, keys in (
        ("missing", expected.keys() - held.keys()),
        ("too many", held.keys() - expected.keys()),
    ):
        if keys:
            yield f"{when}: {len(keys)} rows {what}, the first {_named(min(keys))}"
    wrong = sorted(key for key in held.keys() & expected.keys() if not same(held[key], expected[key]))
    if wrong:
        first = wrong[0]
        yield f"{when}: {len(wrong)} rows differ, first {_named(first)} {held[first]} for {expected[first]}"


def whole(root: Path) -> Iterator[str]:
    """Every file matches the manifest, and each revision is stored once."""
    for damage in verify(root)[1]:
        yield f"verify: {damage.path}: {damage.problem}"
    if not (root / "manifest.json").exists():
        return
    kept = table(root, "revision").select(["instrument_id", "session", "observed_at"]).to_pylist()
    if len(kept) != len({tuple(row.values()) for row in kept}):
        yield "revision holds a row twice"


def of(held: Held, instrument_id: str) -> dict[Key, Row]:
    """The rows of one instrument."""
    return {key: row for key, row in held.items() if key[0] == instrument_id}


def _named(key: Key) -> str:
    return f"{key[0]} {key[1]}"
