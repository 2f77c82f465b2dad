"""The book's one neuron, x = 1 and y = 0: its starts, and how long it takes in closed form.

With w and b both trained, z = w + b moves by -2 eta delta a step. Taking the steps for a flow, dz/dt = -2 eta delta(z),
the time from z0 down to zt is [F(z0) - F(zt)] / (2 eta) with F' = 1 / delta: F = 3z + e^z - 3e^-z - e^-2z/2 for the
squared error, whose delta is sigma^2 (1 - sigma), and F = z - e^-z for the cross-entropy, whose delta is sigma. So
the first takes a time that grows like e^z0, the second like z0.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpnet.data import Dataset
from bpnet.initializers import initializer
from bpnet.network import Network

Array = NDArray[Any]

RATE = 0.15
EPOCHS = 300
STARTS = {"w=0.6, b=0.9": (0.6, 0.9), "w=b=2": (2.0, 2.0)}


def example() -> Dataset:
    """The one example: input 1, wanted output 0."""
    return Dataset(np.ones((1, 1)), np.zeros((1, 1)), classes=("0", "1"), features=("x",))


def neuron(cost: str, w: float, b: float) -> Network:
    """The neuron with a weight and a bias of its own, as a set of one replica in float64."""

    def start(rng: np.random.Generator, n_in: int, n_out: int) -> tuple[Array, Array]:
        weights, _ = initializer("constant", weight=w)(rng, n_in, n_out)
        return weights, np.full((n_out, 1), b)

    return Network([1, 1], cost=cost, init=start, seed=[0], dtype="float64")


def mse_time(z: Array) -> Array:
    """F of the squared error: 3z + e^z - 3e^-z - e^-2z/2."""
    return 3 * z + np.exp(z) - 3 * np.exp(-z) - np.exp(-2 * z) / 2


def ce_time(z: Array) -> Array:
    """F of the cross-entropy: z - e^-z."""
    return z - np.exp(-z)


def closed_form(cost: str, z0: float, z: Array, eta: float = RATE) -> Array | None:
    """The epochs from z0 to each z <= z0; None for a cost that has no closed form here."""
    if cost not in TIMES:
        return None
    time = TIMES[cost]
    return (time(np.asarray(z0)) - time(np.asarray(z))) / (2 * eta)


def epochs_to(cost: str, z0: float, output: float, eta: float = RATE) -> float | None:
    """The epochs in closed form until the neuron's output is that small; None without a form, or for no output."""
    if not 0 < output < 1:
        return None
    z = np.log(output / (1 - output))
    found = closed_form(cost, z0, np.minimum(z, z0), eta)
    return None if found is None else float(found)


def predicted_curve(cost: str, z0: float, epochs: float, eta: float = RATE) -> Array | None:
    """The closed-form curve as rows (epoch, output), (k, 2), from z0 on for so many epochs; None without a form."""
    z = np.linspace(z0, min(z0, 0) - 12, 2000)
    t = closed_form(cost, z0, z, eta)
    if t is None:
        return None
    within = t <= epochs
    return np.column_stack([t, 1 / (1 + np.exp(-z))])[within]


TIMES: dict[str, Callable[[Array], Array]] = {"mse": mse_time, "ce": ce_time}
