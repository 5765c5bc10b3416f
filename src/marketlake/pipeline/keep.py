"""From raw/ into the tables: every batch that is not yet part of the lake, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ..settings import Settings
from ..store import raw
from ..store.lake import writer
from ..store.move import move_to_asset_classes
from .absorb import absorb
from .answers import Answer, answers

_GROUP_BYTES: Final = 256 * 1024 * 1024
"""Answers absorbed in one commit at most, so that a large first load needs bounded memory."""

Batch = tuple[str, list[Answer]]


def store_pending(settings: Settings, on_group: Callable[[int], None] = lambda _: None) -> None:
    """Absorb the waiting batches, a commit per group; `on_group` hears how many batches it had."""
    root = settings.lake
    with writer(root, settings.origin) as lake:
        move_to_asset_classes(lake, {i.id: i.asset_class for i in settings.universe.instruments})
        paths = raw.pending(root, lake.manifest)
        for group in grouped(raw.read_batches(root, paths)):
            absorb(lake, settings.universe, [answer for _, found in group for answer in found])
            for path, _ in group:
                lake.adopt(path, raw.entry(root, path))
            lake.commit()
            on_group(len(group))


def grouped(batches: Iterable[tuple[str, list[dict[str, Any]]]]) -> Iterator[list[Batch]]:
    """Batches of one run and moment together, as long as no instrument comes twice and memory allows."""
    group: list[Batch] = []
    for path, rows in batches:
        batch = (path, answers(Path(path).stem, rows))
        if group and not _belongs(group, batch):
            yield group
            group = []
        group.append(batch)
    if group:
        yield group


def _belongs(group: Sequence[Batch], batch: Batch) -> bool:
    together = [answer for _, found in [*group, batch] for answer in found]
    moments = {(answer.run_id, answer.fetched_at) for answer in together}
    size = sum(len(page.body) for answer in together for page in answer.pages)
    ids = [answer.instrument_id for answer in together]
    return len(moments) == 1 and len(ids) == len(set(ids)) and size <= _GROUP_BYTES
