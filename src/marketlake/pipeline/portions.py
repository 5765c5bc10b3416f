"""Batches of answers absorbed together: as many as memory allows, of one run, no instrument twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..corrections import Corrections
from ..garbage import no_collection
from ..instruments import Universe
from ..schema_correction import CORRECTION_MODE
from ..store.lake import Writer
from .absorb import absorb
from .answers import Answer, answers
from .correct import correct
from .plan import RECONCILE
from .reconcile_answers import compare_sources
from .upserts import Upserts

_PORTION_BYTES: Final = 24 * 1024 * 1024
"""Answers absorbed together at most: parsed and checked they take ten times the memory."""

_APART: Final = (RECONCILE, CORRECTION_MODE)
"""Modes whose batches are no prices to be merged."""

Batch = tuple[str, list[Answer]]


@dataclass(frozen=True)
class Portion:
    """Batches of one run that are absorbed together."""

    batches: Sequence[Batch]
    ends: bool
    """Whether what follows is of another run or names an instrument again: it waits for the commit."""

    @property
    def answers(self) -> list[Answer]:
        return [answer for _, batch in self.batches for answer in batch]


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


def absorb_portions(
    lake: Writer,
    universe: Universe,
    found: Iterable[Portion],
    corrections: Corrections,
    on_absorbed: Callable[[Portion], None] = lambda _: None,
) -> None:
    """Stage and commit what the answers change; `corrections` are those that stood before them.

    `on_absorbed` hears each portion before the commit that it is part of.
    """
    upserts = Upserts(lake.root)
    with no_collection():
        for portion in found:
            mode = portion.answers[0].mode
            if mode == CORRECTION_MODE:
                corrections = correct(lake, universe, portion.answers[0], corrections)
            elif mode == RECONCILE:
                compare_sources(lake, universe, portion.answers)
            else:
                absorb(lake, universe, portion.answers, corrections, upserts)
            on_absorbed(portion)
            if portion.ends or upserts.are_many:
                upserts.stage(lake)
                lake.commit()
