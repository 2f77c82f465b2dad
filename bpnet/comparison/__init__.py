"""Comparisons of costs and of finished trainings, and sweeps over config keys."""

from bpnet.comparison.compare import SEEDS, Comparing, compare, comparing, comparing_again
from bpnet.comparison.comparison import Comparison
from bpnet.comparison.pictures import plot
from bpnet.comparison.rates import POLICIES
from bpnet.comparison.results import Condition, CostResult
from bpnet.comparison.sets import Progress
from bpnet.comparison.statistics import Arrivals, Speedup
from bpnet.comparison.sweep import Sweeping, sweep, sweeping, sweeping_again
from bpnet.comparison.swept import Combination, Swept
from bpnet.comparison.trainings import TrainingComparison, compare_trainings

__all__ = [
    "POLICIES",
    "SEEDS",
    "Arrivals",
    "Combination",
    "Comparing",
    "Comparison",
    "Condition",
    "CostResult",
    "Progress",
    "Speedup",
    "Sweeping",
    "Swept",
    "TrainingComparison",
    "compare",
    "compare_trainings",
    "comparing",
    "comparing_again",
    "plot",
    "sweep",
    "sweeping",
    "sweeping_again",
]
