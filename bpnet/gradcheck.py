"""Backpropagation against differences of the cost: does the gradient belong to the cost that is reported?

The cost C(theta), summed over the m examples given, is treated as a black box in float64. Each parameter is moved by
+-h and +-2h and the four costs give a difference quotient good to order h^4; many parameters are moved at once, each in
a replica of its own.
"""

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.network import Network

Array = NDArray[Any]

TOLERANCE = 1e-7
STEPS = (1e-3, 1e-4, 1e-5)
OFFSETS = np.array([-2.0, -1.0, 1.0, 2.0])
AT_ONCE = 2_000_000


@dataclass(frozen=True)
class LayerCheck:
    """How one array of parameters fared.

    `error` is the worst |backprop - difference| over the larger of the two (or over what rounding lets a difference
    see, where both are smaller), `where` the index of that parameter, `backprop` and `difference` its two values.
    `kinks` counts parameters at which the cost bends (ReLU at 0, |a - y| at 0) and the gradient is one of the sides.
    `size` is the largest gradient in the array.
    """

    name: str
    parameters: int
    error: float
    where: tuple[int, ...]
    backprop: float
    difference: float
    kinks: int
    size: float


@dataclass(frozen=True)
class GradientCheck:
    """The verdict on a network: every array within the tolerance, and not all gradients zero."""

    layers: tuple[LayerCheck, ...]
    examples: int
    tolerance: float

    @property
    def vanished(self) -> bool:
        """No gradient is large enough for a difference to see, so that nothing was checked."""
        return all(layer.size == 0 for layer in self.layers)

    @property
    def passed(self) -> bool:
        """Backprop is the gradient of the cost."""
        return not self.vanished and all(layer.error <= self.tolerance for layer in self.layers)

    def complaint(self) -> str:
        """Where and how far the gradient is off, in a sentence."""
        if self.vanished:
            return "every gradient is too small for a difference to see, so nothing was checked; start less saturated"
        worst = max(self.layers, key=lambda layer: layer.error)
        place = ", ".join(str(k) for k in worst.where)
        return (
            f"the gradient is not that of the cost: {worst.name}, [{place}]: backprop says {worst.backprop:.6g}, "
            f"the difference {worst.difference:.6g}"
        )

    def report(self) -> dict[str, Any]:
        """The verdict and every layer, for JSON."""
        return {"passed": self.passed, **asdict(self)}


def check(network: Network, x: Array, y: Array, tolerance: float = TOLERANCE) -> GradientCheck:
    """Check every parameter of a single network on the examples x : (n_in, m), y : (n_out, m), in float64.

    The network itself is not touched. An overridden `cost_derivative` is what backprop uses, so that a derivative
    that is not its cost's is found out.
    """
    twin = _in_double(network)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    nabla_b, nabla_w = twin.backprop(x, y)
    layers = []
    for layer in range(len(twin.weights)):
        for kind, nabla in (("weights", nabla_w[layer]), ("biases", nabla_b[layer])):
            layers.append(_check_array(twin, x, y, kind, layer, nabla, tolerance))
    return GradientCheck(tuple(layers), x.shape[1], tolerance)


def _in_double(network: Network) -> Network:
    twin = copy.copy(network)
    twin.dtype = np.dtype(np.float64)
    twin.biases = [b.astype(np.float64) for b in network.biases]
    twin.weights = [w.astype(np.float64) for w in network.weights]
    return twin


def _check_array(
    network: Network, x: Array, y: Array, kind: str, layer: int, nabla: Array, tolerance: float
) -> LayerCheck:
    """Differences for one array, with smaller steps where a step does not confirm backprop, and kinks told apart."""
    g = nabla.ravel()
    centre = float(_cost(network, x, y))
    difference, error = np.zeros_like(g), np.full(g.shape, np.inf)
    kink = np.zeros(g.shape, dtype=bool)
    noise = 0.0
    for h in STEPS:
        left_over = np.flatnonzero(error > tolerance)
        noise = 50 * np.finfo(float).eps * (1 + abs(centre)) / h
        for some in _portions(left_over, g.size):
            costs = _moved_costs(network, x, y, kind, layer, some, h)
            found = (costs[0] - 8 * costs[1] + 8 * costs[2] - costs[3]) / (12 * h)
            off = np.abs(found - g[some])
            off /= np.maximum(np.maximum(np.abs(found), np.abs(g[some])), noise / tolerance)
            closer = off < error[some]
            difference[some[closer]], error[some[closer]] = found[closer], off[closer]
            kink[some] = _is_side_of_kink(costs, centre, g[some], h) & (error[some] > tolerance)
    error[kink] = 0
    worst = int(np.argmax(error))
    return LayerCheck(
        name=f"{kind} of layer {layer + 1}",
        parameters=g.size,
        error=float(error[worst]),
        where=tuple(int(i) for i in np.unravel_index(worst, nabla.shape)),
        backprop=float(g[worst]),
        difference=float(difference[worst]),
        kinks=int(kink.sum()),
        size=float(np.abs(g).max()) if np.abs(g).max() > noise else 0.0,
    )


def _portions(indices: Array, parameters: int) -> Iterator[Array]:
    """So many at a time that the moved copies fit into the caches' neighbourhood."""
    step = max(1, AT_ONCE // (len(OFFSETS) * parameters))
    for k in range(0, len(indices), step):
        yield indices[k : k + step]


def _moved_costs(network: Network, x: Array, y: Array, kind: str, layer: int, some: Array, h: float) -> Array:
    """C with one parameter moved: (4, k) for the four offsets and k parameters, a replica for each."""
    moved = copy.copy(network)
    arrays = list(getattr(network, kind))
    copies = np.repeat(arrays[layer][np.newaxis], len(OFFSETS) * len(some), axis=0)
    rows = np.arange(len(copies))
    copies.reshape(len(copies), -1)[rows, np.tile(some, len(OFFSETS))] += np.repeat(h * OFFSETS, len(some))
    arrays[layer] = copies
    setattr(moved, kind, arrays)
    return _cost(moved, x, y).reshape(len(OFFSETS), len(some))


def _cost(network: Network, x: Array, y: Array) -> Array:
    zs, activations = network.forward(x)
    return network.data_cost(zs[-1], activations[-1], y).sum(axis=-1)


def _is_side_of_kink(costs: Array, centre: float, g: Array, h: float) -> Array:
    """Where the slopes to the left and to the right differ and g lies between them."""
    left = (3 * centre - 4 * costs[1] + costs[0]) / (2 * h)
    right = (4 * costs[2] - costs[3] - 3 * centre) / (2 * h)
    low, high = np.minimum(left, right), np.maximum(left, right)
    slack = 1e-3 * (np.abs(low) + np.abs(high))
    return (high - low > slack) & (g >= low - slack) & (g <= high + slack)
