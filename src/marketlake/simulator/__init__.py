"""A local simulator of the vendors' APIs, with faults on demand."""

from __future__ import annotations

from .fault import PARAMS, Fault, fault_from, parse_fault
from .folder import load_market
from .market import Market
from .sample.build import sample_market
from .server import Served, Simulator, run_forever, serve

__all__ = [
    "PARAMS",
    "Fault",
    "Market",
    "Served",
    "Simulator",
    "fault_from",
    "load_market",
    "parse_fault",
    "run_forever",
    "sample_market",
    "serve",
]
