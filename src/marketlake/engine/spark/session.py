"""Where Spark runs: in this process, on a cluster, or behind a Spark Connect address."""

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
_PATIENCE_S: Final = 10.0
_HERE: Final = "local[*]"
# our texts say the same on every machine: days in UTC, a backslash is a backslash, overflow is an error
_TEXTS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.ansi.enabled": "true",
    # what Spark 4.3 infers of a held relation names columns that are not in it ("key not found" in a union)
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
    """A session of its own, whose views nobody else sees, at `master`.

    None is whatever `spark-submit` decided, else this machine; `sc://host:port` is a Spark Connect server.
    Raises `UsageError` where Spark, Java or the server is missing.
    """
    if find_spec("pyspark") is None:
        raise UsageError("this engine needs PySpark: in the project's folder, pip install '.[spark]'")
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    try:
        if master is not None and _is_remote(master):
            _assert_somebody_listens(master)
            session = SparkSession.builder.remote(master).create()
        else:
            session = _started(master, options or {}).newSession()
        for name, value in _TEXTS.items():
            session.conf.set(name, value)
    except PySparkException as error:
        said = str(error).strip().split("\n", 1)[0][:200]
        raise UsageError(_nobody(master or _HERE, said)) from error
    return session


@contextmanager
def opened(master: str | None) -> Iterator[SparkSession]:
    """As `spark_session`; a server is told when it is no longer needed."""
    session = spark_session(master)
    try:
        yield session
    finally:
        # in this process it would stop Spark for everybody
        if _is_remote(master):
            session.stop()


def _is_remote(master: str | None) -> bool:
    return master is not None and master.startswith(_CONNECT)


def _assert_somebody_listens(master: str) -> None:
    """Ask before the client does, which goes on asking for minutes."""
    address = urlsplit(master)
    try:
        with create_connection((address.hostname or "", address.port or _PORT), _PATIENCE_S):
            pass
    except (OSError, ValueError) as error:
        raise UsageError(_nobody(master, str(error))) from error


def _nobody(master: str, said: str) -> str:
    # what follows the first semicolon of a Spark Connect address may be a token
    return f"no Spark at {master.split(';', 1)[0]} ({said}); MARKETLAKE_SPARK_MASTER says where it is"


def _started(master: str | None, options: Mapping[str, str]) -> SparkSession:
    from pyspark.sql import SparkSession

    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if not submitted and shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise UsageError(f"Spark needs Java and there is none; {_REMEDY}")
    # what went wrong is in our own error
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    builder = SparkSession.builder.appName("marketlake")
    chosen = master or (None if submitted else _HERE)
    if chosen is not None:
        builder = builder.master(chosen)
        settings = (_LOCAL if chosen.startswith("local") else {}) | dict(options)
        for name, value in settings.items():
            builder = builder.config(name, value)
    return builder.getOrCreate()
