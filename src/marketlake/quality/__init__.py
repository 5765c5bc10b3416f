"""Checks on normalised bars: what fails is put aside with its reason, what is odd is noted and stored.

The checks are the texts of `sql/check`; each says what it finds, how severe that is and why.
"""

from .aside import noted, put_aside, served_at
from .check import Checked, check

__all__ = ["Checked", "check", "noted", "put_aside", "served_at"]
