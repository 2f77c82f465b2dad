"""The model file. Loading checks shapes and that every number is finite, and builds from table look-ups only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bpnet.datasets.scaling import Scaling
from bpnet.errors import BpnetError, DataError, UsageError
from bpnet.model.tensors import fill, like, load_tensors, refuse_infinite, save_tensors
from bpnet.network import Network
from bpnet.recurrent import RecurrentNetwork
from bpnet.training.settings import Array


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
    model = model if isinstance(model, Model) else Model(model)
    network = model.network
    if network.replicas is not None:
        raise UsageError(f"{path}: these are {network.replicas} networks; a model file holds one")
    tensors = dict(network.parameters)
    for name, scaling in (("input", model.scaling), ("target", model.target_scaling)):
        if scaling is not None:
            tensors |= {f"{name}_shift": scaling.shift, f"{name}_unit": scaling.unit}
    kind, (_, describe, _) = next(entry for entry in NETWORKS.items() if isinstance(network, entry[1][0]))
    words = {name: getattr(model, name) for name in ("classes", "features", "image", "target")}
    metadata = {"kind": "model", **describe(network), **words}
    save_tensors(Path(path), tensors, metadata if kind == FEEDFORWARD else metadata | {"network": kind})


def load_model(path: str | Path) -> Model:
    """Read a model file; a DataError if it is missing, damaged or of another kind."""
    tensors, metadata = load_tensors(Path(path), "model")
    refuse_infinite(Path(path), tensors)
    try:
        _, _, build = NETWORKS[metadata.get("network", FEEDFORWARD)]
        network = build(metadata, tensors)
        fill(network.parameters, tensors)
        return Model(
            network,
            _classes(metadata, network.sizes[-1]),
            tuple(metadata["features"]),
            tuple(metadata["image"]) if metadata["image"] else None,
            _scaling(tensors, "input", network.sizes[0]),
            _scaling(tensors, "target", network.sizes[-1]),
            metadata.get("target", ""),
        )
    except (KeyError, TypeError, IndexError, BpnetError) as error:
        raise DataError(f"{path}: not a model this version can read ({error}); train it again") from error


def _describe(network: Network) -> dict[str, Any]:
    """All of a network but its arrays, as JSON holds it."""
    return {
        "sizes": network.sizes,
        "cost": network.cost.name,
        "activation": network.activations[0].name if network.num_layers > 2 else "sigmoid",
        "output": network.activations[-1].name,
        "dtype": network.dtype.name,
        "seed": network.seed,
    }


def _build(metadata: Mapping[str, Any], tensors: Mapping[str, Array]) -> Network:
    """A network as `_describe` described it, its parameters 0; its sizes are believed only where tensors have them."""
    layers = range(1, len(metadata["sizes"]))
    sizes = [tensors["weights_1"].shape[1], *(tensors[f"biases_{layer}"].shape[0] for layer in layers)]
    return Network(_confirmed(sizes, metadata), init="constant", **_options(metadata))


def _confirmed(sizes: list[int], metadata: Mapping[str, Any]) -> list[int]:
    """The sizes that the tensors have, which must be those that the file says."""
    if sizes != metadata["sizes"]:
        raise DataError(f"its layers are said to be {metadata['sizes']} and are {sizes}")
    return sizes


def _options(metadata: Mapping[str, Any], more: Sequence[str] = ()) -> dict[str, Any]:
    """The arguments of a network that a file holds."""
    return {name: metadata[name] for name in ("cost", "activation", "output", "dtype", "seed", *more)}


def _describe_recurrent(network: RecurrentNetwork) -> dict[str, Any]:
    """The same of a recurrent network, with what it makes of time."""
    return _describe(network) | {name: getattr(network, name) for name in TIME}


def _build_recurrent(metadata: Mapping[str, Any], tensors: Mapping[str, Array]) -> RecurrentNetwork:
    """A recurrent network as `_describe_recurrent` described it, its parameters 0."""
    layers = [*range(1, len(metadata["sizes"]) - 1), "output"]
    inputs = metadata["steps"] * tensors["weights_input_1"].shape[1]
    sizes = [inputs, *(tensors[f"biases_{layer}"].shape[0] for layer in layers)]
    return RecurrentNetwork(_confirmed(sizes, metadata), init="constant", **_options(metadata, TIME))


def _classes(metadata: Mapping[str, Any], outputs: int) -> tuple[str, ...]:
    """The names of the classes: one for each output, two for a single one, or none."""
    classes, wanted = tuple(metadata["classes"]), max(2, outputs)
    if len(classes) not in (0, wanted):
        raise DataError(f"it names {len(classes)} classes where its outputs tell {wanted} apart")
    return classes


def _scaling(tensors: Mapping[str, Array], name: str, columns: int) -> Scaling | None:
    """The scaling of the inputs or the targets, which has a number for each column; None if the file has none."""
    if f"{name}_shift" not in tensors:
        return None
    return Scaling(*(like(tensors[f"{name}_{part}"], np.empty(columns)) for part in ("shift", "unit")))


TIME = ("steps", "initial_state", "truncate")  # arguments of a recurrent network alone
FEEDFORWARD = "feedforward"  # the network of a model file that names none

Describe = Callable[[Any], dict[str, Any]]
Build = Callable[[Mapping[str, Any], Mapping[str, Array]], Any]

NETWORKS: dict[str, tuple[type[Any], Describe, Build]] = {
    "recurrent": (RecurrentNetwork, _describe_recurrent, _build_recurrent),  # first, since it is a Network too
    FEEDFORWARD: (Network, _describe, _build),
}
