"""bpnet: a neural network trainer from scratch, readable, reproducible, with costs one can swap."""

from importlib import import_module
from typing import Any

from bpnet.costs import COSTS, Cost
from bpnet.data import Dataset
from bpnet.history import History
from bpnet.network import Network
from bpnet.recurrent import RecurrentNetwork

__version__ = "0.2.0"

COMPARING = ("compare", "compare_trainings", "comparing", "comparing_again", "plot")
SWEEPING = ("sweep", "sweeping", "sweeping_again")
RUNS = ("check_gradient", "evaluate", "inspect_costs", "predict", "resume", "train")
LAZY = dict.fromkeys(COMPARING + SWEEPING, "bpnet.comparison") | dict.fromkeys(RUNS, "bpnet.runs")
LAZY |= dict.fromkeys(("load_model", "save_model"), "bpnet.model") | {"from_arrays": "bpnet.experiment"}
LAZY |= {"load_config": "bpnet.config:load", "load_dataset": "bpnet.datasets:load"}

__all__ = ["COSTS", "Cost", "Dataset", "History", "Network", "RecurrentNetwork", *LAZY]


def __getattr__(name: str) -> Any:
    """What needs more than numpy is loaded when it is first asked for."""
    if name not in LAZY:
        raise AttributeError(f"module 'bpnet' has no attribute {name!r}")
    module, _, attribute = LAZY[name].partition(":")
    return getattr(import_module(module), attribute or name)
