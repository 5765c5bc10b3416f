"""From raw/ into the tables: every batch that is not yet part of the lake, oldest first."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import CorruptLakeError
from ..settings import Settings
from ..store import batches, raw
from ..store.lake import writer
from ..store.move import move_to_asset_classes
from ..store.verify import assert_whole
from .corrections_kept import standing
from .portions import Portion, absorb_portions, portions
from .turns import in_turn


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
        paths = raw.pending(root, lake.manifest)

        def adopt(portion: Portion) -> None:
            for path, _ in portion.batches:
                lake.adopt(path, raw.entry(root, path))
            on_group(len(portion.batches))

        found = portions(raw.read_batches(root, paths, on_loss=losses.__setitem__))
        absorb_portions(lake, settings.universe, found, standing(root, lake.manifest), adopt)
        aside = [batches.set_aside(root, path) for path in raw.pending(root, lake.manifest) if path in losses]
    if losses:
        told = " ".join(map(str, losses.values()))
        kept = f" Set aside: {', '.join(aside)}." if aside else ""
        raise CorruptLakeError(
            f"{told}{kept} All other answers are stored; run again, and what is missing is asked for again"
        )
