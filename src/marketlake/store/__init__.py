"""The lake on disk: the only part that knows paths and the only one that writes."""

from __future__ import annotations
