"""The file that holds a network, with all that is needed to ask it in the units and the words of its data.

It is a safetensors file with one metadata key, `bpnet`, that holds JSON: what the tensors are, and their SHA-256.
Loading checks the digest, the shapes and that every number is finite, builds from table look-ups, and never unpickles.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bpnet.data import Scaling
from bpnet.errors import BpnetError, DataError, UsageError
from bpnet.files import write
from bpnet.network import Network

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
    tensors = parameters_of(network)
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
    save_tensors(Path(path), tensors, about)


def load_model(path: str | Path) -> Model:
    """Read a model file.

    Raises:
        DataError: the file is missing, damaged, or of another kind.
    """
    tensors, about = load_tensors(Path(path), "model")
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
        fill(network, tensors)
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


def parameters_of(network: Network) -> dict[str, Array]:
    """A network's arrays by name."""
    named = {f"weights_{layer}": w for layer, w in enumerate(network.weights, 1)}
    return named | {f"biases_{layer}": b for layer, b in enumerate(network.biases, 1)}


def fill(network: Network, tensors: Mapping[str, Array]) -> None:
    """Put tensors into a network that has their shapes."""
    for name, parameter in parameters_of(network).items():
        parameter[...] = like(tensors[name], parameter)


def like(tensor: Array, parameter: Array) -> Array:
    """A copy of a tensor; a DataError where its shape or dtype is another than the parameter's."""
    if tensor.shape != parameter.shape or tensor.dtype != parameter.dtype:
        raise DataError(f"a tensor is {tensor.dtype} {tensor.shape} where {parameter.dtype} {parameter.shape} belongs")
    return tensor.copy()


def _scaling(tensors: Mapping[str, Array], name: str, columns: int) -> Scaling | None:
    if f"{name}_shift" not in tensors:
        return None
    empty = np.empty(columns)
    return Scaling(like(tensors[f"{name}_shift"], empty), like(tensors[f"{name}_unit"], empty))


def _digest(tensors: Mapping[str, Array]) -> str:
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = np.asarray(tensors[name], order="C")
        total.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        total.update(tensor.tobytes())
    return total.hexdigest()


def save_tensors(path: Path, tensors: Mapping[str, Array], about: Mapping[str, Any]) -> None:
    """Write tensors and their metadata as one file."""
    tensors = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    text = json.dumps({"format": FORMAT, **about, "sha256": _digest(tensors)}, sort_keys=True)
    write(path, save(tensors, metadata={"bpnet": text}))


def load_tensors(path: Path, kind: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read what `save_tensors` wrote, checked."""
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
