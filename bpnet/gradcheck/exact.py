"""The gradient for one parameter to many digits: who is right where two programs differ?

The cost is written again here in decimal numbers of a hundred digits and more, from the formulas, and shares no line
with what the package computes; a difference of two such costs has more digits than either program.
"""

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from bpnet.activations import Array
from bpnet.gradcheck.forward import output
from bpnet.network import Network

DIGITS = 100  # of every number; the difference keeps about a third of them
DIGITS_PER_Z = 1  # more digits for each unit of |z|: exp(-|z|) is 0.43 digits a unit below 1, and may be squared


def exact_gradient(network: Network, x: Array, y: Array, name: str, where: tuple[int, ...]) -> Decimal:
    """dC/dp, summed over the examples x : (n_in, m), y : (n_out, m), for the entry `where` of the parameter `name`."""
    largest = max(float(np.abs(z).max()) for z in network.forward(x)[0])
    with localcontext() as context:
        context.prec = DIGITS + int(DIGITS_PER_Z * largest)
        h = Decimal(10) ** -(context.prec // 3)  # the quotient is good to order h^2
        costs = [_cost(network, x, y, name, where, step) for step in (h, -h)]
        return (costs[0] - costs[1]) / (2 * h)


def _cost(network: Network, x: Array, y: Array, name: str, where: tuple[int, ...], step: Decimal) -> Decimal:
    """C with one parameter moved by a step."""
    parameters = {key: _decimals(p) for key, p in network.parameters.items()}
    parameters[name][where] += step
    activation = network.activations[-1].name
    z = output(network, parameters, _decimals(x), VALUES)
    return Decimal(0) + COSTS[network.cost.name, activation](z, VALUES[activation](z), _decimals(y)).sum()


def _decimals(array: Array) -> Any:
    """The same numbers, to the last bit, as decimal ones."""
    return np.vectorize(Decimal, otypes=[object])(np.asarray(array, dtype=np.float64))


def _of_each(function: Callable[..., Decimal]) -> Callable[..., Any]:
    """A function of numbers as one of arrays."""
    return np.vectorize(function, otypes=[object])


def _softmax(z: Any) -> Any:
    powers = _of_each(Decimal.exp)(z)
    return powers / powers.sum(axis=0)


VALUES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": _of_each(lambda z: 1 / (1 + (-z).exp())),
    "tanh": _of_each(lambda z: 2 / (1 + (-2 * z).exp()) - 1),
    "relu": _of_each(lambda z: max(z, Decimal(0))),
    "linear": lambda z: z,
    "softmax": _softmax,
}

_SQUARED = _of_each(lambda z, a, y: (a - y) ** 2 / 2)
_ABSOLUTE = _of_each(lambda z, a, y: abs(a - y))
_HUBER = _of_each(lambda z, a, y: (a - y) ** 2 / 2 if abs(a - y) <= 1 else abs(a - y) - Decimal("0.5"))

COSTS: dict[tuple[str, str], Callable[[Any, Any, Any], Any]] = {  # of z, a, y, by the names of cost and output
    ("ce", "sigmoid"): _of_each(lambda z, a, y: (1 + z.exp()).ln() - y * z),
    ("ce", "softmax"): _of_each(lambda z, a, y: -y * a.ln()),
    **{("mse", output): _SQUARED for output in VALUES},
    **{("mae", output): _ABSOLUTE for output in VALUES},
    **{("huber", output): _HUBER for output in VALUES},
}
