"""The book's one neuron, x = 1 and y = 0: its starts, and how long it takes in closed form.

With w and b both trained, z = w + b moves by -2 eta delta a step. Taking the steps for a flow, dz/dt = -2 eta delta(z),
the time from z0 down to zt is [F(z0) - F(zt)] / (2 eta) with F' = 1 / delta: F = 3z + e^z - 3e^-z - e^-2z/2 for the
squared error, whose delta is sigma^2 (1 - sigma), and F = z - e^-z for the cross-entropy, whose delta is sigma. So
the first takes a time that grows like e^z0, the second like z0.
"""

from collections.abc import Callable

import numpy as np

from bpnet.activations import sigmoid
from bpnet.costs import Cost
from bpnet.data import Dataset
from bpnet.initializers import initializer
from bpnet.metrics import MEASURES, Array, Target
from bpnet.network import Network

RATE = 0.15  # learning rate of the book's two figures (chapter 3)
EPOCHS = 300  # as many as those figures show
HALF = 0.5  # the output at which the label changes
END = 12  # in units of z below 0: an output of 6e-6, nearer to 0 than a picture can show
POINTS = 2000  # of the closed-form curve, dense enough for any picture
STARTS = {"w=0.6, b=0.9": (0.6, 0.9), "w=b=2": (2.0, 2.0)}


def example() -> Dataset:
    """The one example: input 1, wanted output 0."""
    return Dataset(np.ones((1, 1)), np.zeros((1, 1)), classes=("0", "1"), features=("x",))


def neuron(cost: str | Cost, w: float, b: float, kind: type[Network] = Network) -> Network:
    """The neuron with a weight and a bias of its own, as a set of one replica in float64."""
    return kind([1, 1], cost=cost, init=initializer("constant", weight=w, bias=b), seed=[0], dtype="float64")


def epochs_to(cost: str, z0: float, output: float, eta: float = RATE) -> float | None:
    """The epochs in closed form until the neuron's output is that small; None without a form, or for no output."""
    if cost not in TIMES or not 0 < output < 1:
        return None
    z = np.minimum(np.log(output / (1 - output)), z0)
    return float((TIMES[cost](np.asarray(z0)) - TIMES[cost](z)) / (2 * eta))


def epochs_to_target(cost: str, z0: float, target: Target, eta: float = RATE) -> float | None:
    """The epochs in closed form until the neuron has met a target; 0 where it starts there, None where it never does.

    The output a falls from sigmoid(z0) towards 0, which is wanted. Both errors of the one example are a itself: `<b` is
    met from a = b on. The accuracy is 0 and from a = 1/2 on 1: `>b` is met from there on where 0 <= b < 1. What begins
    met counts as met at once, though a may leave it again (`error>b`). None also for a cost without a form, for a
    measure that one example does not have (R2), and for a time beyond the floating-point numbers.
    """
    if cost not in TIMES:
        return None
    starts_met, ends_met = (_is_met(target, output) for output in (float(sigmoid(np.asarray(z0))), 0.0))
    if starts_met or not ends_met:
        return 0.0 if starts_met else None
    with np.errstate(over="ignore"):
        epochs = epochs_to(cost, z0, HALF if target.measure == "accuracy" else target.bound, eta)
    return epochs if epochs is not None and np.isfinite(epochs) else None


def _is_met(target: Target, output: float) -> bool:
    """Whether the neuron has met a target when its output is this."""
    data = example()
    return bool(target.met(MEASURES[target.measure].function(np.array([[output]]), data.y)))


def predicted_curve(cost: str, z0: float, epochs: float, eta: float = RATE) -> Array | None:
    """The closed-form curve as rows (epoch, output), (k, 2), from z0 on for so many epochs; None without a form."""
    if cost not in TIMES:
        return None
    z = np.linspace(z0, min(z0, 0) - END, POINTS)
    t = (TIMES[cost](np.asarray(z0)) - TIMES[cost](z)) / (2 * eta)
    return np.column_stack([t, 1 / (1 + np.exp(-z))])[t <= epochs]


TIMES: dict[str, Callable[[Array], Array]] = {  # F by the name of the cost
    "mse": lambda z: 3 * z + np.exp(z) - 3 * np.exp(-z) - np.exp(-2 * z) / 2,
    "ce": lambda z: z - np.exp(-z),
    "mse-natural": lambda z: z - np.exp(-z),
}
