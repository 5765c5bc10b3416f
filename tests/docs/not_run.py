"""Snippets that no test can run, each with the reason: the network, a vendor or a service."""

from __future__ import annotations

from typing import Final

NOT_RUN: Final = (
    ("docs/howto/models.md", "spark.read", "needs Spark, which is no dependency of the tests"),
    ("docs/tutorial.md", "marketlake simulate", "a server; the page's market is the tests' own"),
    ("docs/tutorial.md", "mkdir", "a shell's own command"),
    ("docs/tutorial.md", "export", "a shell's own command; the tests set the same"),
    ("README.md", "make ", "sets the project up from the package index; starts Airflow"),
    ("README.md", "pip install", "needs the package index"),
    ("README.md", "cd my-lake", "a shell's own command"),
    ("README.md", "marketlake run", "asks the vendors"),
)
"""Page, beginning of the snippet's line, reason."""


def not_run(page: str, text: str) -> bool:
    """Whether a line, or a block, is an exception."""
    return any(page == where and text.startswith(begin) for where, begin, _ in NOT_RUN)
