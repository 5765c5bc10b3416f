"""From raw/ into the tables: every batch that is not yet part of the lake, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ..corrections import Corrections
from ..errors import CorruptLakeError
from ..instruments import Universe
from ..schema_correction import CORRECTION_MODE
from ..settings import Settings
from ..store import batches, raw
from ..store.lake import Writer, writer
from ..store.move import move_to_asset_classes
from ..store.verify import assert_whole
from .absorb import absorb
from .answers import Answer, answers
from .correct import correct
from .corrections_kept import standing
from .plan import RECONCILE
from .reconcile_answers import compare_sources
from .turns import in_turn

_GROUP_BYTES: Final = 256 * 1024 * 1024
"""Answers absorbed in one commit at most, so that a large first load needs bounded memory."""

_APART: Final = (RECONCILE, CORRECTION_MODE)
"""Modes whose batches are no prices to be merged."""

Batch = tuple[str, list[Answer]]


def store_pending(settings: Settings, on_group: Callable[[int], None] = lambda _: None) -> None:
    """Absorb the waiting batches, a commit per group; `on_group` hears how many batches it had.

    A batch that cannot be read is set aside and takes no other with it: the `CorruptLakeError` that names it
    comes when all others are stored.
    """
    in_turn(lambda: _store_pending(settings, on_group))


def _store_pending(settings: Settings, on_group: Callable[[int], None]) -> None:
    root, losses = settings.lake, dict[str, CorruptLakeError]()
    with writer(root, settings.origin) as lake:
        assert_whole(root, lake.manifest)
        move_to_asset_classes(lake, {i.id: i.asset_class for i in settings.universe.instruments})
        corrections = standing(root, lake.manifest)
        paths = raw.pending(root, lake.manifest)
        for group in grouped(raw.read_batches(root, paths, on_loss=losses.__setitem__)):
            corrections = absorb_group(lake, settings.universe, group, corrections)
            for path, _ in group:
                lake.adopt(path, raw.entry(root, path))
            lake.commit()
            on_group(len(group))
        aside = [batches.set_aside(root, path) for path in raw.pending(root, lake.manifest) if path in losses]
    if losses:
        told = " ".join(map(str, losses.values()))
        kept = f" Set aside: {', '.join(aside)}." if aside else ""
        raise CorruptLakeError(
            f"{told}{kept} All other answers are stored; run again, and what is missing is asked for again"
        )


def absorb_group(
    lake: Writer, universe: Universe, group: Sequence[Batch], corrections: Corrections
) -> Corrections:
    """Stage what a group's answers change; returns the corrections that stand after it."""
    found = [answer for _, batch in group for answer in batch]
    if found[0].mode == CORRECTION_MODE:
        return correct(lake, universe, found[0], corrections)
    if found[0].mode == RECONCILE:
        compare_sources(lake, universe, found)
    else:
        absorb(lake, universe, found, corrections)
    return corrections


def grouped(batches: Iterable[tuple[str, list[dict[str, Any]]]]) -> Iterator[list[Batch]]:
    """Batches of one run and day together, as long as no instrument comes twice and memory allows."""
    group: list[Batch] = []
    together, ids, size = None, set[str](), 0
    for path, rows in batches:
        found = answers(Path(path).stem, rows)
        own = {answer.instrument_id for answer in found}
        more = sum(len(page.body) for answer in found for page in answer.pages)
        key = (found[0].run_id, found[0].fetched_at.date(), found[0].mode if found[0].mode in _APART else "")
        if group and (key != together or ids & own or size + more > _GROUP_BYTES):
            yield group
            group, ids, size = [], set(), 0
        group.append((path, found))
        together, ids, size = key, ids | own, size + more
    if group:
        yield group
