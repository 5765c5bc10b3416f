"""The data of the Airflow overhead benchmark is ingested completely; the benchmark itself takes
minutes."""

from __future__ import annotations

from benchmarks.airflow_overhead import BATCH, YEAR, market
from benchmarks.synthetic import sessions

from marketlake.ingest.run import ingest
from marketlake.model.settings import load_settings


def test_every_instrument_of_a_benchmark_batch_stores_its_year() -> None:
    with market(1) as (folder, environ):
        rows = ingest(load_settings(home=folder, environ=environ))
    assert len(rows) == BATCH
    assert {row["outcome"] for row in rows} == {"ok"}
    assert {row["new_rows"] for row in rows} == {len(sessions(YEAR))}
