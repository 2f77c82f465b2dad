"""Comparisons of costs, and of finished trainings."""

from bpnet.comparison.compare import SEEDS, Comparing, compare, comparing, comparing_again
from bpnet.comparison.comparison import Comparison
from bpnet.comparison.pictures import plot
from bpnet.comparison.rates import POLICIES
from bpnet.comparison.results import Condition, CostResult
from bpnet.comparison.sets import Progress
from bpnet.comparison.statistics import Arrivals, Speedup
from bpnet.comparison.trainings import TrainingComparison, compare_trainings

__all__ = [
    "POLICIES",
    "SEEDS",
    "Arrivals",
    "Comparing",
    "Comparison",
    "Condition",
    "CostResult",
    "Progress",
    "Speedup",
    "TrainingComparison",
    "compare",
    "compare_trainings",
    "comparing",
    "comparing_again",
    "plot",
]
