"""`ingest_<calendar>`: daily bars of every calendar in instruments.toml, after its close."""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, CronTriggerTimetable

from marketlake.airflow import schedule, steps
from marketlake.airflow.chain import lake_tasks

DOC = """
### Daily bars of {calendar}

Instruments: {instruments}

Each run fetches whatever is not stored yet, so a missed day needs no backfill. A failed instrument
stops no other. The task `check` fails the run for failed instruments and quarantined rows, and names
them. Other findings are in its log. If bars changed, the DAG `returns` follows.
"""

for each in schedule.calendar_schedules():
    with DAG(
        dag_id=each.dag_id,
        description=f"Ingest the daily bars of {each.calendar}",
        doc_md=DOC.format(calendar=each.calendar, instruments=each.listed),
        schedule=CronTriggerTimetable(each.cron, timezone=each.zone, run_immediately=True),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        on_failure_callback=steps.report_failure,
        tags=["marketlake", "ingest", each.calendar],
    ):
        lake_tasks(each.sources, each.calendar, Asset(name=each.asset))
