"""Publish a commit: upload files, decide by a conditional write of the manifest, put in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from ...model import layout
from ...model.errors import LakeOvertakenError
from ...model.location import address_of
from ..manifest import Entry, Manifest, encode
from .copy import decoded, forget_state, pull, write_state
from .objects import Object, Objects, Refused, open_objects

_ORDER: Final = ("revision/", "bar/")
RANKS: Final = range(len(_ORDER) + 3)


@dataclass(frozen=True)
class InFlight:
    """A file that the commit after `base` puts in place, or removes."""

    base: int
    digest: str
    path: str

    @classmethod
    def parse(cls, name: str) -> InFlight | None:
        """Parse an object's path; None if it is not an in-flight file."""
        base, _, rest = name.removeprefix(layout.IN_FLIGHT).partition("/")
        digest, _, path = rest.partition("/")
        ours = layout.PLACE.fullmatch(path) or path == layout.DATABASE
        return cls(int(base), digest, path) if ours and base.isdecimal() else None

    @property
    def name(self) -> str:
        """The path where it waits."""
        return layout.in_flight(self.base, self.digest, self.path)

    @property
    def rank(self) -> int:
        """Revisions go before bars, the database after all tables, removals last."""
        if self.digest == layout.REMOVED:
            return len(_ORDER) + 2
        if self.path == layout.DATABASE:
            return len(_ORDER) + 1
        return next((n for n, table in enumerate(_ORDER) if self.path.startswith(table)), len(_ORDER))

    def is_of(self, manifest: Manifest) -> bool:
        """True if the manifest decided it."""
        if self.path == layout.DATABASE:
            return self.digest == manifest.built.rpartition("-")[2]
        entry = manifest.files.get(self.path)
        return (
            entry is None
            if self.digest == layout.REMOVED
            else entry is not None and entry.sha256 == self.digest
        )


@dataclass
class Publisher:
    """Publishes the commits of one writer, based on the manifest `served`."""

    objects: Objects
    root: Path
    served: Object | None
    commit: int
    restored: tuple[str, ...] = ()
    """Objects that were damaged in the bucket and restored from the copy at the start."""

    @classmethod
    def begin(cls, root: Path, *, whole: bool) -> Self | None:
        """Refresh the copy and finish another writer's commit; None for a folder.

        `whole` reads every object, and restores damaged ones that are whole in the copy.
        """
        address = address_of(root)
        if address is None:
            return None
        objects = open_objects(address)
        pulled = pull(objects, root, whole=whole)
        served = pulled.served
        waiting = _waiting(objects)
        manifest = decoded(served, root)
        # after the loss of a manifest, the next number must be new
        last = max([found.base + 1 for found in waiting], default=0)
        publisher = cls(objects, root, served, manifest.commit if manifest else last)
        if manifest and waiting:
            publisher._finish(manifest, [found for found in waiting if found.base == manifest.commit - 1])
            publisher._sweep(waiting)
        publisher._put_back(pulled.better)
        return publisher

    def holds(self, manifest: Manifest) -> bool:
        """True if this is the bucket's manifest."""
        return self.served is not None and self.served.content == encode(manifest)

    def publish(
        self, after: Manifest, staged: Mapping[str, Entry], removed: Iterable[str], *, database: bool
    ) -> Manifest:
        """Returns the published manifest.

        Raises `LakeOvertakenError` if another writer was first.
        """
        after = replace(after, commit=self.commit + 1)
        if self.commit == 0:
            # a new lake, or one whose files were copied to the bucket
            self.objects.assert_conditions()
        files = {
            InFlight(self.commit, entry.sha256, path): self.root / layout.staged(path)
            for path, entry in staged.items()
            if (self.root / layout.staged(path)).exists()
        }
        if database:
            digest = after.built.rpartition("-")[2]
            files[InFlight(self.commit, digest, layout.DATABASE)] = self.root / layout.DATABASE
        gone = [InFlight(self.commit, layout.REMOVED, path) for path in removed]

        def content(found: InFlight) -> bytes:
            return files[found].read_bytes() if found in files else b""

        all_of_it = [*files, *gone]
        list(self.objects.each(lambda found: self.objects.put(found.name, content(found)), all_of_it))
        self._decide(encode(after))
        self.commit = after.commit
        self._put_in_place(all_of_it, content)
        self._sweep(_waiting(self.objects))
        return after

    def remember(self, manifest: Manifest) -> None:
        """Record that the copy matches the published manifest."""
        if self.served is not None:
            write_state(self.root, self.served.etag, manifest.built)

    def _decide(self, content: bytes) -> None:
        before = self.served.etag if self.served else None
        try:
            self.served = Object(content, self.objects.put_if(layout.MANIFEST, content, before))
        except Refused:
            now = self.objects.get(layout.MANIFEST)
            # a retried request whose first response was lost finds its own write
            if now is None or now.content != content:
                forget_state(self.root)
                raise LakeOvertakenError(
                    f"another writer changed {self.objects.address} first, so this change was not made. "
                    "Nothing is lost: the answers are in raw/. Run again"
                ) from None
            self.served = now

    def _finish(self, manifest: Manifest, waiting: Iterable[InFlight]) -> None:
        """Put in place what a writer decided but did not finish."""

        def content(found: InFlight) -> bytes | None:
            one = self.objects.get(found.name)
            return one.content if one else None

        self._put_in_place([found for found in waiting if found.is_of(manifest)], content)

    def _put_back(self, paths: Sequence[str]) -> None:
        """Overwrite damaged objects with the copy's files."""
        damaged = [InFlight(self.commit, "", path) for path in paths]
        if damaged:
            self._put_in_place(damaged, lambda found: (self.root / found.path).read_bytes())
        self.restored = tuple(paths)

    def _put_in_place(self, decided: Sequence[InFlight], content: Callable[[InFlight], bytes | None]) -> None:
        etags = self.objects.each(lambda found: self.objects.etag(found.path), decided)
        before = dict(zip(decided, etags, strict=True))
        # the etags were read under this manifest, so no newer content is overwritten
        if self.served is None or self.objects.etag(layout.MANIFEST) != self.served.etag:
            return

        def put(found: InFlight) -> None:
            etag = before[found]
            if found.digest == layout.REMOVED:
                if etag is not None:
                    self.objects.delete(found.path, etag)
                return
            new = content(found)
            # another writer may have put it there on our behalf
            with suppress(Refused):
                if new is not None:
                    self.objects.put_if(found.path, new, etag)

        for rank in RANKS:
            list(self.objects.each(put, [found for found in decided if found.rank == rank]))

    def _sweep(self, waiting: Iterable[InFlight]) -> None:
        """Delete in-flight files based on earlier commits, which can no longer be decided."""
        done = [found.name for found in waiting if found.base < self.commit]
        list(self.objects.each(self.objects.delete, done))


def _waiting(objects: Objects) -> list[InFlight]:
    return [found for found in map(InFlight.parse, objects.paths(layout.IN_FLIGHT)) if found]
