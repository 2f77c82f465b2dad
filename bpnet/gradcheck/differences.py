"""Backpropagation against differences of the cost: does the gradient belong to the cost that is reported?

The cost C, summed over m examples and with the penalties on the weights, is a black box in float64. Each parameter is
moved by +-h and +-2h, and the four costs give a difference quotient good to order h^4. Many parameters are moved at
once, each in a replica of its own.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from bpnet.activations import Array
from bpnet.training import Settings, Trainable, add_penalties, penalty
from bpnet.training.step import buffers

AnyNetwork = TypeVar("AnyNetwork", bound=Trainable)

CostOf = Callable[[Trainable], Array]  # C of a network, one number for each replica

TOLERANCE = 1e-7  # relative; a wrong gradient is off by far more, rounding by about 1e-9
STEPS = (1e-3, 1e-4, 1e-5)  # h, in the parameters' unit: the next smaller one where the cost bends too much for a step
OFFSETS = np.array([-2.0, -1.0, 1.0, 2.0])  # in steps h: the four points of the quotient of order h^4
AT_ONCE = 2_000_000  # numbers in the moved copies of an array, so that they stay near the caches
ROUNDINGS = 50  # times the machine epsilon over h: the smallest difference that rounding lets a quotient see
SLACK = 1e-3  # relative; slopes left and right of a point that differ by more have a kink between them


@dataclass(frozen=True)
class LayerCheck:
    """How backprop and differences agree on one array, and their two values for its worst parameter.

    `error` is |backprop - difference| over the larger of the two, or over what rounding lets a difference see.
    """

    name: str
    parameters: int  # how many the array has
    error: float
    where: tuple[int, ...]  # index of the worst parameter
    backprop: float
    difference: float
    kinks: int  # parameters at which the cost bends (ReLU at 0, |a - y| at 0) and backprop gives one of the sides
    size: float  # the largest gradient in the array, 0 where rounding hides it


@dataclass(frozen=True)
class GradientCheck:
    """The verdict on a network: every array within the tolerance, and not all gradients zero."""

    layers: tuple[LayerCheck, ...]
    examples: int
    tolerance: float
    l2: float = 0.0  # the penalties that were part of the cost
    l1: float = 0.0
    derivative: str = ""  # what a cost_derivative of one's own is, in a sentence

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
        values = f"backprop gives {worst.backprop:.6g}, the difference {worst.difference:.6g}"
        clause = f"; {self.derivative}" if self.derivative else ""
        return f"the gradient is not that of the cost: {worst.name}, {list(worst.where)}: {values}{clause}"

    def as_json(self) -> dict[str, Any]:
        """The verdict and every array, for JSON."""
        return {"passed": self.passed, **asdict(self)}


def in_float64(network: AnyNetwork) -> AnyNetwork:
    """The same network with its parameters in float64; the network itself is not changed."""
    return network.with_parameters({name: p.astype(np.float64) for name, p in network.parameters.items()})


def check(
    network: Trainable,
    x: Array,
    y: Array,
    tolerance: float = TOLERANCE,
    *,
    l2: float = 0.0,
    l1: float = 0.0,
    n: int | None = None,
) -> GradientCheck:
    """Check every parameter of a single network on the examples x : (n_in, m), y : (n_out, m), in float64.

    For a `Network` y may be m class numbers. The penalties l2/(2n) sum w^2 + l1/n sum |w| count once for each example,
    as a step on these examples has them; n is the size of the training set, m if None. The network itself is not
    changed. Backprop uses an overridden `cost_derivative`, so a wrong one is noticed.
    """
    twin = in_float64(network)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    m, parameters = x.shape[-1], twin.parameters
    settings = Settings(1, None, 1.0, l2=l2, l1=l1)

    def cost_of(moved: Trainable) -> Array:
        return moved.outputs_and_costs(x, y)[1].sum(axis=-1) + m * penalty(moved, settings, n or m)

    gradient = twin.gradient(x, y)
    # The gradient is that of a sum over m examples, not of their mean.
    add_penalties(gradient, parameters, buffers(parameters), l2, l1, (n or m) / m)
    layers = (_check_array(twin, cost_of, name, gradient[name], tolerance) for name in gradient)
    return GradientCheck(tuple(layers), m, tolerance, l2, l1)


def _check_array(network: Trainable, cost_of: CostOf, name: str, gradient: Array, tolerance: float) -> LayerCheck:
    """Differences for one array, with smaller steps where a step does not confirm backprop, and kinks told apart."""
    g = gradient.ravel()
    centre = float(cost_of(network))
    difference, error, kink = np.zeros_like(g), np.full(g.shape, np.inf), np.zeros(g.shape, dtype=bool)
    portion, noise = max(1, AT_ONCE // (len(OFFSETS) * g.size)), 0.0
    for h in STEPS:
        left_over = np.flatnonzero(error > tolerance)
        noise = ROUNDINGS * np.finfo(float).eps * (1 + abs(centre)) / h
        for k in range(0, len(left_over), portion):
            some = left_over[k : k + portion]
            costs = _moved_costs(network, cost_of, name, some, h)
            quotient = (costs[0] - 8 * costs[1] + 8 * costs[2] - costs[3]) / (12 * h)
            off = np.abs(quotient - g[some])
            off /= np.maximum(np.maximum(np.abs(quotient), np.abs(g[some])), noise / tolerance)
            closer = off < error[some]
            difference[some[closer]], error[some[closer]] = quotient[closer], off[closer]
            kink[some] = _is_side_of_kink(costs, centre, g[some], h) & (error[some] > tolerance)
    error[kink] = 0
    worst, size = int(np.argmax(error)), float(np.abs(g).max())
    where = tuple(int(i) for i in np.unravel_index(worst, gradient.shape))
    off, backprop, quotient = (float(array[worst]) for array in (error, g, difference))
    return LayerCheck(name, g.size, off, where, backprop, quotient, int(kink.sum()), 0.0 if size <= noise else size)


def _moved_costs(network: Trainable, cost_of: CostOf, name: str, some: Array, h: float) -> Array:
    """C with one parameter of an array moved: (4, k) for the four offsets and k parameters, a replica for each."""
    parameters = network.parameters
    copies = np.repeat(parameters[name][np.newaxis], len(OFFSETS) * len(some), axis=0)
    replicas = np.arange(len(copies))
    copies.reshape(len(copies), -1)[replicas, np.tile(some, len(OFFSETS))] += np.repeat(h * OFFSETS, len(some))
    return cost_of(network.with_parameters(parameters | {name: copies})).reshape(len(OFFSETS), len(some))


def _is_side_of_kink(costs: Array, centre: float, g: Array, h: float) -> Array:
    """Where the slopes to the left and to the right differ and g lies between them."""
    left = (3 * centre - 4 * costs[1] + costs[0]) / (2 * h)
    right = (4 * costs[2] - costs[3] - 3 * centre) / (2 * h)
    low, high = np.minimum(left, right), np.maximum(left, right)
    slack = SLACK * (np.abs(low) + np.abs(high))
    return (high - low > slack) & (g >= low - slack) & (g <= high + slack)
