"""Products with the Hessian and the Gauss-Newton matrix against complex steps of the gradient.

The derivative of f along v is the imaginary part of f(theta + i h v) / h, without a difference and so without
cancellation, for an h as small as one likes (Squire and Trapp 1998). It takes functions written for complex numbers:
the network's own take absolute values so as never to overflow, so `forward` and the backward pass here are plain.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bpnet.activations import Activation, Array
from bpnet.gradcheck.differences import in_float64
from bpnet.gradcheck.forward import layers
from bpnet.network import Network
from bpnet.second_order import Objective, flat, shaped
from bpnet.second_order.steps import Quadratic
from bpnet.seeds import generator
from bpnet.training import add_penalties
from bpnet.training.step import buffers

TOLERANCE = 1e-10  # relative to the largest entry of a product; rounding makes about 1e-15
H = 1e-30  # the step, in the parameters' unit: its square is far below the last digit of any number here
DIRECTIONS = 5  # drawn at random; each moves every parameter


@dataclass(frozen=True)
class ProductCheck:
    """How the products of one matrix agree in one array: the largest difference over the product's largest entry."""

    matrix: str
    name: str
    parameters: int  # how many the array has
    error: float


@dataclass(frozen=True)
class CurvatureCheck:
    """The verdict on a network's curvature: every array within the tolerance, and not every product zero."""

    arrays: tuple[ProductCheck, ...]
    examples: int
    tolerance: float
    vanished: bool
    l2: float = 0.0  # the penalty that was part of the cost

    @property
    def passed(self) -> bool:
        """The products are those of the gradient's derivative."""
        return not self.vanished and all(array.error <= self.tolerance for array in self.arrays)

    def complaint(self) -> str:
        """Where and how far a product is off, in a sentence."""
        if self.vanished:
            return "every product is 0, so nothing was checked; start less saturated"
        worst = max(self.arrays, key=lambda array: array.error)
        return f"a product with the {worst.matrix} is not that of the cost: {worst.name}, off by {worst.error:.1e}"

    def as_json(self) -> dict[str, Any]:
        """The verdict and every array, for JSON."""
        return {"passed": self.passed, **asdict(self)}


def check_curvature(
    network: Network,
    x: Array,
    y: Array,
    tolerance: float = TOLERANCE,
    seed: int = 0,
    *,
    l2: float = 0.0,
    n: int | None = None,
) -> CurvatureCheck:
    """Check the curvature products of a single network on examples x : (n_in, m), y : (n_out, m), in float64.

    The penalty l2/(2n) sum w^2 counts once for each example, as a step of curvature on these examples has it; n is the
    size of the training set, m if None. The network itself is not changed. A cost without a second derivative is a
    UsageError.
    """
    twin = in_float64(network)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    directions = generator(seed, "check").standard_normal((DIRECTIONS, flat(twin.parameters).size))
    m, arrays, largest = x.shape[-1], [], 0.0
    objective = Objective(twin, x, y, l2 / (n or m), whole=True)
    penalties = np.stack([flat(penalty_step(twin, shaped(v, twin.parameters), l2, (n or m) / m)) for v in directions])
    for matrix, exact, step in (("Hessian", True, hessian_step), ("Gauss-Newton matrix", False, gauss_newton_step)):
        quadratic = Quadratic(objective, np.zeros(directions.shape[-1]), exact, explicit=0)
        steps = np.stack([flat(step(twin, x, y, shaped(v, twin.parameters))) for v in directions])
        largest = max(largest, float(np.abs(steps).max()))
        steps += penalties
        scale = np.abs(steps).max(axis=1, keepdims=True)
        off = np.abs(m * quadratic.times(directions) - steps)
        off = np.divide(off, scale, out=off, where=scale > 0)
        for name, errors in shaped(off, twin.parameters).items():
            arrays.append(ProductCheck(matrix, name, twin.parameters[name].size, float(errors.max())))
    return CurvatureCheck(tuple(arrays), m, tolerance, largest == 0, l2)


def hessian_step(network: Network, x: Array, y: Array, direction: Mapping[str, Array]) -> dict[str, Array]:
    """The Hessian times a direction: the complex step of the gradient, summed over the columns."""
    moved = _moved(network, direction)
    zs, activations = layers(network, moved, x, VALUES)
    gradient = _backward(network, moved, zs, activations, _delta(network, zs[-1], y))
    return {name: g.imag / H for name, g in gradient.items()}


def gauss_newton_step(network: Network, x: Array, y: Array, direction: Mapping[str, Array]) -> dict[str, Array]:
    """The Gauss-Newton matrix times a direction: J' of what the output's curvature makes of J v.

    J v and what becomes of it at the output are complex steps, of the forward pass and of delta. Where the cost is
    taken for a function of a, not of z, the activation's own bend is left out.
    """
    zs, activations = layers(network, network.parameters, x, VALUES)
    z = zs[-1] + 1j * layers(network, _moved(network, direction), x, VALUES)[0][-1].imag
    if network.cost.delta is not None:
        r_delta = _delta(network, z, y).imag / H
    else:
        output = network.activations[-1]
        r_derivative = network.cost.derivative(PLAIN[output.name][0](z), y).imag / H
        r_delta = _pull_back(output, r_derivative, zs[-1])
    return _backward(network, network.parameters, zs, activations, r_delta)


def penalty_step(network: Network, direction: Mapping[str, Array], l2: float, n: float) -> dict[str, Array]:
    """The curvature of l2/(2n) sum w^2 times a direction: the complex step of the gradient that training adds."""
    moved = _moved(network, direction)
    gradient = {name: np.zeros_like(p) for name, p in moved.items()}
    add_penalties(gradient, moved, buffers(moved), l2, 0, n)
    return {name: g.imag / H for name, g in gradient.items()}


def _moved(network: Network, direction: Mapping[str, Array]) -> dict[str, Array]:
    return {name: p + 1j * H * direction[name] for name, p in network.parameters.items()}


def _delta(network: Network, z: Array, y: Array) -> Array:
    """dC/dz of the output."""
    output = network.activations[-1]
    a = PLAIN[output.name][0](z)
    if network.cost.delta is not None:
        return network.cost.delta(z, a, y)
    return _pull_back(output, network.cost.derivative(a, y), z)


def _backward(
    network: Network, parameters: Mapping[str, Array], zs: list[Array], activations: list[Array], delta: Array
) -> dict[str, Array]:
    """The gradient by the parameters' names, from the output's delta."""
    weights, gradients = list(parameters.values())[::2], list[Array]()
    for layer in reversed(range(len(weights))):
        gradients += [delta.sum(axis=-1, keepdims=True), delta @ activations[layer].T]
        if layer > 0:
            delta = _pull_back(network.activations[layer - 1], weights[layer].T @ delta, zs[layer - 1])
    return dict(zip(parameters, reversed(gradients), strict=True))


def _pull_back(activation: Activation, gradient: Array, z: Array) -> Array:
    """dC/dz from dC/da."""
    value, slope = PLAIN[activation.name]
    if activation.mixes is None:
        return gradient * slope(z)
    a = value(z)
    return a * (gradient - (a * gradient).sum(axis=0))


def _sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), or exp(z) / (1 + exp(z)) where the real part is negative, so that no power overflows."""
    power = np.exp(np.where(z.real > 0, -z, z))
    return np.where(z.real > 0, 1, power) / (1 + power)


def _softmax(z: Array) -> Array:
    exponentials = np.exp(z - z.real.max(axis=0))
    return exponentials / exponentials.sum(axis=0)


# Value and slope of each activation for complex z.
PLAIN: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "tanh": (np.tanh, lambda z: 4 * _sigmoid(2 * z) * _sigmoid(-2 * z)),  # 1 / cosh^2, which would overflow
    "relu": (lambda z: np.where(z.real > 0, z, 0), lambda z: (z.real > 0).astype(float)),
    "linear": (lambda z: z, np.ones_like),
    "softmax": (_softmax, lambda z: _softmax(z) * (1 - _softmax(z))),
}
VALUES = {name: value for name, (value, _) in PLAIN.items()}
