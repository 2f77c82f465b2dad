"""What a neuron makes of its weighted input z, and how steeply: each function beside its slope.

Shapes: z : (..., n, m), n neurons, m examples side by side, any leading axes. Every function keeps z's shape and
dtype, never overflows, and is exact in the tails: the slope of a sigmoid at z = 20 is 2.06e-9 in float32 too,
where a * (1 - a) has already rounded to nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), without overflow on either side (book, equation 3)."""
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


def sigmoid_slope(z: Array) -> Array:
    """sigma'(z) = sigma(z) sigma(-z), the book's `sigmoid_prime`; it is at most 1/4."""
    tail = np.exp(-np.abs(z))
    return tail / np.square(1 + tail)


def sigmoid_saturated(z: Array) -> Array:
    """Where a < 0.05 or a > 0.95."""
    return np.abs(z) > np.log(19)


def tanh(z: Array) -> Array:
    """The hyperbolic tangent, 2 sigma(2z) - 1."""
    return np.tanh(z)


def tanh_slope(z: Array) -> Array:
    """1 - tanh(z)^2, written as 4 sigma'(2z) because the difference loses every digit where tanh nears 1."""
    return 4 * sigmoid_slope(2 * z)


def tanh_saturated(z: Array) -> Array:
    """Where |a| > 0.9."""
    return np.abs(z) > np.arctanh(0.9)


def relu(z: Array) -> Array:
    """max(z, 0) (Nair and Hinton 2010)."""
    return np.maximum(z, 0)


def relu_slope(z: Array) -> Array:
    """1 where z > 0, else 0; the slope at the kink itself is taken as 0."""
    return (z > 0).astype(z.dtype)


def relu_saturated(z: Array) -> Array:
    """Where the neuron is off: a is exactly 0."""
    return z <= 0


def linear(z: Array) -> Array:
    """z itself, for an output that is a quantity."""
    return z


def linear_slope(z: Array) -> Array:
    """1 everywhere."""
    return np.ones_like(z)


def never_saturated(z: Array) -> Array:
    """A linear neuron has no bound to be near."""
    return np.zeros(z.shape, dtype=bool)


def softmax(z: Array) -> Array:
    """exp(z_j) / sum_k exp(z_k) over the neurons of a layer (book, equation 78)."""
    return np.exp(log_softmax(z))


def log_softmax(z: Array) -> Array:
    """ln of softmax, finite for every finite z: z - max - ln sum exp(z - max)."""
    shifted = z - z.max(axis=-2, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-2, keepdims=True))


def softmax_slope(z: Array) -> Array:
    """The diagonal of softmax's Jacobian, a_j (1 - a_j): how far a neuron can still move by itself."""
    a = softmax(z)
    return a * (1 - a)


def softmax_pull_back(gradient: Array, z: Array) -> Array:
    """dC/dz from dC/da through the whole Jacobian: a_j (g_j - sum_k a_k g_k)."""
    a = softmax(z)
    return a * (gradient - (a * gradient).sum(axis=-2, keepdims=True))


def softmax_saturated(z: Array) -> Array:
    """Where a < 0.05 or a > 0.95, as for the sigmoid."""
    a = softmax(z)
    return (a < 0.05) | (a > 0.95)


@dataclass(frozen=True)
class Activation:
    """A function of the weighted input, its slope, and where it counts as saturated.

    `mixes` is the pull-back of an activation whose neurons depend on each other (softmax); None means that each
    neuron has only its own z, so that dC/dz = dC/da * slope(z).
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    saturated: Callable[[Array], Array]
    mixes: Callable[[Array, Array], Array] | None = None

    def pull_back(self, gradient: Array, z: Array) -> Array:
        """dC/dz, given dC/da and z, all of the shape of z."""
        return gradient * self.slope(z) if self.mixes is None else self.mixes(gradient, z)


ACTIVATIONS = {
    "sigmoid": Activation("sigmoid", sigmoid, sigmoid_slope, sigmoid_saturated),
    "tanh": Activation("tanh", tanh, tanh_slope, tanh_saturated),
    "relu": Activation("relu", relu, relu_slope, relu_saturated),
    "linear": Activation("linear", linear, linear_slope, never_saturated),
    "softmax": Activation("softmax", softmax, softmax_slope, softmax_saturated, mixes=softmax_pull_back),
}
