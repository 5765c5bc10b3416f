"""What the tasks of a finished DAG run left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun


def xcoms(dag_run: DagRun, key: str) -> list[tuple[str, Any]]:
    """Task id and value of everything left under `key`, in the order of time."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    query = XComModel.get_many(run_id=dag_run.run_id, dag_ids=dag_run.dag_id, key=key)
    with create_session() as session:
        rows: list[Any] = list(session.scalars(query))
        return [(row.task_id, XComModel.deserialize_value(row)) for row in reversed(rows)]
