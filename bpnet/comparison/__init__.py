"""Comparisons of costs and of finished trainings, and sweeps over config keys."""

from importlib import import_module
from typing import Any

LAZY = {  # what is here, and the module that it is loaded from: a worker needs few of them, and no pictures
    "POLICIES": "rates",
    "SEEDS": "compare_costs",
    "Arrivals": "statistics",
    "Combination": "swept",
    "Comparing": "compare_costs",
    "Comparison": "comparison",
    "Condition": "results",
    "CostResult": "results",
    "Progress": "sets",
    "Speedup": "statistics",
    "Sweeping": "sweep_keys",
    "Swept": "swept",
    "TrainingComparison": "trainings",
    "compare": "compare_costs",
    "compare_trainings": "trainings",
    "comparing": "compare_costs",
    "comparing_again": "compare_costs",
    "plot": "pictures",
    "sweep": "sweep_keys",
    "sweeping": "sweep_keys",
    "sweeping_again": "sweep_keys",
}

__all__ = list(LAZY)


def __getattr__(name: str) -> Any:
    """What is asked for is loaded when it is first asked for."""
    if name not in LAZY:
        raise AttributeError(f"module 'bpnet.comparison' has no attribute {name!r}")
    return getattr(import_module(f"bpnet.comparison.{LAZY[name]}"), name)
