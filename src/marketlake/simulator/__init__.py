"""A local market that speaks the vendors' dialects, with faults on demand."""

from .fault import PARAMS, Fault
from .fault_text import fault_from, parse_fault
from .folder import load_market
from .market import Market
from .sample import sample_market
from .server import run_forever, serve
from .state import Served, Simulator

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
