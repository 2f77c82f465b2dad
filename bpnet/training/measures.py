"""What an epoch measured: cost, error and accuracy of each part of the data, and the monitors of each layer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bpnet import metrics
from bpnet.activations import Activation, Array
from bpnet.data import Dataset, Splits, minibatches
from bpnet.history import Row
from bpnet.products import NARROW
from bpnet.training.settings import Parameters, Probe, Settings, Trainable

MEASURED_AT_ONCE = 4096  # examples times replicas in one forward pass, so that its arrays stay in the caches
LARGEST_AT_ONCE = 2**24  # bytes of inputs in one forward pass, 16 MiB: wide rows of a file may exceed the memory
MONITORED = 1000  # first training examples that the monitors look at, as many as the book's figure of chapter 5


def penalty(network: Trainable, settings: Settings, n: int) -> Any:
    """What the cost adds for the size of the weights: l2/(2n) sum w^2 + l1/n sum |w| (book, equations 87 and 95)."""
    if not (settings.l2 or settings.l1):
        return 0.0
    weights = [p for name, p in network.parameters.items() if name.startswith("weights")]
    squares = sum(np.square(w).sum(axis=(-2, -1), dtype=np.float64) for w in weights)
    sizes = sum(np.abs(w).sum(axis=(-2, -1), dtype=np.float64) for w in weights)
    return settings.l2 / (2 * n) * squares + settings.l1 / n * sizes


def batches_to_measure(network: Trainable, data: Dataset) -> Iterator[tuple[Array, Array]]:
    """All examples as columns, so many at a time as fit beside the replicas.

    Always a multiple of 64, and no few at the end: a matrix product rounds the columns at its ragged end otherwise, and
    narrow ones by other means, so a replica would be measured in other last digits than the same network alone.
    """
    m = min(MEASURED_AT_ONCE // (network.replicas or 1), LARGEST_AT_ONCE // data.x[:1].nbytes)
    m, n, begin = NARROW * max(1, m // NARROW), len(data), 0
    for end in (*range(m, n - NARROW + 1, m), n):
        yield from minibatches(data.take(slice(begin, end)), end - begin, dtype=network.dtype)
        begin = end


def measure(network: Trainable, data: Dataset, measures: Sequence[str] = (), ahead: bool = False) -> Row:
    """`cost` (without penalties), `error`, `accuracy` for classes or `r2` for quantities; per replica if there are any.

    `measures` names more of metrics.MEASURES. What overflows is measured as infinite or NaN. `ahead` says that the next
    step is made on all these data at once.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rows, costs = _outputs_and_costs(network, data, ahead)
        row, targets = {"cost": np.add.reduce(costs, axis=-1, dtype=np.float64) / costs.shape[-1]}, np.asarray(data.y)
        for name in ("error", metrics.score(data.kind), *measures):
            row[name] = metrics.MEASURES[name].function(rows, targets)
    return {name: plain(value) for name, value in row.items()}


def _outputs_and_costs(network: Trainable, data: Dataset, ahead: bool) -> tuple[Array, Array]:
    """The outputs for all examples, (..., n, n_out), and the cost of each, (..., n)."""
    measured = []
    for x, y in batches_to_measure(network, data):
        kept = {"ahead": True} if ahead and x.shape[-1] == len(data) else {}
        measured.append(network.outputs_and_costs(x, y, **kept))
    outputs, costs = zip(*measured, strict=True)
    rows = outputs[0].mT if len(outputs) == 1 else np.concatenate([a.mT for a in outputs], axis=-2)
    return rows, np.concatenate(costs, axis=-1)


def measure_epoch(network: Trainable, splits: Splits, settings: Settings, ahead: bool = False) -> Row:
    """The measures of each part, as `train_cost` and so on; costs are the ones descended, penalties and all."""
    extra = penalty(network, settings, len(splits.train))
    row: Row = {}
    for part, data in splits.present.items():
        values = measure(network, data, settings.measures, ahead and part == "train")
        row |= {f"{part}_{name}": value for name, value in values.items()}
        row[f"{part}_cost"] = plain(values["cost"] + extra)
    return row


def measure_layers(network: Trainable, data: Dataset, names: Sequence[str], previous: Parameters | None = None) -> Row:
    """The monitors of these names, over the first 1000 training examples: `saturation_1` is that of the layer named 1.

    `previous` are the parameters before the last step, which `update_ratio` needs.
    """
    probes = network.probe(*next(minibatches(data, MONITORED, dtype=network.dtype)))
    row: Row = {}
    for name in names:
        for layer, probe in probes.items():
            value = MONITORS[name](replace(probe, previous=previous) if previous else probe)
            if value is not None:
                row[name if name in OUTPUT_ONLY else f"{name}_{layer}"] = plain(value)
    return row


def saturation(probe: Probe) -> Array:
    """The share of the layer's activations that are near a bound."""
    return _over_inputs(probe, lambda f, z: f.saturated(z)).mean(axis=(-2, -1))


def wrong_saturation(probe: Probe) -> Array | None:
    """The share of outputs saturated on the wrong side of 1/2: the kind that hurts. The output layer only."""
    return None if probe.targets is None else _saturated_wrongly(probe, probe.targets).mean(axis=(-2, -1))


def wrong_saturation_own(probe: Probe) -> Array | None:
    """The share of examples whose own class's output is saturated near 0; of a single output, on the wrong side."""
    if (y := probe.targets) is None:
        return None
    own = (y > 0.5) | (y.shape[-2] == 1)
    return (own & _saturated_wrongly(probe, y)).any(axis=-2).mean(axis=-1)


def slope(probe: Probe) -> Array:
    """The mean of sigma'(z) over the layer."""
    return _over_inputs(probe, lambda f, z: f.slope(z)).mean(axis=(-2, -1), dtype=np.float64)


def delta_norm(probe: Probe) -> Array:
    """The norm of the layer's mean delta: the book's speed of learning (chapter 5)."""
    return norm([probe.delta])


def gradient_norm(probe: Probe) -> Array | None:
    """The norm of the gradient of the mean cost for the layer's weights; a single time step has none of its own."""
    return None if not probe.gradients else norm(list(probe.gradients.values()))


def update_ratio(probe: Probe) -> Array | None:
    """The epoch's last step of the layer's weights over the weights before it, |step| / |w|; None without a step."""
    if not probe.previous or not probe.weights:
        return None
    steps = norm([w - probe.previous[name] for name, w in probe.weights.items()])
    return steps / norm([probe.previous[name] for name in probe.weights])


def norm(arrays: Sequence[Array]) -> Array:
    """The Euclidean norm over all entries of the arrays, per replica if there are any."""
    squares: Any = sum(np.square(array, dtype=np.float64).sum(axis=(-2, -1)) for array in arrays)
    return np.sqrt(squares)


def plain(value: Any) -> Any:
    """A number as a Python float; replicas' numbers stay an array, (R,)."""
    return value.ravel() if getattr(value, "ndim", 0) else float(value)


def _saturated_wrongly(probe: Probe, targets: Array) -> Array:
    """Which outputs are saturated on the wrong side of 1/2, where the label changes."""
    saturated, a = (_over_inputs(probe, look) for look in (lambda f, z: f.saturated(z), lambda f, z: f.value(z)))
    return saturated & (np.abs(a - targets) > 0.5)


def _over_inputs(probe: Probe, look: Callable[[Activation, Array], Array]) -> Array:
    """What `look` sees in each weighted input of a layer, its neurons below each other: (..., k, m)."""
    values = [look(activation, z) for activation, z in probe.inputs]
    return values[0] if len(values) == 1 else np.concatenate(values, axis=-2)


OUTPUT_ONLY = ("wrong_saturation", "wrong_saturation_own")  # monitors of one layer; their column does not name it

MONITORS: dict[str, Callable[[Probe], Array | None]] = {
    "saturation": saturation,
    "wrong_saturation": wrong_saturation,
    "wrong_saturation_own": wrong_saturation_own,
    "slope": slope,
    "delta_norm": delta_norm,
    "gradient_norm": gradient_norm,
    "update_ratio": update_ratio,
}
