"""What a network pays for an output a when y was wanted: each cost beside its derivative and its delta.

Shapes: z, a, y : (..., n_out, m), weighted inputs, outputs and targets of m examples side by side, and what each
function returns. The cost C of a network is its sum over outputs, mean over examples; in nats if it is logarithmic.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bpnet.activations import Activation, Array, log_softmax, sigmoid_slope
from bpnet.errors import UsageError, unknown

CLIP = 1e-7  # in units of a: the clipped cost comes no nearer to 0 and 1; the usual choice, about float32's rounding


@dataclass(frozen=True)
class Cost:
    """A cost: its value, its derivative dC/da, and its delta dC/dz where that is known in closed form.

    For a cost of your own write two functions, here C = (a - y)^4 / 4 and dC/da; then train by it with
    `Network(sizes, cost=quartic)`, or by its name after `COSTS["quartic"] = quartic`:

    >>> quartic = Cost("quartic", value=lambda z, a, y: (a - y) ** 4 / 4, derivative=lambda a, y: (a - y) ** 3)
    >>> quartic.value(z=None, a=np.array([2.0]), y=np.array([0.0]))
    array([4.])
    """

    name: str
    value: Callable[[Array, Array, Array], Array]  # of z, a, y; it gets z because a loses digits at saturation
    derivative: Callable[[Array, Array], Array]  # of a, y
    delta: Callable[[Array, Array, Array], Array] | None = None  # of z, a, y
    outputs: tuple[str, ...] = ()  # the output activations that it is made for; empty for any
    forms: tuple["Cost", ...] = ()  # the same cost for other output activations
    second: Callable[[Array, Array], Array] | None = None  # of a, y: d/da of `delta`, else of `derivative`

    def output_delta(self, output: Activation, z: Array, a: Array, y: Array) -> Array:
        """dC/dz at the output layer: in closed form, or dC/da pulled back through the output activation."""
        return output.pull_back(self.derivative(a, y), z) if self.delta is None else self.delta(z, a, y)


def squared_error(z: Array, a: Array, y: Array) -> Array:
    """1/2 (a - y)^2 (book, equation 6, for one example).

    >>> squared_error(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0]))
    array([0.5])
    """
    return 0.5 * np.square(a - y)


def squared_error_derivative(a: Array, y: Array) -> Array:
    """a - y."""
    return a - y


def squared_error_second(a: Array, y: Array) -> Array:
    """1: d/da of a - y, which is also the delta of the cross-entropy with a sigmoid."""
    return np.ones_like(a)


def cross_entropy(z: Array, a: Array, y: Array) -> Array:
    """-y ln a - (1 - y) ln(1 - a) with a = sigma(z) (book, equation 63), in nats.

    >>> cross_entropy(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0]))
    array([1000.])
    """
    size = np.abs(z)  # of z, because a rounds to 0 or 1; |(z > 0) - y| is the share on the wrong side
    return size * np.abs((z > 0).astype(z.dtype) - y) + np.log1p(np.exp(-size))


def cross_entropy_derivative(a: Array, y: Array) -> Array:
    """(a - y) / (a (1 - a)); infinite or undefined once a has rounded to 0 or 1, which is why there is a delta."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (a - y) / (a * (1 - a))


def cross_entropy_delta(z: Array, a: Array, y: Array) -> Array:
    """a - y: the slope has cancelled, so a saturated wrong output learns fastest (book, equation 66).

    >>> cross_entropy_delta(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0]))
    array([1.])
    """
    return a - y


def log_likelihood(z: Array, a: Array, y: Array) -> Array:
    """-y ln a with a = softmax(z) (book, equation 80, for targets that may be shares), in nats.

    >>> log_likelihood(z=np.array([[0.0], [1e3]]), a=np.array([[0.0], [1.0]]), y=np.array([[1.0], [0.0]])).sum(axis=0)
    array([1000.])
    """
    return -y * log_softmax(z)


def log_likelihood_derivative(a: Array, y: Array) -> Array:
    """-y / a; infinite once a has rounded to 0 where y is not, which is why there is a delta."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y == 0, 0, -y / a)


def log_likelihood_delta(z: Array, a: Array, y: Array) -> Array:
    """a sum(y) - y, which is a - y for targets that add up to 1 (book, equation 83).

    >>> log_likelihood_delta(z=None, a=np.array([[0.25], [0.75]]), y=np.array([[1.0], [0.0]])).ravel()
    array([-0.75,  0.75])
    """
    return a * y.sum(axis=-2, keepdims=True) - y


def log_likelihood_second(a: Array, y: Array) -> Array:
    """sum(y): d/da of its delta, a sum(y) - y."""
    return y.sum(axis=-2, keepdims=True)


def absolute_error(z: Array, a: Array, y: Array) -> Array:
    """|a - y| (least absolute deviations, Boscovich 1757).

    >>> absolute_error(z=None, a=np.array([0.5, 3.0]), y=np.array([0.0, 0.0]))
    array([0.5, 3. ])
    """
    return np.abs(a - y)


def absolute_error_derivative(a: Array, y: Array) -> Array:
    """The sign of a - y; 0 where they are equal."""
    return np.sign(a - y)


def huber(z: Array, a: Array, y: Array) -> Array:
    """1/2 e^2 where |e| = |a - y| <= 1, beyond it |e| - 1/2: squared near the target, absolute far off (Huber 1964).

    >>> huber(z=None, a=np.array([0.5, 3.0]), y=np.array([0.0, 0.0]))
    array([0.125, 2.5  ])
    """
    error = np.abs(a - y)
    near = np.minimum(error, 1)  # in units of a: where squared turns into absolute; one deviation of a scaled target
    return near * (error - 0.5 * near)


def huber_derivative(a: Array, y: Array) -> Array:
    """a - y, clipped to the range from -1 to 1."""
    return np.clip(a - y, -1, 1)  # in units of a, the same 1


def huber_second(a: Array, y: Array) -> Array:
    """1 where |a - y| <= 1, beyond it 0."""
    return (np.abs(a - y) <= 1).astype(a.dtype)


def flat_spot_delta(z: Array, a: Array, y: Array) -> Array:
    """(a - y) (sigma'(z) + 0.1): the squared error's delta, never quite flat (Fahlman 1988). No cost's gradient.

    >>> flat_spot_delta(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0]))
    array([0.1])
    """
    return (a - y) * (sigmoid_slope(z) + 0.1)  # a slope, beside sigma' <= 1/4: Fahlman's own number


def naive_cross_entropy(z: Array, a: Array, y: Array) -> Array:
    """-y ln a - (1 - y) ln(1 - a) from the rounded a: infinite or undefined once a has rounded to 0 or 1.

    >>> naive_cross_entropy(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0]))
    array([inf])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return -y * np.log(a) - (1 - y) * np.log(1 - a)


def naive_delta(z: Array, a: Array, y: Array) -> Array:
    """dC/da times a (1 - a) as floating point multiplies them: undefined once a has rounded to 0 or 1.

    >>> naive_delta(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0]))
    array([nan])
    """
    with np.errstate(invalid="ignore"):
        return cross_entropy_derivative(a, y) * (a * (1 - a))


def clipped_cross_entropy(z: Array, a: Array, y: Array) -> Array:
    """The cross-entropy of a clipped to [1e-7, 1 - 1e-7], the usual repair of the naive form; at most 16.1.

    >>> clipped_cross_entropy(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0])).round(1)  # -ln 1e-7
    array([16.1])
    """
    return naive_cross_entropy(z, np.clip(a, CLIP, 1 - CLIP), y)


def clipped_delta(z: Array, a: Array, y: Array) -> Array:
    """a - y inside the clip and exactly 0 outside, where the clipped cost is flat: a saturated output is frozen.

    >>> clipped_delta(z=np.array([1000.0]), a=np.array([1.0]), y=np.array([0.0]))
    array([0.])
    """
    return np.where((a > CLIP) & (a < 1 - CLIP), a - y, 0)


def cost_for(cost: str | Cost, output: Activation) -> Cost:
    """The form that a cost, or the cost of that name, takes on an output activation.

    No such cost, no such form, or arrays of another shape than their arguments are a UsageError.
    """
    chosen = cost if isinstance(cost, Cost) else COSTS.get(cost)
    if chosen is None:
        raise unknown("cost", str(cost), COSTS)
    forms = (chosen, *chosen.forms)
    form = next((form for form in forms if not form.outputs or output.name in form.outputs), None)
    if form is None:
        fitting = " or ".join(name for form in forms for name in form.outputs)
        raise UsageError(f"cost {chosen.name!r} needs a {fitting} output, not {output.name!r}; 'mse' fits any output")
    probe = np.full((2, 3), 0.25)  # two outputs, three examples; 0.25 is a possible output of every activation
    for name, result in (("value", form.value(probe, probe, probe)), ("derivative", form.derivative(probe, probe))):
        if (shape := np.shape(result)) != probe.shape:
            raise UsageError(f"cost {form.name!r}: its {name} has shape {shape}; give a number per output and example")
    return form


def check_targets(cost: Cost, y: Array) -> None:
    """Refuse, as a UsageError, targets that are no probabilities where the cost is made for these."""
    low, high = y.min(), y.max()
    if cost.outputs and (low < 0 or high > 1):
        raise UsageError(f"targets from {low:g} to {high:g}: {cost.name} takes probabilities, from 0 to 1")


LIKELIHOOD = (log_likelihood, log_likelihood_derivative, log_likelihood_delta)
SOFTMAX_CE = Cost("ce", *LIKELIHOOD, ("softmax",), second=log_likelihood_second)
ENTROPY = (cross_entropy, cross_entropy_derivative, cross_entropy_delta)

COSTS: dict[str, Cost] = {
    "mse": Cost("mse", squared_error, squared_error_derivative, second=squared_error_second),
    "ce": Cost("ce", *ENTROPY, ("sigmoid",), (SOFTMAX_CE,), second=squared_error_second),
    "mse-natural": Cost(  # its delta over the Fisher information sigma'(z) of the output, which is ce's (Amari 1998)
        "mse-natural", squared_error, squared_error_derivative, cross_entropy_delta, ("sigmoid", "softmax")
    ),
    "mse-flatspot": Cost("mse-flatspot", squared_error, squared_error_derivative, flat_spot_delta, ("sigmoid",)),
    "ce-naive": Cost("ce-naive", naive_cross_entropy, cross_entropy_derivative, naive_delta, ("sigmoid",)),
    "ce-clipped": Cost("ce-clipped", clipped_cross_entropy, cross_entropy_derivative, clipped_delta, ("sigmoid",)),
    "mae": Cost("mae", absolute_error, absolute_error_derivative),
    "huber": Cost("huber", huber, huber_derivative, second=huber_second),
}
