"""`watch`: check every hour that each asset class is fresh. It is parsed without any configuration."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from marketlake.airflow import chain, schedule

DOC = """
### Is the data fresh?

Fails while a finished session is not stored within the deadline of its asset class (hours after the
venue publishes; `[deadline_hours]` in marketlake.toml), and while that is unknown, for instance
because of a mistake in instruments.toml. An alert is sent when an instrument becomes late. What
another run may cure is fetched again every six hours.
"""

for lake in schedule.lakes():
    with DAG(
        **chain.shared(lake, "watch", longest_run=timedelta(hours=3)),
        description="Check that every instrument is fresh",
        doc_md=DOC,
        schedule=CronTriggerTimetable("50 * * * *", timezone="UTC"),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
    ):
        chain.watch_tasks(lake)
