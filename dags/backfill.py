"""`backfill`: fetch a window of history again, on demand."""

from airflow.sdk import DAG, Asset, Param

from marketlake.airflow import schedule, steps
from marketlake.airflow.chain import lake_tasks

DOC = """
### Fetch a window of history again

Choose the instruments (none means all) and the first and last day. Bars that are missing are added;
a bar that the vendor has restated is replaced, and its old values are kept in `revision`.
"""

IDS = schedule.instrument_ids()

with DAG(
    dag_id="backfill",
    description="Fetch a window of history again",
    doc_md=DOC,
    schedule=None,
    max_active_runs=1,
    is_paused_upon_creation=False,
    on_failure_callback=steps.report_failure,
    tags=["marketlake", "backfill"],
    params={
        "instruments": Param(
            [],
            type="array",
            items={"type": "string", "enum": IDS},
            uniqueItems=True,
            examples=IDS,
            title="Instruments",
            description="ids from instruments.toml; none means all",
        ),
        "from": Param(type="string", format="date", title="From", description="first day"),
        "to": Param(
            None,
            type=["null", "string"],
            format="date",
            title="To",
            description="last day; empty: the last finished one",
        ),
    },
):
    lake_tasks(schedule.first_sources(), None, Asset(name=schedule.BACKFILL_ASSET))
