"""`returns`: rebuild market.duckdb, returns and claims when bars of any calendar change."""

from airflow.sdk import DAG, Asset, AssetAny, task

from marketlake.airflow import schedule, steps
from marketlake.airflow.alert import AlertNotifier
from marketlake.airflow.chain import retried

DOC = """
### market.duckdb and the claims

Rebuilds `market.duckdb` from the stored bars and checks every claim of claims.toml. It starts when
an `ingest` or `backfill` run has stored new bars.
"""

with DAG(
    dag_id="returns",
    description="Rebuild market.duckdb and check the claims",
    doc_md=DOC,
    schedule=AssetAny(*(Asset(name=name) for name in schedule.asset_names())),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    on_failure_callback=steps.report_failure,
    tags=["marketlake", "returns"],
):
    task(task_id="build", on_failure_callback=AlertNotifier(), **retried())(steps.build)()
