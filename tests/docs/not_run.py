"""Snippets that no test can run, each with the reason: the network, a vendor or a service."""

from __future__ import annotations

from typing import Final

NOT_RUN: Final = (
    (
        "docs/deploy.md",
        "docker ",
        "needs Docker; tests/project/test_deploy_docs.py checks services and names",
    ),
    ("docs/deploy.md", "git ", "needs the repository's address"),
    ("docs/deploy.md", "make env", "tests/project/test_make_env.py runs it"),
    ("docs/deploy.md", "$EDITOR", "an editor"),
    ("docs/deploy.md", "sudo install", "needs root"),
    ("docs/deploy.md", "duckdb", "needs DuckDB's own shell, which is no dependency"),
    ("docs/deploy.md", "grep ", "a shell's own command"),
    ("docs/operate.md", "", "needs Docker; tests/project/test_deploy_docs.py checks services and names"),
    ("docs/kubernetes.md", "", "needs a cluster; tests/project/test_kubernetes.py checks the values"),
    ("docs/object-store.md", "pip install", "needs the package index"),
    ("docs/object-store.md", "export", "a shell's own command"),
    ("docs/object-store.md", "marketlake run", "needs a bucket; tests/store/s3 runs the commands on one"),
    ("docs/object-store.md", "INSTALL httpfs", "needs a bucket; tests/store/s3 attaches one"),
    ("docs/object-store.md", "from duckdb_extensions", "tests/store/s3 imports the extensions"),
    (
        "docs/reliability.md",
        "python -m benchmarks.detection",
        "needs real prices; tests/project/test_detection.py runs the measurement in small",
    ),
    ("docs/sizing.md", "python -m", "tests/docs/test_sizing.py calls it"),
    (
        "docs/reference/commands.md",
        "eval ",
        "a shell's own command; tests/cli/test_completion.py runs the rest",
    ),
    ("docs/spark.md", "", "needs Spark and Java; tests/engine/spark runs the same"),
    ("docs/watching.md", "OTEL_", "lines of .env"),
    ("docs/watching.md", "docker ", "needs Docker; tests/airflow/test_alert.py sends alerts"),
    ("docs/reference/python.md", "lake.report()", "writes into the lake that all pages share"),
    ("docs/howto/models.md", "spark.read", "needs Spark, which is no dependency of the tests"),
    (
        "docs/howto/airflow.md",
        "",
        "needs another Airflow; tests/airflow/test_dags.py parses the DAGs of two lakes",
    ),
    ("docs/howto/source.md", "# pyproject.toml", "tests/packages/test_plugin.py builds the page's package"),
    ("docs/howto/source.md", "# test_acme.py", "tests/packages/test_plugin.py runs it"),
    ("docs/howto/source.md", "pip install", "tests/packages/test_plugin.py installs the package"),
    ("docs/howto/source.md", "pytest", "tests/packages/test_plugin.py runs it"),
    ("docs/howto/source.md", "marketlake run OIL", "tests/packages/test_plugin.py runs it"),
    ("docs/howto/source.md", "marketlake reconcile OIL", "tests/packages/test_plugin.py runs it"),
    ("docs/metrics/inputs.md", "-- a metric", "reads relations that only a metric has"),
    ("docs/tutorial.md", "marketlake simulate", "a server; the page's market is the tests' own"),
    ("docs/tutorial.md", "mkdir", "a shell's own command"),
    ("docs/tutorial.md", "export", "a shell's own command; the tests set the same"),
    ("README.md", "git clone", "needs the repository's address"),
    ("README.md", "cd ", "a shell's own command"),
    ("README.md", "make ", "sets the project up from the package index; starts Airflow"),
    ("README.md", "pip install", "needs the package index"),
    ("README.md", "marketlake run", "sends requests to the vendors"),
    ("README.md", "marketlake open", "starts a browser; tests/cli/test_tables.py opens a page"),
)
"""Page, beginning of the snippet's line, reason."""
EMPTY: Final = (
    ("docs/watching.md", "FROM health WHERE failures", "nothing fails on the sample market"),
    ("docs/watching.md", "FROM run WHERE outcome", "nothing fails on the sample market"),
    ("docs/watching.md", "SELECT source", "of the last seven days, which the sample market has not seen"),
)
"""Page, beginning of a statement that has no rows, reason."""


def not_run(page: str, text: str) -> bool:
    """Whether a line, or a block, is an exception."""
    return _named(NOT_RUN, page, text)


def may_be_empty(page: str, statement: str) -> bool:
    return _named(EMPTY, page, statement)


def _named(exceptions: tuple[tuple[str, str, str], ...], page: str, text: str) -> bool:
    return any(page == where and text.startswith(begin) for where, begin, _ in exceptions)
