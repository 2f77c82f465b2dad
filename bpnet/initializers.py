"""First weights and biases: what a network knows before it has seen anything.

Each initialiser draws one layer of n_out neurons with n_in inputs each and returns (w, b), w : (n_out, n_in) and
b : (n_out, 1), in float64. N(mean, variance) is the normal distribution.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.errors import UsageError, unknown

Array = NDArray[Any]
Initializer = Callable[[np.random.Generator, int, int], tuple[Array, Array]]


def default(rng: np.random.Generator, n_in: int, n_out: int) -> tuple[Array, Array]:
    """Weights N(0, 1/n_in), biases N(0, 1): no neuron starts saturated (book, chapter 3)."""
    b = rng.standard_normal((n_out, 1))
    return rng.standard_normal((n_out, n_in)) / np.sqrt(n_in), b


def large(rng: np.random.Generator, n_in: int, n_out: int) -> tuple[Array, Array]:
    """Weights and biases N(0, 1): a neuron with many inputs starts saturated (book, chapter 1)."""
    b = rng.standard_normal((n_out, 1))
    return rng.standard_normal((n_out, n_in)), b


def glorot(rng: np.random.Generator, n_in: int, n_out: int) -> tuple[Array, Array]:
    """Weights uniform within sqrt(6 / (n_in + n_out)), biases 0: made for tanh (Glorot and Bengio 2010, eq. 16)."""
    bound = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_out, n_in)), np.zeros((n_out, 1))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> tuple[Array, Array]:
    """Weights N(0, 2/n_in), biases 0: made for ReLU (He et al. 2015, eq. 10)."""
    return rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in), np.zeros((n_out, 1))


def constant(
    rng: np.random.Generator, n_in: int, n_out: int, *, weight: float = 0.0, bias: float = 0.0
) -> tuple[Array, Array]:
    """Every weight and every bias the given number: a start chosen by hand, as of the book's one neuron."""
    return np.full((n_out, n_in), weight, dtype=np.float64), np.full((n_out, 1), bias, dtype=np.float64)


def initializer(name: str, **options: float) -> Initializer:
    """The initialiser of that name with its options filled in.

    Raises:
        UsageError: an unknown name or option.
    """
    if name not in INITIALIZERS:
        raise unknown("initialiser", name, INITIALIZERS)
    chosen = INITIALIZERS[name]
    strangers = options.keys() - (getattr(chosen, "__kwdefaults__", None) or {}).keys()
    if strangers:
        raise UsageError(f"initialiser {name!r} has no option {', '.join(sorted(strangers))}")
    return partial(chosen, **options)


INITIALIZERS: dict[str, Callable[..., tuple[Array, Array]]] = {
    "default": default,
    "large": large,
    "glorot": glorot,
    "he": he,
    "constant": constant,
}
