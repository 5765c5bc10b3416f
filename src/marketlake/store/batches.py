"""The raw batches of a lake, wherever it is: which there are, and those that are needed on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import LakeError
from ..location import address_of, shown
from . import layout
from .disk import disk_errors, rename, write_bytes
from .object_errors import Refused
from .objects import open_objects
from .pull import fetch_files


def names(root: Path, suffix: str = "") -> list[str]:
    """The paths of the batches whose names end so, oldest first."""
    address, ending = address_of(root), f"{suffix}.parquet"
    if address is None:
        return sorted(path.relative_to(root).as_posix() for path in root.glob(f"raw/*/*{ending}"))
    found = open_objects(address).paths("raw/")
    return [path for path in found if path.endswith(ending) and layout.PLACE.fullmatch(path)]


def at_hand(root: Path, paths: Iterable[str]) -> list[Path]:
    """The batches' files, fetched where this machine does not have them yet."""
    wanted, address = list(paths), address_of(root)
    if address is not None and not all((root / path).exists() for path in wanted):
        fetch_files(open_objects(address), root, wanted)
    return [root / path for path in wanted]


def keep(root: Path, path: str) -> None:
    """Put a batch that is staged in its place; one that is there already is never overwritten."""
    beside, address = root / layout.staged(path), address_of(root)
    if address is not None:
        objects, content = open_objects(address), beside.read_bytes()
        try:
            objects.put_if(path, content, None)
        except Refused:
            there = objects.get(path)
            # a request whose answer was lost is sent again, and finds what it wrote itself
            if there is None or there.content != content:
                raise exists(root, path) from None
    with disk_errors(root / path):
        rename(beside, root / path)


def exists(root: Path, path: str) -> LakeError:
    """The error for a batch that would be overwritten."""
    return LakeError(f"{shown(root / path)} exists, and a batch is never overwritten; run again")


def set_aside(root: Path, path: str) -> str:
    """Take a damaged file out of the way; returns its new path."""
    aside, address = layout.set_aside(path), address_of(root)
    if address is not None and (root / path).exists():
        objects = open_objects(address)
        objects.put(aside, (root / path).read_bytes())
        objects.delete(path)
    with disk_errors(root / path):
        rename(root / path, root / aside)
    return aside


def publish_page(root: Path, name: str, content: bytes) -> None:
    """Put a page beside the lake's database."""
    write_bytes(root / name, content)
    address = address_of(root)
    if address is not None:
        open_objects(address).put(name, content)
