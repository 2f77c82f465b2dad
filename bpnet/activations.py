"""What a neuron makes of its weighted input z, and how steeply: each function beside its slope.

Shapes: z : (..., n, m), n neurons, m examples side by side, any leading axes. Every value and slope keeps z's shape and
dtype and never overflows; those of sigmoid and tanh are exact in the tails too, where a has rounded to 0 or 1, down to
the smallest normal number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of float32 or float64; of bool for what is saturated


@np.errstate(over="ignore")  # exp(1000) is infinite, and 1 / (1 + inf) is 0
def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)) (book, equation 3).

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return np.reciprocal(1 + np.exp(-z))


def sigmoid_slope(z: Array) -> Array:
    """sigma'(z) = sigma(z) sigma(-z), the book's `sigmoid_prime`; it is at most 1/4.

    >>> f"{sigmoid_slope(np.float32(20)):.2e}"  # where a * (1 - a) has rounded to 0
    '2.06e-09'
    """
    return sigmoid_with_slope(z)[1]


@np.errstate(over="ignore", invalid="ignore")
def sigmoid_with_slope(z: Array) -> tuple[Array, Array]:
    """sigma(z) and sigma'(z) from one exponential, which costs more than all the rest."""
    power = np.exp(-z)
    a = np.reciprocal(1 + power)
    return a, a * np.fmin(power * a, 1)  # sigma(-z), but inf * 0 where the power is infinite: there fmin takes the 1


def sigmoid_bend(z: Array) -> Array:
    """sigma''(z) = sigma'(z) (1 - 2 sigma(z)), exact in the tails too."""
    return -sigmoid_slope(z) * np.tanh(z / 2)


def tanh(z: Array) -> Array:
    """The hyperbolic tangent, 2 sigma(2z) - 1.

    >>> tanh(np.array([-1000.0, 0.0, np.log(2)]))
    array([-1. ,  0. ,  0.6])
    """
    return np.tanh(z)


def tanh_slope(z: Array) -> Array:
    """1 - tanh(z)^2, written as 4 sigma'(2z) because the difference loses every digit where tanh nears 1."""
    return 4 * sigmoid_slope(2 * z)


def tanh_bend(z: Array) -> Array:
    """tanh''(z) = 8 sigma''(2z), exact in the tails too."""
    return 8 * sigmoid_bend(2 * z)


def relu(z: Array) -> Array:
    """max(z, 0) (Nair and Hinton 2010).

    >>> relu(np.array([-2.0, 3.0]))
    array([0., 3.])
    """
    return np.maximum(z, 0)


def relu_slope(z: Array) -> Array:
    """1 where z > 0, else 0; the slope at the kink itself is taken as 0."""
    return (z > 0).astype(z.dtype)


def linear(z: Array) -> Array:
    """z itself, for an output that is a quantity.

    >>> linear(np.array([-2.0, 3.0]))
    array([-2.,  3.])
    """
    return z


def linear_slope(z: Array) -> Array:
    """1 everywhere."""
    return np.ones_like(z)


def softmax(z: Array) -> Array:
    """exp(z_j) / sum_k exp(z_k) over the neurons of a layer (book, equation 78).

    >>> softmax(np.array([[0.0], [np.log(3)]])).ravel()
    array([0.25, 0.75])
    """
    powers = np.exp(z - z.max(axis=-2, keepdims=True))  # at most 1, and one of them is: neither 0/0 nor overflow
    return powers / powers.sum(axis=-2, keepdims=True)


def log_softmax(z: Array) -> Array:
    """ln of softmax, finite for every finite z: z - max - ln(1 + sum of exp(z - max) over the other neurons)."""
    shifted = z - z.max(axis=-2, keepdims=True)
    others = (np.exp(shifted) - (shifted == 0)).sum(axis=-2, keepdims=True)  # apart, since 1 + exp(-20) rounds to 1
    return shifted - np.log1p(others + ((shifted == 0).sum(axis=-2, keepdims=True, dtype=z.dtype) - 1))


def softmax_slope(z: Array) -> Array:
    """The diagonal of softmax's Jacobian, a_j (1 - a_j): how far a neuron can still move by itself."""
    a = softmax(z)
    return a * (1 - a)


def softmax_pull_back(gradient: Array, z: Array) -> Array:
    """dC/dz from dC/da through the whole Jacobian: a_j (g_j - sum_k a_k g_k)."""
    a = softmax(z)
    return a * (gradient - (a * gradient).sum(axis=-2, keepdims=True))


@dataclass(frozen=True)
class Activation:
    """A function of the weighted input, its slope, and the bounds of its output beyond which it is saturated."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    bounds: tuple[float, float]  # in units of a: the low one and the high one; of softmax, those of two neurons
    mixes: Callable[[Array, Array], Array] | None = None  # pull-back where neurons depend on each other (softmax)
    bend: Callable[[Array], Array] = np.zeros_like  # the slope's own derivative, where each neuron has only its own z
    both: Callable[[Array], tuple[Array, Array]] | None = None  # value and slope, where together they cost less

    def saturated(self, z: Array) -> Array:
        """Where the output is at one of the bounds or beyond; k outputs that share 1 are low at a tenth of 1/k."""
        a, (low, high) = self.value(z), self.bounds
        low = low if self.mixes is None else 2 * low / z.shape[-2]
        return (a <= low) | (a >= high)

    def with_slope(self, z: Array) -> tuple[Array, Array]:
        """Value and slope."""
        return (self.value(z), self.slope(z)) if self.both is None else self.both(z)

    def pull_back(self, gradient: Array, z: Array) -> Array:
        """dC/dz, given dC/da and z, all of the shape of z: dC/da * slope(z) where each neuron has only its own z."""
        return gradient * self.slope(z) if self.mixes is None else self.mixes(gradient, z)


ACTIVATIONS = {
    # Saturated is within a 20th of the range from either end: the sigmoid's slope is under a fifth of that at z = 0.
    "sigmoid": Activation(
        "sigmoid", sigmoid, sigmoid_slope, bounds=(0.05, 0.95), bend=sigmoid_bend, both=sigmoid_with_slope
    ),
    "tanh": Activation("tanh", tanh, tanh_slope, bounds=(-0.9, 0.9), bend=tanh_bend),
    "relu": Activation("relu", relu, relu_slope, bounds=(0, np.inf)),  # saturated where it is off
    "linear": Activation("linear", linear, linear_slope, bounds=(-np.inf, np.inf)),
    "softmax": Activation("softmax", softmax, softmax_slope, bounds=(0.05, 0.95), mixes=softmax_pull_back),
}
