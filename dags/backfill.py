"""`backfill`: fetch a window of history again, on demand."""

from airflow.sdk import DAG, Param

from marketlake.airflow import chain, schedule

DOC = """
### Fetch a window of history again

Choose the instruments (none means all that list the source) and the first and last day. Bars that
are missing are added; a bar that the vendor has restated is replaced, and its old values are kept in
`revision`.
"""

for each in schedule.schedules():
    with DAG(
        **chain.shared(each.lake, schedule.BACKFILL),
        description="Fetch a window of history again",
        doc_md=DOC,
        schedule=None,
        params={
            "instruments": Param(
                [],
                type="array",
                items={"type": "string", "enum": list(each.instruments)},
                uniqueItems=True,
                examples=list(each.instruments),
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
            "source": Param(
                None,
                type=["null", "string"],
                enum=[None, *each.listed_sources],
                title="Source",
                description="only this source of the instruments; empty: each one's sources in order",
            ),
            "replace": Param(
                default=False,
                type="boolean",
                title="Replace",
                description="take the answer in place of what is stored, also under a new symbol or "
                "on another scale",
            ),
        },
    ):
        chain.lake_tasks(each.lake, each.sources, None, each.lake.asset(schedule.BACKFILL))
