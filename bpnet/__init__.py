"""bpnet: a neural network trainer from scratch, readable, reproducible, with costs one can swap."""

from importlib import import_module
from typing import Any

from bpnet.costs import COSTS, Cost
from bpnet.data import Dataset
from bpnet.history import History
from bpnet.network import Network

__version__ = "0.1.0"

LAZY = {
    "check_gradient": "bpnet.gradcheck:check",
    "compare": "bpnet.comparison:compare",
    "evaluate": "bpnet.runs:evaluate",
    "load_config": "bpnet.config:load",
    "load_dataset": "bpnet.datasets:load",
    "load_model": "bpnet.model:load_model",
    "predict": "bpnet.runs:predict",
    "resume": "bpnet.runs:resume",
    "save_model": "bpnet.model:save_model",
    "train": "bpnet.runs:train",
}

__all__ = [
    "COSTS",
    "Cost",
    "Dataset",
    "History",
    "Network",
    "check_gradient",
    "compare",
    "evaluate",
    "load_config",
    "load_dataset",
    "load_model",
    "predict",
    "resume",
    "save_model",
    "train",
]


def __getattr__(name: str) -> Any:
    """What needs more than numpy is loaded when it is first asked for."""
    if name not in LAZY:
        raise AttributeError(f"module 'bpnet' has no attribute {name!r}")
    module, _, attribute = LAZY[name].partition(":")
    return getattr(import_module(module), attribute)
