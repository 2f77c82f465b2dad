"""Comparisons of costs, and of finished trainings."""

from bpnet.comparison.compare import SEEDS, Comparing, compare, comparing
from bpnet.comparison.comparison import Comparison
from bpnet.comparison.pictures import plot
from bpnet.comparison.rates import POLICIES
from bpnet.comparison.results import Condition, CostResult
from bpnet.comparison.trainings import TrainingComparison, compare_trainings

__all__ = [
    "POLICIES",
    "SEEDS",
    "Comparing",
    "Comparison",
    "Condition",
    "CostResult",
    "TrainingComparison",
    "compare",
    "compare_trainings",
    "comparing",
    "plot",
]
