"""`make benchmark`: every benchmark, one after the other."""

from . import compare_latency

compare_latency.main()
