"""Names that look like a path, SQL, HTML or a device are only unknown instruments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketlake.lake import Lake
from marketlake.model.errors import MarketlakeError

from .lakes import BTC, NASDAQ, make, year_ends

pytestmark = pytest.mark.slow

REFUSED = (
    "unknown instrument|no claim|must be (one of|a name)|is not a (currency|weight)|no reference rates"
    "|in the plan twice"
)
HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "a'; DROP TABLE instrument; --",
    'a"; DROP TABLE instrument; --',
    "BTC' OR '1'='1",
    "<script>alert(1)</script>",
    "CON",
    "X" * 300,
    "\u202eCTB",
    "BTC\x00",
    "BTC\n",
    "=cmd|'/c calc'!A1",
    "$a",
    "%s{0}",
    "",
    "\ud800",
]
CALLS: dict[str, Callable[[Lake, str], object]] = {
    "prices": lambda lake, name: lake.prices([name]),
    "prices_as_of": lambda lake, name: lake.prices([name], as_of=datetime(2021, 1, 1, tzinfo=UTC)),
    "currency": lambda lake, name: lake.prices(["BTC"], basis="price", currency=name),
    "basis": lambda lake, name: lake.prices(["BTC"], basis=name),
    "compare": lambda lake, name: lake.compare([name, "BTC"]),
    "compare_other": lambda lake, name: lake.compare(["BTC", name]),
    "convention": lambda lake, name: lake.compare(["BTC", "NASDAQ"], convention=name),
    "compare_many": lambda lake, name: lake.compare(["BTC", name, "NASDAQ"]),
    "matrix": lambda lake, name: lake.matrix(["BTC", name]),
    "claims": lambda lake, name: lake.claims(name),
    "portfolio": lambda lake, name: lake.portfolio(f"60 BTC, 40 {name}"),
    "changes": lambda lake, name: lake.changes("2020-01-01", ids=[name]),
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bars = [*year_ends(BTC, {2019: 1.0, 2020: 2.0}), *year_ends(NASDAQ, {2019: 1.0, 2020: 3.0})]
    return make(tmp_path_factory.mktemp("hostile") / "lake", [BTC, NASDAQ], bars)


def files(lake: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(lake.parent.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("call", CALLS)
def test_hostile_name_is_an_unknown_instrument(
    lake: Path, call: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    before = files(lake)
    for name in HOSTILE:
        with pytest.raises(MarketlakeError, match=REFUSED) as raised:
            CALLS[call](Lake(lake), name)
        text = str(raised.value)
        assert len(text) < 700, name
        assert all(c.isprintable() or c == "\n" for c in text), (name, text)
    assert files(lake) == before
    assert list(tmp_path.iterdir()) == []
    assert Lake(lake).query_rows("SELECT count(*) FROM instrument").rows == ((2,),)
