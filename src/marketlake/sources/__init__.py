"""The data sources by name; each is one file, imported on first use.

Other packages add sources by the entry points of the group `marketlake.sources`. This file imports
nothing heavy, because Airflow's DAG files read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..model.errors import UsageError
from ..model.instruments import Instrument, SourceRef

if TYPE_CHECKING:
    from .contract import Source

NO_SOURCE: Final = "none"
"""The source name of an instrument without a usable source."""
PLUGINS: Final = "marketlake.sources"
"""The group of entry points: the source's name = a class or function that makes it."""
_EXCHANGE: Final = re.compile(r"[a-z][a-z0-9]{1,31}")
_PLUGIN: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")


def create(name: str) -> Source:
    """The source with this name: one of `NAMES`, a ccxt exchange id or another package's.

    `UsageError` for any other, and for a package that cannot make its source.
    """
    if name in _MAKERS:
        return _MAKERS[name]()
    if _is_exchange(name):
        return _exchange(name)
    if found := _plugin(name):
        from .plugin import make

        return make(name, found)
    raise UsageError(_unknown(name))


def exists(name: str) -> bool:
    """True if there is a source with this name."""
    return name in _MAKERS or _is_exchange(name) or _plugin(name) is not None


def fault_of(ref: SourceRef) -> str:
    """Why an entry of `sources` cannot be used; empty if it can."""
    if ref.fault or not exists(ref.source):
        return ref.fault or f"{_unknown(ref.source)}. Correct it in instruments.toml"
    return f"{ref.source} needs a key; set {ref.key_variable}" if ref.key_variable else ""


def leading(instrument: Instrument) -> str:
    """The name of an instrument's first usable source.

    `NO_SOURCE` if there is none.
    """
    return next((ref.source for ref in instrument.sources if not fault_of(ref)), NO_SOURCE)


def _unknown(name: str) -> str:
    known = ", ".join([*NAMES, *sorted(entry_points(group=PLUGINS).names)])
    return f"unknown source {name[:40]!r}: use one of {known}, or a ccxt exchange id such as binance"


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


def _tiingo() -> Source:
    from .tiingo import Tiingo

    return Tiingo()


def _binance_archive() -> Source:
    from .binance_archive import BinanceArchive

    return BinanceArchive()


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
    "tiingo": _tiingo,
    "binance-archive": _binance_archive,
    "files": _files,
}
NAMES: Final = tuple(_MAKERS)
"""The sources that are not exchanges."""


@lru_cache(maxsize=1024)
def _is_exchange(name: str) -> bool:
    """True if ccxt has a module with this name; importing ccxt would take four seconds."""
    spec = find_spec("ccxt")
    if spec is None or not spec.submodule_search_locations or not _EXCHANGE.fullmatch(name):
        return False
    return (Path(spec.submodule_search_locations[0]) / f"{name}.py").is_file()


@lru_cache(maxsize=1024)
def _plugin(name: str) -> EntryPoint | None:
    """The entry point of another package; looked up only for what is neither ours nor ccxt's."""
    if not _PLUGIN.fullmatch(name):
        return None
    return next(iter(entry_points(group=PLUGINS, name=name)), None)
