"""bpnet: a neural network trainer from scratch, readable, reproducible, with costs one can swap."""

from importlib import import_module
from typing import Any

from bpnet.costs import COSTS, Cost
from bpnet.data import Dataset
from bpnet.history import History
from bpnet.network import Network
from bpnet.recurrent import RecurrentNetwork

__version__ = "0.2.0"

LAZY = {
    "check_gradient": "bpnet.runs",
    "compare": "bpnet.comparison",
    "compare_trainings": "bpnet.comparison",
    "comparing": "bpnet.comparison",
    "comparing_again": "bpnet.comparison",
    "evaluate": "bpnet.runs",
    "from_arrays": "bpnet.experiment",
    "inspect_costs": "bpnet.runs",
    "load_config": "bpnet.config:load",
    "load_dataset": "bpnet.datasets:load",
    "load_model": "bpnet.model",
    "plot": "bpnet.comparison",
    "predict": "bpnet.runs",
    "resume": "bpnet.runs",
    "save_model": "bpnet.model",
    "sweep": "bpnet.comparison:sweep",
    "sweeping": "bpnet.comparison",
    "sweeping_again": "bpnet.comparison",
    "train": "bpnet.runs",
}

__all__ = ["COSTS", "Cost", "Dataset", "History", "Network", "RecurrentNetwork", *LAZY]


def __getattr__(name: str) -> Any:
    """What needs more than numpy is loaded when it is first asked for."""
    if name not in LAZY:
        raise AttributeError(f"module 'bpnet' has no attribute {name!r}")
    module, _, attribute = LAZY[name].partition(":")
    return getattr(import_module(module), attribute or name)
