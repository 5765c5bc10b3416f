"""`ingest_<calendar>`: daily bars of every calendar in instruments.toml, after its close."""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronTriggerTimetable, Param

from marketlake.airflow import chain, schedule

DOC = """
### Daily bars of {calendar}

Instruments: {instruments}

Each run fetches whatever is not stored yet, so a missed day needs no backfill. A failed instrument
stops no other. The task `check` fails the run for failed instruments and quarantined rows, and names
them. Other findings are in its log. If bars changed, the DAG `returns` follows.
"""

for each in schedule.calendar_schedules():
    with DAG(
        **chain.shared(each.lake, each.dag, "ingest", each.calendar),
        description=f"Ingest the daily bars of {each.calendar}",
        doc_md=DOC.format(calendar=each.calendar, instruments=each.listed),
        schedule=CronTriggerTimetable(each.cron, timezone=each.zone),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        params={
            "instruments": Param(
                [],
                type="array",
                items={"type": "string"},
                uniqueItems=True,
                title="Instruments",
                description="ids from instruments.toml, one a line; none means all of this calendar",
            ),
        },
    ):
        chain.lake_tasks(each.lake, each.sources, each.calendar, each.lake.asset(each.slug))
