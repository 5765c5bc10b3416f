"""Everything for Airflow except the DAG files.

`schedule` and `steps` import nothing heavy, so that the DAG files parse quickly; `chain` and
`alert` need Airflow; `embedded` and `standalone` start it.
"""

from __future__ import annotations
