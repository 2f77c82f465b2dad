"""What a training needs to be resumed bit for bit, and the arrays of a run's pictures, as files of a run folder."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bpnet.data import Array
from bpnet.errors import BpnetError, DataError
from bpnet.history import History
from bpnet.model import fill, like, load_tensors, refuse_infinite, save_tensors
from bpnet.training import State, Trainable


def save_checkpoint(path: Path, network: Trainable, state: State) -> None:
    """Write parameters, the optimiser's memory, the history, and the best parameters so far."""
    tensors = dict(network.parameters)
    for name, arrays in state.memory.items():
        tensors |= {f"memory_{j}_{name}": array for j, array in enumerate(arrays)}
    tensors |= {f"best_{name}": best for name, best in (state.best or {}).items()}
    columns = state.history.columns
    tensors |= {f"history_{k}": np.asarray(columns[name], dtype=np.float64) for k, name in enumerate(columns)}
    save_tensors(path, tensors, {"kind": "checkpoint", "columns": list(columns), "steps": state.steps})


def load_checkpoint(path: Path, network: Trainable, state: State) -> None:
    """Put a checkpoint into a network of its shape and into the state that the network would begin with.

    Raises:
        DataError: the file is missing, damaged, or of another network or optimiser.
    """
    tensors, metadata = load_tensors(path, "checkpoint")
    refuse_infinite(path, {name: tensor for name, tensor in tensors.items() if not name.startswith("history_")})
    parameters = network.parameters
    try:
        fill(parameters, tensors)
        for name, arrays in state.memory.items():
            fill({f"{j}_{name}": array for j, array in enumerate(arrays)}, tensors, "memory_")
        if any(name.startswith("best_") for name in tensors):
            state.best = {name: like(tensors[f"best_{name}"], p) for name, p in parameters.items()}
        columns = {name: tensors[f"history_{k}"].tolist() for k, name in enumerate(metadata["columns"])}
        state.steps = int(metadata["steps"])
    except (KeyError, TypeError, BpnetError) as error:
        raise DataError(f"{path}: of another network ({error}); resume with the config it was made with") from error
    if "epoch" in columns:
        columns["epoch"] = [int(epoch) for epoch in columns["epoch"]]
    state.history = History(columns)


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write named arrays of numbers, as the pictures of a run need them."""
    save_tensors(path, arrays, {"kind": "arrays"})


def load_arrays(path: Path) -> dict[str, Array]:
    """Read what `save_arrays` wrote; a missing or damaged file is a DataError."""
    return load_tensors(path, "arrays")[0]
