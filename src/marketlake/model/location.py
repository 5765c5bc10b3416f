"""Where a lake is: a folder, or a bucket with a folder that holds a copy of it.

The copy's folder is named after the bucket and the prefix, so that a path identifies its bucket.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import ConfigError

_SCHEME: Final = re.compile(r"s3:/{1,2}")
"""`pathlib` removes one of the slashes."""
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_LONGEST: Final = 180
_SEPARATOR: Final = "~"
_COPY: Final = f"s3{_SEPARATOR}"


@dataclass(frozen=True)
class Address:
    """A bucket, and the prefix in it under which a lake is; empty for the whole bucket."""

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def key(self, path: str) -> str:
        """The object's key for a path of the lake."""
        return f"{self.prefix}/{path}" if self.prefix else path

    def folder(self, copies: Path) -> Path:
        """The folder that holds the copy, among the folder of all copies."""
        parts = [self.bucket, *filter(None, self.prefix.split("/"))]
        return copies / f"{_COPY}{_SEPARATOR.join(parts)}"


def is_url(text: str) -> bool:
    """Whether a lake's place is not a folder."""
    return "://" in text or text.startswith("s3:/")


def parse_address(text: str) -> Address:
    """The address in `s3://bucket/prefix`; `ConfigError` says what is wrong with it."""
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise ConfigError(f"lake {text[:80]!r}: a lake is a folder or s3://bucket/prefix")
    bucket, _, prefix = text[scheme.end() :].rstrip("/").partition("/")
    segments = prefix.split("/") if prefix else []
    if not (_BUCKET.fullmatch(bucket) and all(map(_SEGMENT.fullmatch, segments)) and len(text) <= _LONGEST):
        raise ConfigError(
            f"lake {text[:80]!r} must look like s3://bucket/prefix: a bucket's name, then letters, digits, "
            f"`.`, `_` and `-` between slashes, at most {_LONGEST} characters"
        )
    return Address(bucket, prefix)


def address_of(folder: Path) -> Address | None:
    """The address that the folder is a copy of; None for a lake in a folder."""
    if not folder.name.startswith(_COPY):
        return None
    bucket, *prefix = folder.name.removeprefix(_COPY).split(_SEPARATOR)
    return Address(bucket, "/".join(prefix))


def shown(path: Path) -> str:
    """The path as its owner knows it: in the bucket where it lies in the copy of one."""
    for folder in (path, *path.parents):
        address = address_of(folder)
        if address is not None:
            return "/".join([str(address), *path.relative_to(folder).parts])
    return str(path)


def copies_folder(environ: Mapping[str, str]) -> Path:
    """Where copies of buckets are kept on this machine."""
    cache = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(environ.get("MARKETLAKE_CACHE") or Path(cache) / "marketlake").expanduser().resolve()
