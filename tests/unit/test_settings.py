"""Flag > environment > file > default, and an error for every mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketlake.model.clock import PinnedClock, SystemClock, VirtualClock
from marketlake.model.errors import ConfigError, UsageError
from marketlake.model.settings import load_settings, parse_instant


def test_precedence_of_settings(tmp_path: Path) -> None:
    assert load_settings(home=tmp_path, environ={}).lake == tmp_path / "data"
    (tmp_path / "marketlake.toml").write_text('lake = "from-file"\n[requests_per_second]\nyahoo = 0.5\n')
    assert load_settings(home=tmp_path, environ={}).lake == tmp_path / "from-file"
    environ = {"MARKETLAKE_LAKE": str(tmp_path / "env"), "MARKETLAKE_HOME": str(tmp_path)}
    assert load_settings(environ=environ).lake == tmp_path / "env"
    assert load_settings(environ=environ, lake=tmp_path / "flag").lake == tmp_path / "flag"
    assert load_settings(environ=environ).rate("yahoo") == 0.5


def test_simulator_makes_the_data_simulated_and_needs_no_limit(tmp_path: Path) -> None:
    live = load_settings(home=tmp_path, environ={})
    simulated = load_settings(home=tmp_path, environ={"MARKETLAKE_SOURCE_URL": "http://127.0.0.1:1/"})
    assert (live.origin, simulated.origin) == ("live", "simulated")
    assert simulated.source_url == "http://127.0.0.1:1"
    assert (live.rate("unheard-of"), simulated.rate("yahoo")) == (1.0, 0.0)


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:80", "ftp://x", "http://", "http://[::1", "http://h:99999", "http://u:p@h", "http://h/?a=1"],
)
def test_invalid_address_is_rejected(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="must look like"):
        load_settings(home=tmp_path, source_url=url, environ={})


@pytest.mark.parametrize(
    "text",
    [
        "lake = [",
        "unknown = 1",
        "batch_size = 0",
        "batch_size = 1.5",
        "requests_per_second = 3",
        "[requests_per_second]\nyahoo = -1",
        "[requests_per_second]\nyahoo = nan",
    ],
)
def test_invalid_file_is_reported(tmp_path: Path, text: str) -> None:
    (tmp_path / "marketlake.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"marketlake\.toml"):
        load_settings(home=tmp_path, environ={})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02T12:00Z", datetime(2026, 1, 2, 12, tzinfo=UTC)),
        ("2026-01-02T12:00", datetime(2026, 1, 2, 12, tzinfo=UTC)),
        ("2026-01-02T12:00+02:00", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_timestamps_are_parsed(text: str, moment: datetime) -> None:
    assert parse_instant(text) == moment


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "0001-01-01T00:00+14:00", "3000-01-01", "1969-12-31"]
)
def test_invalid_timestamp_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match="not a moment"):
        parse_instant(text)


def test_virtual_and_real_clocks() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert PinnedClock(moment).now() == moment
    assert SystemClock().now().tzinfo is UTC
    assert SystemClock().monotonic() <= SystemClock().monotonic()
    virtual = VirtualClock(moment)
    virtual.sleep(90)
    assert (virtual.slept, (virtual.now() - moment).seconds) == ([90], 90)
