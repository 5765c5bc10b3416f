"""Files of a commit on their way to their places in a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from . import layout
from .manifest import Manifest

_ORDER: Final = ("revision/", "bar/")
RANKS: Final = range(len(_ORDER) + 3)


@dataclass(frozen=True)
class InFlight:
    """A file that the commit after `base` puts in its place, or removes from it."""

    base: int
    digest: str
    path: str

    @classmethod
    def parse(cls, name: str) -> InFlight | None:
        """From an object's path; None for what is none of ours."""
        base, _, rest = name.removeprefix(layout.IN_FLIGHT).partition("/")
        digest, _, path = rest.partition("/")
        ours = layout.PLACE.fullmatch(path) or path == layout.DATABASE
        return cls(int(base), digest, path) if ours and base.isdecimal() else None

    @property
    def name(self) -> str:
        """Where it waits."""
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
        """Whether the manifest decided it."""
        if self.path == layout.DATABASE:
            return self.digest == manifest.built.rpartition("-")[2]
        entry = manifest.files.get(self.path)
        return (
            entry is None
            if self.digest == layout.REMOVED
            else entry is not None and entry.sha256 == self.digest
        )
