"""`python -m marketlake`."""

from .cli import main

main()
