"""Small problems made on the spot: truth tables, a polynomial, and points in the plane.

Letters: n samples, k classes. Targets y are one-hot (n, k), or (n, 1) of 0 and 1 for two classes; the polynomial's
are quantities; all numbers are float64. In the plane, x : (n, 2), the classes take turns row by row and a point's
position on its curve is drawn at random, so that any part of the rows is a fair sample; `noise` is the standard
deviation of what is added to both coordinates, in units of the outer radius, and with noise 0 every point lies on its
curve. A value out of range, and fewer samples than classes, are a UsageError.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bpnet.data import Array, Dataset
from bpnet.datasets.examples import encode
from bpnet.errors import UsageError
from bpnet.seeds import generator

PLANE = ("x1", "x2")
INNERMOST = 0.1  # where a spiral begins, in outer radii; at 0 all arms would share a point
MOST_BITS = 12  # of parity: 4096 rows; one bit more doubles the table


def xor() -> Dataset:
    """The four rows of a XOR b, which no network without a hidden layer can learn.

    >>> xor().y.tolist()
    [[0.0], [1.0], [1.0], [0.0]]
    """
    return _gate(np.logical_xor)


def xor3() -> Dataset:
    """The four rows of a XOR b beside a third input that is always 1: the example that circulates.

    The third input stands for a bias in networks that have none. The four rows with a third input of 0 are unseen.

    >>> xor3().x.tolist()
    [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    """
    table = xor()
    return replace(table, x=np.column_stack([table.x, np.ones(4)]), features=("a", "b", "one"))


def and_() -> Dataset:
    """The four rows of a AND b, which a single neuron can learn.

    >>> and_().y.tolist()
    [[0.0], [0.0], [0.0], [1.0]]
    """
    return _gate(np.logical_and)


def or_() -> Dataset:
    """The four rows of a OR b, which a single neuron can learn.

    >>> or_().y.tolist()
    [[0.0], [1.0], [1.0], [1.0]]
    """
    return _gate(np.logical_or)


def parity(*, bits: int = 3) -> Dataset:
    """All 2^bits rows of zeros and ones: is the number of ones odd?

    >>> parity(bits=4).x.shape
    (16, 4)
    """
    if not 1 <= bits <= MOST_BITS:
        raise UsageError(f"parity has from 1 to {MOST_BITS} bits; got bits={bits}")
    x = _binary(bits)
    names = tuple(f"bit{j}" for j in range(1, bits + 1))
    return Dataset(x, encode(x.sum(axis=1) % 2, 2), classes=("even", "odd"), features=names)


def polynomial(*, samples: int = 100, features: int = 5, seed: int = 0) -> Dataset:
    """A quantity that is almost a line: y is the sum of x^3 + x^2 over inputs drawn evenly from 0 to 1.

    >>> polynomial(samples=80).x.shape
    (80, 5)
    """
    if samples < 1 or features < 1:
        raise UsageError(f"a table has 1 row and 1 feature at least; got samples={samples}, features={features}")
    x = generator(seed, "data").random((samples, features))
    return Dataset(x, (x**3 + x**2).sum(axis=1, keepdims=True), features=tuple(f"x{j}" for j in range(1, features + 1)))


def moons(*, samples: int = 400, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two interleaved half circles of radius 1, the lower one about (1, 0.5).

    >>> moons(samples=100).x.shape
    (100, 2)
    """

    def curve(lower: Array, t: Array) -> Array:
        outer = np.column_stack([np.cos(np.pi * t), np.sin(np.pi * t)])
        return np.where(lower[:, np.newaxis], [1, 0.5] - outer, outer)

    return _plane(curve, ("upper", "lower"), samples, noise, seed)


def circles(*, samples: int = 400, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> Dataset:
    """A circle of radius 1 around another of radius `factor`.

    >>> circles().classes
    ('outer', 'inner')
    """
    if not 0 < factor < 1:
        raise UsageError(f"the inner circle's factor lies between 0 and 1; got factor={factor:g}")
    return _plane(lambda inner, t: _polar(np.where(inner, factor, 1), t), ("outer", "inner"), samples, noise, seed)


def blobs(*, samples: int = 400, classes: int = 3, noise: float = 0.2, seed: int = 0) -> Dataset:
    """Round clouds whose centres are spread evenly over a circle of radius 1.

    >>> blobs(classes=5).y.shape
    (400, 5)
    """
    if classes < 2:
        raise UsageError(f"blobs come in 2 classes or more; got classes={classes}")
    names = tuple(map(str, range(classes)))
    return _plane(lambda k, t: _polar(np.ones(len(k)), k / classes), names, samples, noise, seed)


def spirals(*, samples: int = 400, noise: float = 0.02, turns: float = 1, arms: int = 2, seed: int = 0) -> Dataset:
    """Intertwined spirals, one class an arm (after Lang and Witbrock 1988).

    An arm is Archimedes' spiral at radius r from 0.1 to 1, where its angle is `turns` full turns times r.

    >>> spirals(arms=3).classes
    ('0', '1', '2')
    """
    if arms < 2:
        raise UsageError(f"spirals have 2 arms or more; got arms={arms}")
    if not 0 < turns < math.inf:
        raise UsageError(f"a spiral's turns are above 0; got turns={turns:g}")

    def curve(arm: Array, t: Array) -> Array:
        r = INNERMOST + (1 - INNERMOST) * t
        return _polar(r, turns * r + arm / arms)

    return _plane(curve, tuple(map(str, range(arms))), samples, noise, seed)


def _gate(rule: Callable[[Array, Array], Array]) -> Dataset:
    """The truth table of two inputs, (4, 2) and (4, 1)."""
    x = _binary(2)
    return Dataset(x, encode(rule(x[:, 0], x[:, 1]), 2), classes=("0", "1"), features=("a", "b"))


def _binary(bits: int) -> Array:
    """Every row of so many zeros and ones, counting upwards in binary: (2^bits, bits)."""
    return (np.arange(2**bits)[:, np.newaxis] >> np.arange(bits)[::-1] & 1).astype(np.float64)


def _polar(r: Array, turn: Array) -> Array:
    """Points (n, 2) at radius r : (n,) and an angle of so many full turns : (n,)."""
    return r[:, np.newaxis] * np.column_stack([np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)])


def _plane(
    curve: Callable[[Array, Array], Array], classes: tuple[str, ...], samples: int, noise: float, seed: int
) -> Dataset:
    """Points scattered about curves; `curve` maps classes (n,) and positions t in [0, 1) : (n,) to points (n, 2)."""
    if samples < len(classes):
        raise UsageError(f"{len(classes)} classes need at least {len(classes)} samples; got samples={samples}")
    if not 0 <= noise < math.inf:
        raise UsageError(f"noise is a standard deviation, 0 or more; got noise={noise:g}")
    rng = generator(seed, "data")
    k = np.arange(samples) % len(classes)
    points = curve(k, rng.random(samples))
    x = points + noise * rng.standard_normal(points.shape)
    return Dataset(x, encode(k, len(classes)), classes=classes, features=PLANE)
