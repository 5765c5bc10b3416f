"""Each message about a damaged file names commands, and these mend it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from marketlake.ingest.run import ingest
from marketlake.model import layout
from marketlake.model.schema import MARTS
from marketlake.store.writer import open_manifest

from ..ingest.homes import make_home, serve_rows, settings_of
from ..ingest.remedy_cases import COMMAND
from ..sample import Result, Run
from .lakes import SECOND, THIRD, full_lake

pytestmark = pytest.mark.slow

Damage = Callable[[Path], object]
BARS = "bar/asset_class=crypto/year=2024/part.parquet"
RUNS = "run/month=2024-01/part.parquet"
NO_ROWS = "asset_class=none/year=1970/part.parquet"
"""Each table has a file without rows, from which a database without any has its columns."""
ASKED = (
    "query",
    "SELECT (SELECT sum(close) FROM bar) AS closes, (SELECT sum(total_return) FROM daily_return) AS returns",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with mock.patch("os.fsync"):
        return full_lake(tmp_path_factory.mktemp("whole") / "home")


def missing(path: Path) -> None:
    path.unlink()


def short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def spoilt(path: Path) -> None:
    """Of the same size."""
    path.write_bytes(b"x" * path.stat().st_size)


def foreign(path: Path) -> None:
    """Another program's database."""
    path.unlink()
    duckdb.connect(str(path)).close()


def paths_of(place: str) -> list[str]:
    """The same file of every mart."""
    return [f"{table}/{place}" for table in MARTS]


ROWS = "asset_class=metal/year=2024/part.parquet"
CASES = [
    (layout.DATABASE, missing, ASKED, "run `marketlake build`"),
    (layout.DATABASE, short, ASKED, "cannot be opened"),
    (layout.DATABASE, foreign, ASKED, "is not a lake's database"),
    (layout.DATABASE, spoilt, ("verify",), "`marketlake build` rebuilds it"),
    (layout.MANIFEST, missing, ASKED, "`marketlake replay` rewrites it"),
    (layout.MANIFEST, short, ASKED, "`marketlake replay` rewrites it"),
    (layout.MANIFEST, missing, ("build",), "although there are answers in raw/"),
    (layout.MANIFEST, spoilt, ("build",), "cannot be read"),
    (BARS, missing, ASKED, "`marketlake replay` makes it again"),
    (BARS, short, ASKED, "`marketlake replay` makes it again"),
    (BARS, spoilt, ASKED, "cannot be read as Parquet"),
    (BARS, missing, ("build",), "is damaged: it is missing"),
    (RUNS, short, ASKED, "`marketlake replay` makes it again"),
    (RUNS, spoilt, ("status",), "is damaged"),
    *[(place, missing, ASKED, "`marketlake build` makes it again") for place in (ROWS, NO_ROWS)],
    *[(place, short, ASKED, "`marketlake build` makes it again") for place in (ROWS, NO_ROWS)],
    (ROWS, spoilt, ("verify",), "build --full-refresh`"),
]
"""A file (or one of every mart), its damage, the command that meets it and what is said."""


@pytest.mark.parametrize(
    ("place", "damage", "asked", "told"), CASES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_commands_of_a_message_about_damage_mend_it(
    whole: Path, tmp_path: Path, run: Run, place: str, damage: Damage, asked: tuple[str, ...], told: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home)
    # the copy is another place than the database was built for
    assert command(run, home, "build").code == 0
    before = command(run, home, *ASKED).out
    for path in paths_of(place) if place in {ROWS, NO_ROWS} else [place]:
        damage(home / "data" / path)
    answer = command(run, home, *asked)
    assert told in answer.out + answer.err
    assert answer.code == 1
    follow(run, home, answer)
    verified = command(run, home, "verify")
    assert verified.code == 0, verified.out
    assert command(run, home, *ASKED).out == before


def command(run: Run, home: Path, *words: str) -> Result:
    at = [] if words[0] in {"query", "verify", "status"} else ["--now", SECOND]
    return run(*words, "--home", home, *at)


def follow(run: Run, home: Path, answer: Result) -> None:
    """Every command that an answer names, in its order, and those that `verify` names in turn."""
    named = COMMAND.findall(answer.out + answer.err)
    assert named
    for name, arguments in named:
        done = command(run, home, name, *shlex.split(arguments))
        if name == "verify":
            follow(run, home, done)
        else:
            assert done.code == 0, (name, arguments, done.err)


def test_spoilt_mart_without_rows_is_made_again_by_a_build(whole: Path, tmp_path: Path, run: Run) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home)
    files = [home / "data" / path for path in paths_of(NO_ROWS)]
    before = [path.read_bytes() for path in files]
    for path in files:
        spoilt(path)
    assert command(run, home, "build").code == 0
    assert [path.read_bytes() for path in files] == before


@pytest.mark.parametrize("asked", ["doctor", "status"])
def test_database_that_is_older_is_named_with_its_command(
    whole: Path, tmp_path: Path, run: Run, asked: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home)
    ingest(settings_of(home, THIRD))
    found = command(run, home, asked)
    assert "market.duckdb is older than the bars: `marketlake build`" in " ".join(found.out.split())
    follow(run, home, found)
    assert "is older" not in command(run, home, asked).out


def test_lake_without_claims_names_what_adds_them(whole: Path, tmp_path: Path, run: Run) -> None:
    home = make_home(tmp_path / "home")
    for name in ("COIN", "METAL"):
        serve_rows(home, name, range(10, 21))
    ingest(settings_of(home, SECOND))
    assert command(run, home, "build").code == 0
    told = run("claims", "--home", home)
    assert "no claims: add entries to claims.toml, then `marketlake build`" in told.out
    shutil.copy(whole / "claims.toml", home)
    follow(run, home, told)
    assert "COIN_BEATS_METAL" in run("claims", "--home", home).out


def test_every_mart_has_a_file_with_rows_and_one_without(whole: Path) -> None:
    files = open_manifest(whole / "data").files
    assert all(files[path].rows for path in paths_of(ROWS))
    assert not any(files[path].rows for path in paths_of(NO_ROWS))
