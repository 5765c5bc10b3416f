"""What several sources say of one session: consensus, who is off, and why. Pure: tables in, tables out."""

from __future__ import annotations

from .reconcile import Reconciled, reconcile
from .subject import QUOTE, Subject
from .tolerance import TOLERANCES, Tolerance

__all__ = ["QUOTE", "TOLERANCES", "Reconciled", "Subject", "Tolerance", "reconcile"]
