"""Sources of other packages: found by their entry point; what they do wrong stays theirs.

`tests/packages/test_plugin.py` installs a real one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from marketlake import sources
from marketlake.model.errors import MalformedError, UsageError
from marketlake.model.instruments import SourceRef
from marketlake.sources.contract import Page, Request

Install = Callable[[str, str], None]

GOOD = """
from marketlake.model.schema import SERVED
from marketlake.sources.contract import Parsed, Source

class Acme(Source):
    def __init__(self):
        super().__init__("acme")
    def fetch(self, request, access):
        return []
    def parse(self, pages):
        return Parsed({bars})
"""
REQUEST = Request("X", "oil1", date(2024, 3, 13), date(2024, 3, 14))
PAGE = Page(REQUEST, "https://acme.example", 200, {}, b"")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Make a package with an entry point importable."""

    def install(name: str, code: str) -> None:
        (tmp_path / "acme_code.py").write_text(code)
        about = tmp_path / "acme_package-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-package\nVersion: 1\n")
        (about / "entry_points.txt").write_text(f"[marketlake.sources]\n{name} = acme_code:Acme\n")

    monkeypatch.syspath_prepend(tmp_path)
    sources._plugin.cache_clear()
    yield install
    sources._plugin.cache_clear()
    sys.modules.pop("acme_code", None)


def test_source_of_another_package_is_created_by_name(install: Install) -> None:
    install("acme", GOOD.format(bars="SERVED.empty_table()"))
    assert sources.fault_of(SourceRef("acme", "oil1")) == ""
    parsed = sources.create("acme").parse([PAGE])
    assert (sources.create("acme").name, parsed.bars.num_rows, dict(parsed.failed)) == ("acme", 0, {})
    assert ", files, acme, or a ccxt" in sources.fault_of(SourceRef("acne", "x"))


@pytest.mark.parametrize("name", ["yahoo", "files", "binance"])
def test_own_names_cannot_be_taken(install: Install, name: str) -> None:
    install(name, "raise ImportError")
    assert sources.create(name).name == name


@pytest.mark.parametrize("name", ["Acme", "a/../b", "../x", "a" * 40, "a\nb"])
def test_name_that_no_source_may_have_is_unknown(install: Install, name: str) -> None:
    install(name.replace("\n", " "), GOOD.format(bars="SERVED.empty_table()"))
    assert not sources.exists(name)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import no_such_module",
            "source 'acme' of the package acme-package cannot be loaded .ModuleNotFound",
        ),
        ("", "cannot be loaded .AttributeError"),
        ("def Acme(): raise KeyError('no key')", "cannot be loaded .KeyError: 'no key'"),
        ("Acme = dict", "acme_code:Acme of the package acme-package must make a Source with the name 'acme'"),
        (GOOD.replace('"acme"', '"other"'), "must make a Source with the name 'acme'"),
    ],
)
def test_broken_package_is_named(install: Install, code: str, message: str) -> None:
    install("acme", code)
    with pytest.raises(UsageError, match=message):
        sources.create("acme")


@pytest.mark.parametrize("bars", ["1 / 0", "None", "SERVED.empty_table().select(['close'])"])
def test_defect_of_a_parser_fails_its_instruments(install: Install, bars: str) -> None:
    install("acme", GOOD.format(bars=bars))
    parsed = sources.create("acme").parse([PAGE])
    assert isinstance(parsed.bars, pa.Table)
    assert parsed.bars.num_rows == 0
    assert isinstance(parsed.failed["X"], MalformedError)
