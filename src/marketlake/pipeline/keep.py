"""From raw/ into the tables: every batch that is not yet part of the lake, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
from .upserts import Upserts

_PORTION_BYTES: Final = 24 * 1024 * 1024
"""Answers absorbed together at most: parsed and checked they take ten times the memory."""

_APART: Final = (RECONCILE, CORRECTION_MODE)
"""Modes whose batches are no prices to be merged."""

Batch = tuple[str, list[Answer]]


def store_pending(settings: Settings, on_group: Callable[[int], None] = lambda _: None) -> None:
    """Absorb the waiting batches, a commit per run; `on_group` hears how many batches more were read.

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
        upserts = Upserts(root)
        for portion in portions(raw.read_batches(root, paths, on_loss=losses.__setitem__)):
            corrections = absorb_portion(lake, settings.universe, portion, corrections, upserts)
            for path, _ in portion.batches:
                lake.adopt(path, raw.entry(root, path))
            commit_complete(lake, portion, upserts)
            on_group(len(portion.batches))
        aside = [batches.set_aside(root, path) for path in raw.pending(root, lake.manifest) if path in losses]
    if losses:
        told = " ".join(map(str, losses.values()))
        kept = f" Set aside: {', '.join(aside)}." if aside else ""
        raise CorruptLakeError(
            f"{told}{kept} All other answers are stored; run again, and what is missing is asked for again"
        )


@dataclass(frozen=True)
class Portion:
    """Batches of one run that are absorbed together."""

    batches: Sequence[Batch]
    ends: bool
    """Whether what follows is of another run or names an instrument again: it waits for the commit."""

    @property
    def answers(self) -> list[Answer]:
        return [answer for _, batch in self.batches for answer in batch]


def absorb_portion(
    lake: Writer, universe: Universe, portion: Portion, corrections: Corrections, upserts: Upserts
) -> Corrections:
    """Stage what a portion's answers change; returns the corrections that stand after it."""
    found = portion.answers
    if found[0].mode == CORRECTION_MODE:
        return correct(lake, universe, found[0], corrections)
    if found[0].mode == RECONCILE:
        compare_sources(lake, universe, found)
    else:
        absorb(lake, universe, found, corrections, upserts)
    return corrections


def commit_complete(lake: Writer, portion: Portion, upserts: Upserts) -> None:
    """Commit what was absorbed, where the commit ends with this portion or is large enough."""
    if portion.ends or upserts.are_many:
        upserts.stage(lake)
        lake.commit()


def portions(batches: Iterable[tuple[str, list[dict[str, Any]]]]) -> Iterator[Portion]:
    """Batches of one run and day together, as long as no instrument comes twice, in portions."""
    waiting: list[Batch] = []
    together, ids, size = None, set[str](), 0
    for path, rows in batches:
        found = answers(Path(path).stem, rows)
        own = {answer.instrument_id for answer in found}
        more = sum(len(page.body) for answer in found for page in answer.pages)
        key = (found[0].run_id, found[0].fetched_at.date(), found[0].mode if found[0].mode in _APART else "")
        ends = key != together or bool(ids & own)
        if waiting and (ends or size + more > _PORTION_BYTES):
            yield Portion(waiting, ends)
            waiting, size = [], 0
        waiting.append((path, found))
        together, ids, size = key, own if ends else ids | own, size + more
    if waiting:
        yield Portion(waiting, True)
