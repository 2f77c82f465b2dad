"""First weights and biases: what a network is before it has seen anything.

Each initialiser draws one layer of n_out neurons with n_in inputs each and returns (w, b), w : (n_out, n_in) and
b : (n_out, 1), in float64. N(mean, variance) is the normal distribution.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from bpnet.activations import ACTIVATIONS, Activation, Array
from bpnet.errors import UsageError, unknown
from bpnet.products import laid_out
from bpnet.seeds import Seed, generators

Layer = tuple[Array, Array]
Initializer = Callable[[np.random.Generator, int, int], Layer]


def default(rng: np.random.Generator, n_in: int, n_out: int) -> Layer:
    """Weights N(0, 1/n_in), biases N(0, 1): no neuron starts saturated (book, chapter 3).

    >>> f"{default(np.random.default_rng(0), n_in=400, n_out=300)[0].std():.3f}"  # sqrt(1 / 400)
    '0.050'
    """
    b = rng.standard_normal((n_out, 1))
    return rng.standard_normal((n_out, n_in)) / np.sqrt(n_in), b


def large(rng: np.random.Generator, n_in: int, n_out: int) -> Layer:
    """Weights and biases N(0, 1): a neuron with many inputs starts saturated (book, chapter 1).

    >>> f"{large(np.random.default_rng(0), n_in=400, n_out=300)[0].std():.2f}"
    '1.00'
    """
    b = rng.standard_normal((n_out, 1))
    return rng.standard_normal((n_out, n_in)), b


def glorot(rng: np.random.Generator, n_in: int, n_out: int) -> Layer:
    """Weights uniform within sqrt(6 / (n_in + n_out)), biases 0: made for tanh (Glorot and Bengio 2010, eq. 16).

    >>> f"{glorot(np.random.default_rng(0), n_in=400, n_out=200)[0].max():.3f}"  # sqrt(6 / 600)
    '0.100'
    """
    bound = np.sqrt(6 / (n_in + n_out))  # a uniform draw has the variance bound^2 / 3, here 2 / (n_in + n_out)
    return rng.uniform(-bound, bound, (n_out, n_in)), np.zeros((n_out, 1))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Layer:
    """Weights N(0, 2/n_in), biases 0: made for ReLU (He et al. 2015, eq. 10).

    >>> f"{he(np.random.default_rng(0), n_in=200, n_out=300)[0].std():.3f}"  # sqrt(2 / 200)
    '0.100'
    """
    w = rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)  # 2, because ReLU is 0 for half of its inputs
    return w, np.zeros((n_out, 1))


def orthogonal(rng: np.random.Generator, n_in: int, n_out: int) -> Layer:
    """Orthonormal weights, drawn evenly, biases 0: w keeps the length of what it multiplies (Saxe et al. 2014).

    A rectangular w has orthonormal rows or columns, whichever are fewer.

    >>> w, _ = orthogonal(np.random.default_rng(0), n_in=5, n_out=3)
    >>> bool(np.allclose(w @ w.T, np.eye(3)))
    True
    """
    q, r = np.linalg.qr(rng.standard_normal((max(n_in, n_out), min(n_in, n_out))))
    q *= np.sign(np.diag(r))  # without it the draw would not be even over all such matrices (Mezzadri 2007)
    return (q if n_out >= n_in else q.T), np.zeros((n_out, 1))


def identity(rng: np.random.Generator, n_in: int, n_out: int) -> Layer:
    """Square weights the identity, rectangular ones N(0, 0.001^2), biases 0 (Le, Jaitly and Hinton 2015).

    >>> identity(np.random.default_rng(0), n_in=2, n_out=2)[0]
    array([[1., 0.],
           [0., 1.]])
    """
    w = np.eye(n_out) if n_in == n_out else 0.001 * rng.standard_normal((n_out, n_in))  # the paper's deviation
    return w, np.zeros((n_out, 1))


def constant(rng: np.random.Generator, n_in: int, n_out: int, *, weight: float = 0.0, bias: float = 0.0) -> Layer:
    """Every weight and every bias the given number: a start chosen by hand, as of the book's one neuron.

    >>> constant(np.random.default_rng(0), n_in=2, n_out=1, weight=0.6, bias=0.9)
    (array([[0.6, 0.6]]), array([[0.9]]))
    """
    return np.full((n_out, n_in), weight, dtype=np.float64), np.full((n_out, 1), bias, dtype=np.float64)


def initializer(name: str, **options: float) -> Initializer:
    """The initialiser of that name with its options filled in; an unknown name or option is a UsageError."""
    if name not in INITIALIZERS:
        raise unknown("initialiser", name, INITIALIZERS)
    chosen = INITIALIZERS[name]
    if strange := options.keys() - (getattr(chosen, "__kwdefaults__", None) or {}).keys():
        raise UsageError(f"initialiser {name!r} has no option {', '.join(sorted(strange))}")
    return partial(chosen, **options)


def checked_activations(sizes: Sequence[int], hidden: str, output: str) -> list[Activation]:
    """The activation of each layer after the inputs, or a UsageError for a name that is none for such a layer."""
    names = [*[hidden] * (len(sizes) - 2), output]
    for role, name in (("hidden", hidden), ("output", output)):
        choices = [known for known in ACTIVATIONS if known != "softmax" or role == "output"]
        if name not in choices:
            raise unknown(f"{role} activation", name, choices)
    if output == "softmax" and sizes[-1] == 1:
        raise UsageError("a softmax of one output is always 1; take two outputs, or a sigmoid")
    return [ACTIVATIONS[name] for name in names]


def checked_sizes(sizes: Sequence[int]) -> list[int]:
    """The neurons of each layer, inputs first, or a UsageError for sizes that make no network."""
    n = np.asarray(sizes)
    if n.ndim != 1 or len(n) < 2 or n.dtype.kind not in "iuf" or (n < 1).any() or (n % 1).any():
        raise UsageError(f"sizes {sizes!r} make no network; take at least an input and an output, such as [2, 1]")
    return [int(size) for size in n]


def first_parameters(
    sizes: Sequence[int], draw: Initializer, scale: float, output_bias: float, seed: Seed, dtype: Any
) -> dict[str, Array]:
    """The arrays weights_1, biases_1, ... of a feedforward network, multiplied by `scale`; see `drawn`.

    `output_bias` is added to the output's biases.
    """

    def layers(rng: np.random.Generator) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        for layer, (n_in, n_out) in enumerate(pairwise(sizes), 1):
            w, b = draw(rng, n_in, n_out)
            shift = output_bias if layer == len(sizes) - 1 else 0.0
            arrays |= {f"weights_{layer}": scale * w, f"biases_{layer}": scale * b + shift}
        return arrays

    return laid_out(drawn(layers, seed, dtype))


@np.errstate(over="ignore")  # what is infinite diverges, and training says so
def drawn(draw: Callable[[np.random.Generator], dict[str, Array]], seed: Seed, dtype: Any) -> dict[str, Array]:
    """The arrays that `draw` draws in float64, kept in dtype, with a leading axis where there are several seeds.

    A seed that is no whole number from 0 and a dtype other than float32 and float64 are a UsageError.
    """
    seeds = np.asarray(seed)
    if getattr(dtype, "__name__", str(dtype)) not in ("float32", "float64"):  # the precisions that BLAS multiplies in
        raise UsageError(f"dtype {dtype!r} is none to train in; take 'float32' or 'float64'")
    if seeds.ndim > 1 or not seeds.size or seeds.dtype.kind not in "iu" or (seeds < 0).any():
        raise UsageError(f"seed {seed!r}: a whole number from 0, or a sequence of them, one per replica")
    networks, replicas = [draw(rng) for rng in generators(seed, "weights")], slice(None) if seeds.ndim else 0
    return {name: np.stack([arrays[name] for arrays in networks])[replicas].astype(dtype) for name in networks[0]}


INITIALIZERS: dict[str, Callable[..., Layer]] = {
    "default": default,
    "large": large,
    "glorot": glorot,
    "he": he,
    "orthogonal": orthogonal,
    "identity": identity,
    "constant": constant,
}
