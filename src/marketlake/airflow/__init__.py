"""Everything on Airflow's side that is not a DAG file.

`schedule` and `steps` import nothing heavy, so that the DAG files parse quickly; `chain` and
`policy` need Airflow; `embedded` and `standalone` start it.
"""

from __future__ import annotations
