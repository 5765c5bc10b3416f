"""One small Spark for all tests of this folder, and one lake."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ...answers import lakes
from . import market, scenes
from .both import Both, Pair, empty

SMALL = {
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "1",
    # a few thousand rows: compiling a query takes longer than running it
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # every sort begins with a page, which is 64 MB otherwise
    "spark.buffer.pageSize": "1m",
    "spark.shuffle.compress": "false",
    # nobody looks at what a plan was
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.maxPlanStringLength": "1000",
    "spark.ui.liveUpdate.period": "-1",
    "spark.sql.lightweightPlanChangeValidation": "false",
    # nor is the machine's own compiler worth its time, or a collection for each new class
    "spark.driver.extraJavaOptions": " ".join(
        (
            "-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=3 -XX:CICompilerCount=1",
            "-XX:+UseSerialGC -XX:MetaspaceSize=400m -Xmn400m",
        )
    ),
}
MASTER = "local[1]"


@pytest.fixture(scope="session")
def java() -> None:
    """Skip (or fail, if required) where Java or PySpark is missing."""
    missing = [
        what
        for what, there in (
            ("Java 17 (Debian: openjdk-17-jre-headless)", shutil.which("java") or "JAVA_HOME" in os.environ),
            ("PySpark (`make spark`)", find_spec("pyspark")),
        )
        if not there
    ]
    if not missing:
        return
    message = f"there is no {' and no '.join(missing)}, so the texts were NOT run on Spark"
    if os.environ.get("MARKETLAKE_SPARK") == "required":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture(scope="session")
def spark(java: None, port: int) -> Iterator[str]:
    """The address of a Spark in this process, which answers at a Spark Connect address too."""
    from marketlake.engine.spark.session import spark_session

    connect = {
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
    }
    session = spark_session(MASTER, SMALL | connect)
    yield MASTER
    session.sparkContext.stop()


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market, in a folder whose name Spark could take for a pattern or an address."""
    root = tmp_path_factory.mktemp("spark") / "a [b]{c}* %23#,d é"
    lakes.write(root, market.MARKET, market.bars(), market.revisions())
    return market.built(root)


@pytest.fixture(scope="session")
def pairs_by_text(spark: str, lake: Path) -> dict[str, list[Pair]]:
    """By text what both engines said, wherever the lake's questions and builds have it."""
    from marketlake.engine.spark.reader import SparkTables
    from marketlake.engine.spark.session import spark_session

    pairs: list[Pair] = []
    of_bars = Both(empty(), SparkTables(spark_session(spark)), pairs)
    scenes.stored_marts(of_bars, lake)
    both = Both(empty(), SparkTables(spark_session(spark)), pairs)
    scenes.lay(both, lake)
    for scene in scenes.SCENES:
        scene(both)
    result: dict[str, list[Pair]] = {}
    for pair in pairs:
        result.setdefault(pair.file, []).append(pair)
    return result
