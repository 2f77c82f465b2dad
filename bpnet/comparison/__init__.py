"""Comparisons of costs, and of finished runs."""

from bpnet.comparison.compare import SEEDS, Comparison, compare
from bpnet.comparison.overlay import Overlay, overlay
from bpnet.comparison.rates import POLICIES
from bpnet.comparison.targets import METRICS

__all__ = ["METRICS", "POLICIES", "SEEDS", "Comparison", "Overlay", "compare", "overlay"]
