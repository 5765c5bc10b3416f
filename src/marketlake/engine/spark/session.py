"""Start a Spark session: in this process, on a cluster, or through Spark Connect."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from socket import create_connection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ...model.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


_CONNECT: Final = "sc://"
_PORT: Final = 15002
_CONNECT_TIMEOUT_S: Final = 10.0
_HERE: Final = "local[*]"
# the same results on every machine: days in UTC, literal backslashes, errors on overflow
_TEXTS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.ansi.enabled": "true",
    # Spark 4.3 infers constraints on columns that a cached relation lacks ("key not found")
    "spark.sql.constraintPropagation.enabled": "false",
}
_LOCAL: Final[dict[str, str]] = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "16",
}
_REMEDY: Final = "install Java 17 or later (Debian: openjdk-17-jre-headless) or set JAVA_HOME"


def spark_session(master: str | None, options: Mapping[str, str] | None = None) -> SparkSession:
    """A new session at `master`, with private temporary views.

    None means the setting of `spark-submit`, else this machine; `sc://host:port` is a Spark Connect
    server. Raises `UsageError` where Spark, Java or the server is missing.
    """
    if find_spec("pyspark") is None:
        raise UsageError("this engine needs PySpark: in the project's folder, pip install '.[spark]'")
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        if master is not None and _is_remote(master):
            _assert_reachable(master)
            session = SparkSession.builder.remote(master).create()
        else:
            session = _started(master, options or {}).newSession()
        for name, value in _TEXTS.items():
            session.conf.set(name, value)
    except PySparkException as error:
        cause = str(error).strip().split("\n", 1)[0][:200]
        raise UsageError(_unreachable(master or _HERE, cause)) from error
    return session


@contextmanager
def opened(master: str | None) -> Iterator[SparkSession]:
    """As `spark_session`; a Spark Connect session is stopped at the end."""
    session = spark_session(master)
    try:
        yield session
    finally:
        # a session in this process is shared
        if _is_remote(master):
            session.stop()


def _is_remote(master: str | None) -> bool:
    return master is not None and master.startswith(_CONNECT)


def _assert_reachable(master: str) -> None:
    """Check first, because the client itself retries for minutes."""
    address = urlsplit(master)
    try:
        with create_connection((address.hostname or "", address.port or _PORT), _CONNECT_TIMEOUT_S):
            pass
    except (OSError, ValueError) as error:
        raise UsageError(_unreachable(master, str(error))) from error


def _unreachable(master: str, cause: str) -> str:
    # a Spark Connect address may have a token after its first semicolon
    return f"no Spark at {master.split(';', 1)[0]} ({cause}); set MARKETLAKE_SPARK_MASTER to its address"


def _started(master: str | None, options: Mapping[str, str]) -> SparkSession:
    from pyspark.sql import SparkSession

    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if not submitted and shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise UsageError(f"Spark needs Java and there is none; {_REMEDY}")
    # our own error has the cause
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    builder = SparkSession.builder.appName("marketlake")
    chosen = master or (None if submitted else _HERE)
    if chosen is not None:
        builder = builder.master(chosen)
        settings = (_LOCAL if chosen.startswith("local") else {}) | dict(options)
        for name, value in settings.items():
            builder = builder.config(name, value)
    return builder.getOrCreate()
