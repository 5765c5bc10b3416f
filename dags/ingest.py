"""`ingest_<calendar>`: daily bars of every calendar in instruments.toml, after its close."""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, CronTriggerTimetable

from marketlake.airflow import schedule, steps
from marketlake.airflow.chain import lake_tasks

DOC = """
### Daily bars of {calendar}

Instruments: {instruments}

What is fetched follows from what is stored, so a missed day needs no backfill. A failed instrument stops
no other; the task `check` then fails the run and names it, as it does for rows that a data check put
in quarantine. Other findings are in its log. When bars changed, the DAG `returns` follows.
"""

for each in schedule.calendar_schedules():
    with DAG(
        dag_id=each.dag_id,
        description=f"Pull the daily bars of {each.calendar} and store them",
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
