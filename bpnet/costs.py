"""What a network pays for an output a when y was wanted: each cost beside its derivative and its delta.

Shapes: z, a, y : (..., n_out, m), weighted inputs, outputs and targets of m examples side by side. `value` gives what
each output of each example costs, an array of that shape; the cost C of a network is its sum over outputs, mean over
examples, in nats for the logarithmic costs. `derivative` is dC/da and `delta` is dC/dz, per example.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.activations import Activation, log_softmax, sigmoid_slope
from bpnet.errors import UsageError, unknown

Array = NDArray[Any]

CLIP = 1e-7


@dataclass(frozen=True)
class Cost:
    """A cost: its value, its derivative, and where it is known in closed form its delta.

    `value(z, a, y)` may use z where that is exact and a where that is enough. `derivative(a, y)` is dC/da. `delta(z,
    a, y)` is dC/dz where the output's slope cancels; None takes derivative * slope, equation BP1 as it stands.
    `outputs` names the output activations the cost is made for; empty means any.
    """

    name: str
    value: Callable[[Array, Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    delta: Callable[[Array, Array, Array], Array] | None = None
    outputs: tuple[str, ...] = ()

    def output_delta(self, output: Activation, z: Array, a: Array, y: Array) -> Array:
        """dC/dz at the output layer: the closed form, or BP1."""
        if self.delta is not None:
            return self.delta(z, a, y)
        return output.pull_back(self.derivative(a, y), z)  # BP1


def squared_error(z: Array, a: Array, y: Array) -> Array:
    """1/2 (a - y)^2 (book, equation 6, for one example)."""
    return 0.5 * np.square(a - y)


def squared_error_derivative(a: Array, y: Array) -> Array:
    """a - y."""
    return a - y


def binary_cross_entropy(z: Array, a: Array, y: Array) -> Array:
    """-y ln a - (1 - y) ln(1 - a) with a = sigma(z) (book, equation 63), in nats.

    Written as |z| (the target on the far side of 0) + ln(1 + exp(-|z|)), which subtracts nothing: right for every
    finite z, 1000 where z = 1000 and y = 0, and 2.06e-9 in float32 where z = 20 and y = 1.
    """
    return np.abs(z) * np.where(z > 0, 1 - y, y) + np.log1p(np.exp(-np.abs(z)))


def binary_cross_entropy_derivative(a: Array, y: Array) -> Array:
    """(a - y) / (a (1 - a)); infinite or undefined once a has rounded to 0 or 1, which is why there is a delta."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (a - y) / (a * (1 - a))


def binary_cross_entropy_delta(z: Array, a: Array, y: Array) -> Array:
    """a - y: the slope has cancelled, so a saturated wrong output learns fastest (book, equation 66)."""
    return a - y


def log_likelihood(z: Array, a: Array, y: Array) -> Array:
    """-y ln a with a = softmax(z) (book, equation 80, for targets that may be shares), in nats."""
    return -y * log_softmax(z)


def log_likelihood_derivative(a: Array, y: Array) -> Array:
    """-y / a; infinite once a has rounded to 0 where y is not, which is why there is a delta."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y == 0, 0, -y / a)


def log_likelihood_delta(z: Array, a: Array, y: Array) -> Array:
    """a sum(y) - y, which is a - y for targets that add up to 1 (book, equation 83)."""
    return a * y.sum(axis=-2, keepdims=True) - y


def absolute_error(z: Array, a: Array, y: Array) -> Array:
    """|a - y|."""
    return np.abs(a - y)


def absolute_error_derivative(a: Array, y: Array) -> Array:
    """The sign of a - y; 0 where they are equal."""
    return np.sign(a - y)


def huber(z: Array, a: Array, y: Array) -> Array:
    """1/2 e^2 where |e| = |a - y| <= 1, beyond it |e| - 1/2: squared near the target, absolute far off (Huber 1964)."""
    off = np.abs(a - y)
    near = np.minimum(off, 1)
    return near * (off - 0.5 * near)


def huber_derivative(a: Array, y: Array) -> Array:
    """a - y, clipped to the range from -1 to 1."""
    return np.clip(a - y, -1, 1)


def flat_spot_delta(z: Array, a: Array, y: Array) -> Array:
    """(a - y) (sigma'(z) + 0.1): the squared error's delta, never quite flat (Fahlman 1988). No cost's gradient."""
    return (a - y) * (sigmoid_slope(z) + 0.1)


def naive_cross_entropy(z: Array, a: Array, y: Array) -> Array:
    """-y ln a - (1 - y) ln(1 - a) from the rounded a: infinite or undefined once a has rounded to 0 or 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return -y * np.log(a) - (1 - y) * np.log(1 - a)


def naive_cross_entropy_delta(z: Array, a: Array, y: Array) -> Array:
    """dC/da times a (1 - a) as floating point multiplies them: undefined once a has rounded to 1."""
    with np.errstate(invalid="ignore"):
        return binary_cross_entropy_derivative(a, y) * (a * (1 - a))


def clipped_cross_entropy(z: Array, a: Array, y: Array) -> Array:
    """The cross-entropy of a clipped to [1e-7, 1 - 1e-7], the usual repair of the naive form; at most 16.1."""
    return naive_cross_entropy(z, np.clip(a, CLIP, 1 - CLIP), y)


def clipped_cross_entropy_delta(z: Array, a: Array, y: Array) -> Array:
    """a - y inside the clip and exactly 0 outside, where the clipped cost is flat: a saturated output is frozen."""
    return np.where((a > CLIP) & (a < 1 - CLIP), a - y, 0)


def _checked(cost: Cost) -> Cost:
    """A cost of one's own, if it gives an array like its arguments: a number per output of each example."""
    probe = np.full((2, 3), 0.25)
    for name, found in (("value", cost.value(probe, probe, probe)), ("derivative", cost.derivative(probe, probe))):
        if np.shape(found) != probe.shape:
            raise UsageError(
                f"cost {cost.name!r}: its {name} has shape {np.shape(found)} for outputs {probe.shape}; "
                f"give a number per output and example, and leave the sum to the network"
            )
    return cost


def cost_for(cost: str | Cost, output: Activation) -> Cost:
    """The form a cost takes on an output activation.

    Raises:
        UsageError: there is no such cost, or the pair makes no sense (cross-entropy of an output that is no
            probability; a cost of one's own that gives no array).
    """
    forms = (_checked(cost),) if isinstance(cost, Cost) else COSTS.get(cost)
    if forms is None:
        raise unknown("cost", str(cost), COSTS)
    for form in forms:
        if not form.outputs or output.name in form.outputs:
            return form
    fitting = " or ".join(name for form in forms for name in form.outputs)
    raise UsageError(
        f"cost {forms[0].name!r} needs a {fitting} output, not {output.name!r}; "
        f"change the output, or take the cost 'mse', which fits any"
    )


COSTS: dict[str, tuple[Cost, ...]] = {
    "mse": (Cost("mse", squared_error, squared_error_derivative),),
    "ce": (
        Cost(
            "ce",
            binary_cross_entropy,
            binary_cross_entropy_derivative,
            delta=binary_cross_entropy_delta,
            outputs=("sigmoid",),
        ),
        Cost("ce", log_likelihood, log_likelihood_derivative, delta=log_likelihood_delta, outputs=("softmax",)),
    ),
    "mse-flatspot": (
        Cost("mse-flatspot", squared_error, squared_error_derivative, delta=flat_spot_delta, outputs=("sigmoid",)),
    ),
    "ce-naive": (
        Cost(
            "ce-naive",
            naive_cross_entropy,
            binary_cross_entropy_derivative,
            delta=naive_cross_entropy_delta,
            outputs=("sigmoid",),
        ),
    ),
    "ce-clipped": (
        Cost(
            "ce-clipped",
            clipped_cross_entropy,
            binary_cross_entropy_derivative,
            delta=clipped_cross_entropy_delta,
            outputs=("sigmoid",),
        ),
    ),
    "mae": (Cost("mae", absolute_error, absolute_error_derivative),),
    "huber": (Cost("huber", huber, huber_derivative),),
}
