"""Run as a program: two machines each ingest an instrument into one bucket at the same time;
they share imports."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import exchange_calendars  # noqa: F401 - what both need is loaded once
import pandas  # noqa: F401
import pyarrow.dataset  # noqa: F401

from marketlake.ingest.run import ingest
from marketlake.model.settings import load_settings

from ...campaign.kill import in_child

NOW = "2024-01-08T12:00Z"


def main(home: Path, url: str, folder: Path) -> None:
    boto3.client("s3")

    def load(name: str) -> None:
        environ = {"MARKETLAKE_CACHE": str(folder / f"machine of {name}")}
        rows = ingest(load_settings(home=home, now=NOW, lake=url, environ=environ), [name])
        assert [row["outcome"] for row in rows] == ["ok"], rows

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: in_child(lambda: load(name)), ("COIN", "METAL")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
