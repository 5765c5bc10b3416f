"""Lakes that the tests of this folder share, each built once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from ..lakes import BILL, BTC, EUR, NASDAQ, SHARE, bar
from .walks import DESK, WEEKDAYS, every_day, lay, walk


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """A second thread is slower on a few hundred rows."""
    with mock.patch.object(duckdb, "connect", partial(duckdb.connect, config={"threads": 1})):
        yield


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coin over all days and a share that is listed for 160 weekdays."""
    rows = walk(BTC, every_day()) + walk(SHARE, WEEKDAYS[40:200])
    return lay(tmp_path_factory.mktemp("pair"), [BTC, SHARE], rows)


@pytest.fixture(scope="session")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coin, a share over all weekdays, the euro, a bill's yield of about 2 %, and nothing of an index."""
    rows = [*walk(BTC, every_day()), *walk(SHARE, WEEKDAYS, 2), *walk(EUR, WEEKDAYS, 3)]
    rows += [row | {"close": row["close"] / 50} for row in walk(BILL, WEEKDAYS, 4)]
    return lay(tmp_path_factory.mktemp("four"), [BTC, SHARE, EUR, BILL, NASDAQ], rows)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calendars from 2015 on and a dozen instruments; tests replace its bars (`rewrite`)."""
    return lay(tmp_path_factory.mktemp("desk"), DESK, [bar(BTC, "2015-12-31", 100.0)])
