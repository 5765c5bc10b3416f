"""`watch`: check every hour that each asset class is fresh."""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronTriggerTimetable, task

from marketlake.airflow import schedule, steps
from marketlake.airflow.chain import final

DOC = """
### Is the data fresh?

Fails while a finished session is not stored within the deadline of its asset class: {deadlines}
(hours after the venue publishes; `[deadline_hours]` in marketlake.toml). An alert is sent when an
instrument becomes late.
"""

with DAG(
    dag_id="watch",
    description="Check that every instrument is fresh",
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
