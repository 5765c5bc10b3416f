"""`watch`: every hour, whether each asset class is as fresh as it is to be."""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronTriggerTimetable, task

from marketlake.airflow import schedule, steps
from marketlake.airflow.chain import final

DOC = """
### Is the data fresh?

Fails while a finished session is not stored within the deadline of its asset class: {deadlines} (hours
after the venue's figures are out; `[deadline_hours]` in marketlake.toml). An alert goes out when an
instrument comes to be late.
"""

with DAG(
    dag_id="watch",
    description="See that every instrument is as fresh as it is to be",
    doc_md=DOC.format(deadlines=schedule.deadlines()),
    schedule=CronTriggerTimetable("50 * * * *", timezone="UTC"),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    on_failure_callback=steps.report_failure,
    tags=["marketlake", "watch"],
):
    task(task_id="freshness", **final())(steps.watch)()
