"""The lake on disk and in a bucket. Only this package writes lake files."""

from __future__ import annotations
