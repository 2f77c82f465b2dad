"""A cost at given points: its value, derivative and delta, by formula and by difference, in both precisions.

Letters: k outputs, m examples. A softmax takes the given z as the k outputs of one example; under any other output each
z is a neuron of its own, with each of the given targets.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bpnet.activations import ACTIVATIONS, Activation, Array
from bpnet.costs import COSTS, Cost, check_targets, cost_for
from bpnet.data import one_hot
from bpnet.errors import UsageError, unknown

PRECISIONS = ("float64", "float32")
LARGEST = float(np.finfo(np.float32).max)  # 3.4e38: a larger z or target would be infinite in float32
BROKEN = 0.01  # relative; a naive or clipped form that is further from the exact one is shown
SHOWN, STEPS = 8.0, 401  # a picture's range of z on either side, where a sigmoid is saturated to 3e-4; and its points
OFFSETS, WEIGHTS = (-2, -1, 1, 2), (1 / 12, -2 / 3, 2 / 3, -1 / 12)  # steps h, and the quotient of order h^4


@dataclass(frozen=True)
class CostPoint:
    """A cost for one z and target, in one precision; `difference` is the delta as a difference of the values.

    For one output of a softmax, `value` is its share of the cost.
    """

    cost: str
    dtype: str
    z: float
    y: float
    a: float
    slope: float
    value: float
    derivative: float
    delta: float
    difference: float


@dataclass(frozen=True)
class CostCurve:
    """A cost along z for one target, (n,) each; under a softmax z is that of the wanted class, the others stay."""

    cost: str
    y: float
    z: Array
    value: Array
    delta: Array


@dataclass(frozen=True)
class Formulas:
    """What a cost is on an output, from the docstrings of its functions: the formula at the head, then the source."""

    cost: str
    outputs: tuple[str, ...]  # empty for any
    value: str
    derivative: str
    delta: str


@dataclass(frozen=True)
class Distributions:
    """Entropy of p, cross-entropy and Kullback-Leibler divergence of q from p, in nats; q is None for entropy alone."""

    p: tuple[float, ...]
    q: tuple[float, ...] | None
    entropy: float
    cross_entropy: float | None
    divergence: float | None
    reverse: float | None  # the divergence of p from q


def formulas() -> list[Formulas]:
    """Every cost there is, once for each kind of output that it has a form for."""
    return [
        Formulas(name, form.outputs, _head(form.value), _head(form.derivative), _head(form.delta) if form.delta else "")
        for name, cost in COSTS.items()
        for form in (cost, *cost.forms)
    ]


def points(costs: Sequence[str], z: Sequence[float], y: Sequence[float], output: str) -> list[CostPoint]:
    """Each cost at each z and target, in both precisions, with naive and clipped forms after it where they break.

    Raises:
        UsageError: no such cost or output, a pair that makes no sense, or targets that are none.
    """
    if output not in ACTIVATIONS:
        raise unknown("output", output, ACTIVATIONS)
    activation = ACTIVATIONS[output]
    if not (np.isfinite(z).all() and np.isfinite(y).all() and len(z) and len(y)):
        raise UsageError("z and y are finite numbers, one at least")
    if too_large := [number for number in (*z, *y) if abs(number) > LARGEST]:
        raise UsageError(f"{too_large[0]:g} is beyond the largest number of float32, {LARGEST:.3g}; take a smaller one")
    columns, targets = _columns(np.array(z, dtype=np.float64), np.array(y, dtype=np.float64), activation)
    rows = []
    for name in costs:
        cost = cost_for(name, activation)
        check_targets(cost, targets)
        for dtype in PRECISIONS:
            arrays = columns.astype(dtype), targets.astype(dtype)
            exact = _points(cost, activation, *arrays)
            rows += exact
            for form in naive_forms(cost, activation):
                rows += [
                    point for point, right in zip(_points(*form, *arrays), exact, strict=True) if _breaks(point, right)
                ]
    return rows


def curves(costs: Sequence[str], z: Sequence[float], y: Sequence[float], output: str) -> list[CostCurve]:
    """Each cost along a range of z that holds the given ones, for each target, in float64."""
    activation = ACTIVATIONS[output]
    along = np.linspace(min(-SHOWN, *z), max(SHOWN, *z), STEPS)
    lines = []
    for name in costs:
        cost = cost_for(name, activation)
        for target in y if activation.mixes is None else y[:1]:
            columns, targets, own = along[np.newaxis], np.full((1, STEPS), target), 0
            if activation.mixes is not None:
                start, targets = _columns(np.array(z), np.array(y), activation)
                own, columns = wanted_class(z, y), np.repeat(start, STEPS, axis=1)
                columns[own] = along
            a = activation.value(columns)
            delta = cost.output_delta(activation, columns, a, targets)[own]
            lines.append(CostCurve(name, target, along, cost.value(columns, a, targets).sum(axis=0), delta))
    return lines


def wanted_class(z: Sequence[float], y: Sequence[float]) -> int:
    """The number of the wanted class of a softmax with these z: y itself, or where its target is the largest."""
    return int(_columns(np.array(z), np.array(y), ACTIVATIONS["softmax"])[1].argmax())


def naive_forms(cost: Cost, output: Activation) -> Iterator[tuple[Cost, Activation]]:
    """The forms of a cost that floating point breaks, as others write them."""
    if cost.name == "ce" and output.name == "sigmoid":
        yield from ((COSTS[name], output) for name in ("ce-naive", "ce-clipped"))
    if cost.name == "ce" and output.name == "softmax":
        yield NAIVE_SOFTMAX_CE, NAIVE_SOFTMAX
    if cost.name == "mse" and output.name == "sigmoid":
        yield Cost("mse-naive", cost.value, cost.derivative), NAIVE_SIGMOID


def distributions(p: Sequence[float], q: Sequence[float] | None = None) -> Distributions:
    """Entropy -sum p ln p, cross-entropy -sum p ln q and divergence sum p ln(p/q) (Kullback and Leibler 1951), in nats.

    An outcome of probability 0 adds nothing; q = 0 where p is not makes the divergence infinite. Numbers below 0 or
    that do not add up to 1, and p and q of different lengths, are a UsageError.

    >>> round(distributions([0.7, 0.2, 0.1], [0.5, 0.3, 0.2]).divergence, 4)
    0.0851
    """
    first = _distribution("p", p)
    entropy = _expected(first, -np.log(first, where=first > 0, out=np.zeros_like(first)))
    if q is None:
        return Distributions(tuple(p), None, entropy, None, None, None)
    second = _distribution("q", q)
    if len(second) != len(first):
        raise UsageError(f"p has {len(first)} outcomes and q {len(second)}; give as many")
    return Distributions(
        tuple(p),
        tuple(q),
        entropy,
        _cross_entropy(first, second),
        _divergence(first, second),
        _divergence(second, first),
    )


def _columns(z: Array, y: Array, output: Activation) -> tuple[Array, Array]:
    """Weighted inputs and targets as columns: (k, 1) for a softmax, else (1, m) with each target for each z."""
    if output.mixes is None:
        return np.tile(z, len(y))[np.newaxis], np.repeat(y, len(z))[np.newaxis]
    if len(z) < 2:
        raise UsageError("a softmax of one output is always 1; give the z of all its outputs: --z 2,1,0")
    if len(y) == 1:
        return z[:, np.newaxis], one_hot(y, len(z)).T
    if len(y) != len(z):
        raise UsageError(f"{len(z)} outputs take the number of a class, or a target each; got {len(y)} targets")
    return z[:, np.newaxis], y[:, np.newaxis]


def _points(cost: Cost, output: Activation, z: Array, y: Array) -> list[CostPoint]:
    """A cost at z, y : (k, m), a point for each entry, in their precision; what overflows is infinite or NaN."""
    with np.errstate(all="ignore"):
        a = output.value(z)
        names = ("z", "y", "a", "slope", "value", "derivative", "delta", "difference")
        deltas = cost.output_delta(output, z, a, y), _difference(cost, output, z, y)
        arrays = (z, y, a, output.slope(z), cost.value(z, a, y), cost.derivative(a, y), *deltas)
    entries = zip(*(np.ravel(array).tolist() for array in arrays), strict=True)
    return [CostPoint(cost.name, str(z.dtype), **dict(zip(names, entry, strict=True))) for entry in entries]


def _difference(cost: Cost, output: Activation, z: Array, y: Array) -> Array:
    """dC/dz as a difference quotient, in the precision of z; the step balances its order with rounding."""
    h = z.dtype.type(np.finfo(z.dtype).eps ** 0.2) * np.maximum(1, np.abs(z))  # order 4: rounding / h = h^4
    quotient = np.zeros_like(z)
    for j in range(len(z)):
        step = np.zeros_like(z)
        step[j] = h[j]
        for offset, weight in zip(OFFSETS, WEIGHTS, strict=True):
            moved = z + z.dtype.type(offset) * step
            quotient[j] += z.dtype.type(weight) * cost.value(moved, output.value(moved), y).sum(axis=0) / h[j]
    return quotient


def _breaks(point: CostPoint, right: CostPoint) -> bool:
    """Whether a naive form's value or delta is not that of the exact one."""
    pairs = ((point.value, right.value), (point.delta, right.delta))
    return any(not abs(ours - exact) <= BROKEN * abs(exact) for ours, exact in pairs)


def _head(function: Callable[..., Array]) -> str:
    """The first sentence of a function's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".")


def _distribution(name: str, shares: Sequence[float]) -> Array:
    """The probabilities as an array, or a UsageError."""
    array = np.array(shares, dtype=np.float64)
    if not (array.ndim == 1 and len(array) and (array >= 0).all() and abs(array.sum() - 1) < 1e-6):  # typed by hand
        raise UsageError(
            f"{name} = {','.join(f'{share:g}' for share in shares)}: probabilities are 0 or more and add up to 1"
        )
    return array


def _expected(p: Array, values: Array) -> float:
    """sum p v over the outcomes that have a probability."""
    return float((p[p > 0] * values[p > 0]).sum())


def _cross_entropy(p: Array, q: Array) -> float:
    with np.errstate(divide="ignore"):
        return _expected(p, -np.log(q))


def _divergence(p: Array, q: Array) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _expected(p, np.log(p / q))


def _naive_softmax(z: Array) -> Array:
    """exp(z) / sum exp(z), which is NaN once exp(z) overflows: above 88.7 in float32, 709.8 in float64."""
    return np.exp(z) / np.exp(z).sum(axis=-2, keepdims=True)


def _naive_sigmoid_slope(z: Array) -> Array:
    """a (1 - a), whose digits are lost with those of 1 - a."""
    a = ACTIVATIONS["sigmoid"].value(z)
    return a * (1 - a)


NAIVE_SOFTMAX = Activation("softmax", _naive_softmax, ACTIVATIONS["softmax"].slope, (0.05, 0.95))
NAIVE_SIGMOID = Activation("sigmoid", ACTIVATIONS["sigmoid"].value, _naive_sigmoid_slope, (0.05, 0.95))
NAIVE_SOFTMAX_CE = Cost(
    "ce-naive",
    lambda z, a, y: -y * np.log(a),
    lambda a, y: -y / a,
    lambda z, a, y: a * y.sum(axis=-2, keepdims=True) - y,
)
