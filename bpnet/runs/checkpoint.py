"""What a training needs to go on bit for bit, and the arrays of a run's pictures, as files of a run folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.errors import BpnetError, DataError
from bpnet.history import History
from bpnet.model import fill, like, load_tensors, parameters_of, save_tensors
from bpnet.network import Network
from bpnet.training import State

Array = NDArray[Any]


def save_checkpoint(path: Path, network: Network, state: State) -> None:
    """Write all that a training needs to go on bit for bit: parameters, optimiser, history, best weights so far."""
    tensors = parameters_of(network)
    for k, slots in enumerate(state.slots):
        tensors |= {f"slot_{k}_{j}": slot for j, slot in enumerate(slots)}
    for k, best in enumerate(state.best or ()):
        tensors[f"best_{k}"] = best
    columns = state.history.columns
    tensors |= {f"history_{k}": np.asarray(columns[name], dtype=np.float64) for k, name in enumerate(columns)}
    save_tensors(path, tensors, {"kind": "checkpoint", "columns": list(columns), "steps": state.steps})


def load_checkpoint(path: Path, network: Network, slots: int) -> State:
    """Put a checkpoint's parameters into the network, which has its shape, and return the state it had.

    Raises:
        DataError: the file is missing, damaged, or of another network or optimiser.
    """
    tensors, about = load_tensors(path, "checkpoint")
    parameters = network.biases + network.weights
    try:
        fill(network, tensors)
        state = State([[like(tensors[f"slot_{k}_{j}"], p) for j in range(slots)] for k, p in enumerate(parameters)])
        if "best_0" in tensors:
            state.best = [like(tensors[f"best_{k}"], p) for k, p in enumerate(parameters)]
        columns = {name: tensors[f"history_{k}"].tolist() for k, name in enumerate(about["columns"])}
    except (KeyError, TypeError, BpnetError) as error:
        raise DataError(f"{path}: a checkpoint of another network ({error}); go on with the config it had") from error
    if "epoch" in columns:
        columns["epoch"] = [int(epoch) for epoch in columns["epoch"]]
    state.history, state.steps = History(columns), int(about["steps"])
    return state


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write named arrays of numbers, as the pictures of a run need them."""
    save_tensors(path, dict(arrays), {"kind": "arrays"})


def load_arrays(path: Path) -> dict[str, Array]:
    """Read what `save_arrays` wrote.

    Raises:
        DataError: the file is missing or damaged.
    """
    return load_tensors(path, "arrays")[0]
