"""`--engine spark` as it is typed: here, behind a Spark Connect address, under `spark-submit`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from marketlake.model.settings import load_settings

from ...universes import entry

NOW = "2022-03-01T12:00Z"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market of these tests as a configuration."""
    from .market import MARKET

    folder = tmp_path_factory.mktemp("home")
    entries = [
        entry(
            i.id,
            f"yahoo:{i.id}",
            kind=i.asset_class,
            calendar=i.calendar,
            since=i.since,
            name=i.name,
            quote_currency=i.quote_currency,
            return_basis=i.return_basis,
            proxy_for=i.proxy_for,
            synthetic=i.synthetic,
        )
        for i in MARKET
    ]
    (folder / "instruments.toml").write_text("\n".join(entries), "utf-8")
    return folder


def _run(
    command: list[str | Path], home: Path, lake: Path, master: str | None
) -> subprocess.CompletedProcess[str]:
    environment = {"MARKETLAKE_HOME": str(home), "MARKETLAKE_LAKE": str(lake), "MARKETLAKE_NOW": NOW}
    if master is not None:
        environment["MARKETLAKE_SPARK_MASTER"] = master
    rest = {name: value for name, value in os.environ.items() if not name.startswith("MARKETLAKE_")}
    arguments = ["compare", "BTC", "NASDAQ", "--format", "json"]
    environment |= {"PYTHONWARNINGS": "ignore", "PYSPARK_PYTHON": sys.executable}
    return subprocess.run(
        [*command, *arguments, "--engine", "spark"],
        env=rest | environment, cwd=home, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected(home: Path, lake: Path) -> object:
    from marketlake.lake import Lake

    return json.loads(json.dumps(Lake(lake).compare(["BTC", "NASDAQ"]).to_dict()))


def _near(answer: object, expected: object) -> bool:
    """All that is exact, and figures to 1e-12."""
    if isinstance(expected, dict):
        return isinstance(answer, dict) and answer.keys() == expected.keys() and all(
            _near(answer[name], value) for name, value in expected.items()
        )  # fmt: skip
    if isinstance(expected, list):
        return isinstance(answer, list) and len(answer) == len(expected) and all(map(_near, answer, expected))
    return bool(answer == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected))


def test_compare_on_a_spark_connect_address(
    spark: str, port: int, home: Path, lake: Path, expected: object
) -> None:
    """Standard output is one JSON value, whatever Spark has to say."""
    done = _run([sys.executable, "-m", "marketlake"], home, lake, f"sc://127.0.0.1:{port}")
    assert done.returncode == 0, done.stderr
    assert _near(json.loads(done.stdout), expected)


def test_compare_under_spark_submit(
    java: None, home: Path, lake: Path, expected: object, tmp_path: Path
) -> None:
    """The master is what `spark-submit` says."""
    import pyspark

    from .conftest import MASTER, SMALL

    script = tmp_path / "lake.py"
    script.write_text("from marketlake.cli import main\n\nmain()\n", "utf-8")
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    options = [part for name, value in SMALL.items() for part in ("--conf", f"{name}={value}")]
    loopback = ["--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1"]
    done = _run([submit, "--master", MASTER, *loopback, *options, script], home, lake, None)
    assert done.returncode == 0, done.stderr
    assert _near(json.loads(done.stdout), expected)


def test_unreachable_spark_address_is_reported_without_its_token(java: None, home: Path, lake: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"sc://127.0.0.1:{free.getsockname()[1]}/;token=hush"
        done = _run([sys.executable, "-m", "marketlake"], home, lake, address)
    assert done.returncode == 2
    assert "no Spark at sc://127.0.0.1" in done.stderr
    assert "MARKETLAKE_SPARK_MASTER" in done.stderr
    assert "hush" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "master", ["local", "local[4]", "local[*]", "yarn", "spark://host:7077", "sc://host:15002"]
)
def test_valid_spark_masters(tmp_path: Path, master: str) -> None:
    assert load_settings(home=tmp_path, environ={"MARKETLAKE_SPARK_MASTER": master}).spark_master == master


@pytest.mark.parametrize("master", ["http://host", "localhost:15002", "local[x]", "sc://", "sc://a b"])
def test_invalid_spark_masters_are_refused(tmp_path: Path, master: str) -> None:
    from marketlake.model.errors import ConfigError

    with pytest.raises(ConfigError, match="must look like"):
        load_settings(home=tmp_path, environ={"MARKETLAKE_SPARK_MASTER": master})


def test_environment_overrides_the_configured_spark_master(tmp_path: Path) -> None:
    (tmp_path / "marketlake.toml").write_text('spark_master = "yarn"\n')
    assert load_settings(home=tmp_path, environ={}).spark_master == "yarn"
    environ = {"MARKETLAKE_SPARK_MASTER": "local[2]"}
    assert load_settings(home=tmp_path, environ=environ).spark_master == "local[2]"
