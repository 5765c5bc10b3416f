"""`returns`: rebuild market.duckdb, returns and claims when bars of any calendar change."""

from airflow.sdk import DAG, Asset, AssetAny

from marketlake.airflow import chain, schedule

DOC = """
### market.duckdb and the claims

Rebuilds `market.duckdb` from the stored bars and checks every claim of claims.toml. It starts when
an `ingest` or `backfill` run has stored new bars.
"""

for each in schedule.schedules():
    with DAG(
        **chain.shared(each.lake, "returns"),
        description="Rebuild market.duckdb and check the claims",
        doc_md=DOC,
        schedule=AssetAny(*(Asset(*asset) for asset in each.assets)),
    ):
        chain.build_task(each.lake)
