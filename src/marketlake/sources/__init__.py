"""The vendors. `create` knows them by name; each is one file, imported when it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ..model.errors import UsageError
from .contract import Access, Page, Parsed, Request, Source, answered_at, told_at, unexpected

__all__ = [
    "NAMES",
    "Access",
    "Page",
    "Parsed",
    "Request",
    "Source",
    "answered_at",
    "create",
    "told_at",
    "unexpected",
]

_EXCHANGE: Final = re.compile(r"[a-z][a-z0-9]{1,31}")


def create(name: str) -> Source:
    """The source called `name`: one of `NAMES` or a ccxt exchange id; `UsageError` for any other."""
    if name in _MAKERS:
        return _MAKERS[name]()
    if _is_exchange(name):
        return _exchange(name)
    known = ", ".join(NAMES)
    raise UsageError(
        f"unknown source {name[:40]!r}: use one of {known}, or a ccxt exchange id such as binance"
    )


def _yahoo() -> Source:
    from .yahoo import Yahoo

    return Yahoo()


def _ecb() -> Source:
    from .ecb import Ecb

    return Ecb()


def _ecb_bundled() -> Source:
    from .ecb import EcbBundled

    return EcbBundled()


def _fred() -> Source:
    from .fred import Fred

    return Fred()


def _files() -> Source:
    from .files import Files

    return Files()


def _exchange(name: str) -> Source:
    from .exchange import Exchange

    return Exchange(name)


_MAKERS: Final[Mapping[str, Callable[[], Source]]] = {
    "yahoo": _yahoo,
    "ecb": _ecb,
    "ecb-bundled": _ecb_bundled,
    "fred": _fred,
    "files": _files,
}
NAMES: Final = tuple(_MAKERS)
"""The sources that are not exchanges."""


def _is_exchange(name: str) -> bool:
    """ccxt has a module per exchange; looking for the file saves its import of four seconds."""
    spec = find_spec("ccxt")
    if spec is None or not spec.submodule_search_locations or not _EXCHANGE.fullmatch(name):
        return False
    return (Path(spec.submodule_search_locations[0]) / f"{name}.py").is_file()
