"""What an epoch measured: cost, error and accuracy of each set, and the monitors of each layer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet import metrics
from bpnet.activations import Activation
from bpnet.data import Dataset, minibatches
from bpnet.training.settings import Settings, Trainable

Array = NDArray[Any]

MEASURED_AT_ONCE = 4096
MONITORED = 1000


def penalty(network: Trainable, settings: Settings, n: int) -> Any:
    """What the cost adds for the size of the weights: l2/(2n) sum w^2 + l1/n sum |w| (book, equations 87 and 95)."""
    squares = sum(np.square(w).sum(axis=(-2, -1), dtype=np.float64) for w in network.weights)
    sizes = sum(np.abs(w).sum(axis=(-2, -1), dtype=np.float64) for w in network.weights)
    return settings.l2 / (2 * n) * squares + settings.l1 / n * sizes


def batches_to_measure(network: Trainable, data: Dataset) -> Iterator[tuple[Array, Array]]:
    """All examples as columns, so many at a time as fit beside the replicas."""
    return minibatches(data, max(64, MEASURED_AT_ONCE // (network.replicas or 1)), dtype=network.dtype)


def measure(network: Trainable, data: Dataset, further: Sequence[str] = ()) -> dict[str, Any]:
    """`cost` (without penalties), `error`, `accuracy` for classes or `r2` for quantities; per replica if there are any.

    `further` names more of metrics.MEASURES. What overflows is measured as infinite or NaN.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        outputs, cost = [], []
        for x, y in batches_to_measure(network, data):
            zs, activations = network.forward(x)
            cost.append(network.data_cost(zs[-1], activations[-1], y))
            outputs.append(activations[-1].mT)
        rows = np.concatenate(outputs, axis=-2)
        found = {"cost": np.concatenate(cost, axis=-1).mean(axis=-1, dtype=np.float64)}
        for name in ("error", "accuracy" if data.classes else "r2", *further):
            found[name] = metrics.MEASURES[name](rows, data.y)
    return {name: plain(value) for name, value in found.items()}


def measure_epoch(network: Trainable, sets: dict[str, Dataset | None], settings: Settings) -> dict[str, Any]:
    """The measures of each set there is, as `train_cost` and so on; costs are the ones descended, penalties and all."""
    extra = penalty(network, settings, len(sets["train"] or ()))
    row: dict[str, Any] = {}
    for part, data in sets.items():
        if data is not None:
            found = measure(network, data, settings.measures)
            row |= {f"{part}_{name}": value for name, value in found.items()}
            row[f"{part}_cost"] = plain(found["cost"] + extra)
    return row


@dataclass(frozen=True)
class Probe:
    """One pass of some training examples through a network: what the monitors look at.

    `zs` and `nablas` are lists with an entry per layer, from the first hidden one to the output: weighted inputs
    (..., n, m), and gradients of the mean cost; `ratios` the last step of each weight matrix as a share of it.
    """

    activations: list[Activation]
    zs: list[Array]
    a: Array
    y: Array
    nabla_b: list[Array]
    nabla_w: list[Array]
    ratios: list[Array]


def saturation(probe: Probe) -> list[Array]:
    """The share of activations near a bound, per layer."""
    return [f.saturated(z).mean(axis=(-2, -1)) for f, z in zip(probe.activations, probe.zs, strict=True)]


def wrong_saturation(probe: Probe) -> list[Array]:
    """The share of outputs saturated on the wrong side of 1/2: the kind that hurts. The output layer only."""
    saturated = probe.activations[-1].saturated(probe.zs[-1])
    return [(saturated & (np.abs(probe.a - probe.y) > 0.5)).mean(axis=(-2, -1))]


def slope(probe: Probe) -> list[Array]:
    """The mean of sigma'(z), per layer."""
    pairs = zip(probe.activations, probe.zs, strict=True)
    return [f.slope(z).mean(axis=(-2, -1), dtype=np.float64) for f, z in pairs]


def delta_norm(probe: Probe) -> list[Array]:
    """The norm of the mean delta, per layer: the book's speed of learning (chapter 5)."""
    return [norm(nabla) for nabla in probe.nabla_b]


def gradient_norm(probe: Probe) -> list[Array]:
    """The norm of the gradient of the mean cost for the weights, per layer."""
    return [norm(nabla) for nabla in probe.nabla_w]


def update_ratio(probe: Probe) -> list[Array]:
    """The epoch's last step of the weights over the weights, |step| / |w|, per layer."""
    return probe.ratios


def measure_layers(network: Trainable, data: Dataset, settings: Settings, ratios: list[Array]) -> dict[str, Any]:
    """The monitors asked for, over the first 1000 training examples: `saturation_1` is that of the first layer."""
    if not settings.monitor:
        return {}
    x, y = next(minibatches(data, MONITORED, dtype=network.dtype))
    zs, activations = network.forward(x)
    nabla_b, nabla_w = ([g / x.shape[-1] for g in nabla] for nabla in network.backprop(x, y))
    probe = Probe(network.activations, zs, activations[-1], y, nabla_b, nabla_w, ratios)
    row: dict[str, Any] = {}
    for name in settings.monitor:
        values = MONITORS[name](probe)
        row |= {name if len(values) < len(zs) else f"{name}_{k}": plain(value) for k, value in enumerate(values, 1)}
    return row


def norm(array: Array) -> Array:
    """The Euclidean norm of a bias or weight array, per replica if there are any."""
    return np.sqrt(np.square(array, dtype=np.float64).sum(axis=(-2, -1)))


def plain(value: Any) -> Any:
    """A number as a Python float; replicas' numbers stay an array, (R,)."""
    return np.ravel(value) if np.ndim(value) else float(value)


MONITORS: dict[str, Callable[[Probe], list[Array]]] = {
    "saturation": saturation,
    "wrong_saturation": wrong_saturation,
    "slope": slope,
    "delta_norm": delta_norm,
    "gradient_norm": gradient_norm,
    "update_ratio": update_ratio,
}
