"""Files that hold a network: the model to use, the checkpoint to go on from; each written whole or not at all.

Both are safetensors files with one metadata key, `bpnet`, that holds JSON: what the tensors are, and their SHA-256.
Loading checks the digest, the shapes and that every number is finite, builds from table look-ups, and never unpickles.
"""

import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bpnet.errors import BpnetError, DataError, UsageError
from bpnet.examples import Scaling
from bpnet.history import History
from bpnet.network import Network
from bpnet.training import State

Array = NDArray[Any]

FORMAT = 1


@dataclass(frozen=True)
class Model:
    """A trained network with all it needs to be asked in the units and the words of its data.

    `classes` and `features` name outputs and inputs, `target` the column of a table that was learned, `image` is
    (height, width) of pictures; the scalings were fitted on the training part, None where there was none.
    """

    network: Network
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    image: tuple[int, int] | None = None
    scaling: Scaling | None = None
    target_scaling: Scaling | None = None
    target: str = ""

    def predict(self, x: Array) -> Array:
        """Outputs (n, n_out) for rows x : (n, n_in) in the units of the data."""
        rows = self.scaling.apply(x) if self.scaling else x
        outputs = self.network.predict(rows)
        return self.target_scaling.undo(outputs) if self.target_scaling else outputs


def write(path: Path, content: str | bytes) -> None:
    """Write a whole file or none: a temporary name in the same folder, flushed to disk, then renamed.

    Raises:
        OSError: it cannot be written; the error names this file.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        _write_and_rename(path, data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_and_rename(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def save_model(path: str | Path, model: Model | Network) -> None:
    """Write a model file; the same model gives the same bytes. A network alone is saved as it is.

    Raises:
        UsageError: the network is a set of replicas; save them one at a time.
        OSError: the file cannot be written.
    """
    model = Model(model) if isinstance(model, Network) else model
    network = model.network
    if network.replicas is not None:
        raise UsageError(f"{path}: these are {network.replicas} networks; a model file holds one")
    tensors = _parameters(network)
    for name, scaling in (("input", model.scaling), ("target", model.target_scaling)):
        if scaling is not None:
            tensors |= {f"{name}_shift": scaling.shift, f"{name}_unit": scaling.unit}
    about = {
        "kind": "model",
        "sizes": network.sizes,
        "cost": network.cost.name,
        "activation": network.activations[0].name if network.num_layers > 2 else "sigmoid",
        "output": network.activations[-1].name,
        "dtype": network.dtype.name,
        "seed": network.seed,
        "classes": list(model.classes),
        "features": list(model.features),
        "image": model.image,
        "target": model.target,
    }
    _save(Path(path), tensors, about)


def load_model(path: str | Path) -> Model:
    """Read a model file.

    Raises:
        DataError: the file is missing, damaged, or of another kind.
    """
    tensors, about = _load(Path(path), "model")
    try:
        sizes = [
            tensors["weights_1"].shape[1],
            *(tensors[f"biases_{k}"].shape[0] for k in range(1, len(about["sizes"]))),
        ]
        if sizes != about["sizes"]:
            raise DataError(f"its layers are said to be {about['sizes']} and are {sizes}")
        network = Network(
            sizes,
            cost=about["cost"],
            activation=about["activation"],
            output=about["output"],
            init="constant",
            seed=about["seed"],
            dtype=about["dtype"],
        )
        _fill(network, tensors)
        return Model(
            network,
            tuple(about["classes"]),
            tuple(about["features"]),
            tuple(about["image"]) if about["image"] else None,
            _scaling(tensors, "input", network.sizes[0]),
            _scaling(tensors, "target", network.sizes[-1]),
            about.get("target", ""),
        )
    except (KeyError, TypeError, IndexError, BpnetError) as error:
        raise DataError(f"{path}: not a model this version can read ({error}); train it again") from error


def save_checkpoint(path: Path, network: Network, state: State) -> None:
    """Write all that a training needs to go on bit for bit: parameters, optimiser, history, best weights so far."""
    tensors = _parameters(network)
    for k, slots in enumerate(state.slots):
        tensors |= {f"slot_{k}_{j}": slot for j, slot in enumerate(slots)}
    for k, best in enumerate(state.best or ()):
        tensors[f"best_{k}"] = best
    columns = state.history.columns
    tensors |= {f"history_{k}": np.asarray(columns[name], dtype=np.float64) for k, name in enumerate(columns)}
    _save(path, tensors, {"kind": "checkpoint", "columns": list(columns), "steps": state.steps})


def load_checkpoint(path: Path, network: Network, slots: int) -> State:
    """Put a checkpoint's parameters into the network, which has its shape, and return the state it had.

    Raises:
        DataError: the file is missing, damaged, or of another network or optimiser.
    """
    tensors, about = _load(path, "checkpoint")
    parameters = network.biases + network.weights
    try:
        _fill(network, tensors)
        state = State([[_like(tensors[f"slot_{k}_{j}"], p) for j in range(slots)] for k, p in enumerate(parameters)])
        if "best_0" in tensors:
            state.best = [_like(tensors[f"best_{k}"], p) for k, p in enumerate(parameters)]
        columns = {name: tensors[f"history_{k}"].tolist() for k, name in enumerate(about["columns"])}
    except (KeyError, TypeError, BpnetError) as error:
        raise DataError(f"{path}: a checkpoint of another network ({error}); go on with the config it had") from error
    if "epoch" in columns:
        columns["epoch"] = [int(epoch) for epoch in columns["epoch"]]
    state.history, state.steps = History(columns), int(about["steps"])
    return state


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write named arrays of numbers, as the pictures of a run need them."""
    _save(path, dict(arrays), {"kind": "arrays"})


def load_arrays(path: Path) -> dict[str, Array]:
    """Read what `save_arrays` wrote.

    Raises:
        DataError: the file is missing or damaged.
    """
    return _load(path, "arrays")[0]


def _parameters(network: Network) -> dict[str, Array]:
    named = {f"weights_{layer}": w for layer, w in enumerate(network.weights, 1)}
    return named | {f"biases_{layer}": b for layer, b in enumerate(network.biases, 1)}


def _fill(network: Network, tensors: Mapping[str, Array]) -> None:
    for name, parameter in _parameters(network).items():
        parameter[...] = _like(tensors[name], parameter)


def _like(tensor: Array, parameter: Array) -> Array:
    if tensor.shape != parameter.shape or tensor.dtype != parameter.dtype:
        raise DataError(f"a tensor is {tensor.dtype} {tensor.shape} where {parameter.dtype} {parameter.shape} belongs")
    return tensor.copy()


def _scaling(tensors: Mapping[str, Array], name: str, columns: int) -> Scaling | None:
    if f"{name}_shift" not in tensors:
        return None
    empty = np.empty(columns)
    return Scaling(_like(tensors[f"{name}_shift"], empty), _like(tensors[f"{name}_unit"], empty))


def _digest(tensors: Mapping[str, Array]) -> str:
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = np.asarray(tensors[name], order="C")
        total.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        total.update(tensor.tobytes())
    return total.hexdigest()


def _save(path: Path, tensors: Mapping[str, Array], about: Mapping[str, Any]) -> None:
    tensors = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    text = json.dumps({"format": FORMAT, **about, "sha256": _digest(tensors)}, sort_keys=True)
    write(path, save(tensors, metadata={"bpnet": text}))


def _load(path: Path, kind: str) -> tuple[dict[str, Array], dict[str, Any]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); name a file that a run of bpnet wrote") from error
    try:
        length = struct.unpack("<Q", data[:8])[0]
        about = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["bpnet"])
        tensors = load(data)
    except (SafetensorError, struct.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: damaged, or not a file of bpnet; take the one that the run wrote") from error
    if not isinstance(about, dict) or about.get("kind") != kind or about.get("format") != FORMAT:
        raise DataError(f"{path}: not a {kind} file of format {FORMAT}; take the one that the run wrote")
    if _digest(tensors) != about.get("sha256"):
        raise DataError(f"{path}: its numbers are not the ones that were saved (SHA-256 differs); it is damaged")
    unfit = [name for name, tensor in tensors.items() if _must_be_finite(name, kind) and not np.isfinite(tensor).all()]
    if unfit:
        raise DataError(f"{path}: {', '.join(unfit)} holds numbers that are not finite; train with a smaller rate")
    return tensors, about


def _must_be_finite(name: str, kind: str) -> bool:
    return kind == "model" or not name.startswith("history")
