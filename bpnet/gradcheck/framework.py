"""Backpropagation against a framework's automatic differentiation, and who is right where they differ."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from bpnet.activations import Array
from bpnet.datasets.examples import target_columns
from bpnet.errors import UsageError
from bpnet.gradcheck import forward
from bpnet.gradcheck.differences import in_float64
from bpnet.gradcheck.exact import COSTS, exact_gradient
from bpnet.network import Network
from bpnet.training import Parameters

AGREE = 1e-12  # relative; float64 has 16 digits, and sums over neurons and examples cost a few


@dataclass(frozen=True)
class FrameworkLayer:
    """How the two gradients agree on one array.

    `error` is |ours - theirs| over the sum of the examples' gradients, each without its sign, at the worst parameter.
    """

    name: str
    parameters: int
    error: float
    where: tuple[int, ...]  # index of the worst parameter
    ours: float
    theirs: float


@dataclass(frozen=True)
class FrameworkCheck:
    """The verdict: where the two differ most, the exact gradient there, and how far each is from it."""

    framework: str  # with its version
    layers: tuple[FrameworkLayer, ...]
    examples: int
    exact: float  # at the worst parameter of all
    our_error: float  # relative to the exact one
    their_error: float
    vanished: bool  # every gradient is 0 in both, so that nothing was compared
    tolerance: float = AGREE
    derivative: str = ""  # what a cost_derivative of one's own is, in a sentence

    @property
    def worst(self) -> FrameworkLayer:
        """The array with the worst parameter."""
        return max(self.layers, key=lambda layer: layer.error)

    @property
    def our_name(self) -> str:
        """What gave our gradient: bpnet, or backprop by a cost_derivative of one's own."""
        return "cost_derivative" if self.derivative else "bpnet"

    @property
    def agree(self) -> bool:
        """The two gradients are the same to rounding."""
        return self.worst.error <= self.tolerance

    @property
    def passed(self) -> bool:
        """They agree, or backprop is the one that is right."""
        right = self.agree or self.our_error < min(self.their_error, self.tolerance)
        return right and not self.vanished

    def verdict(self) -> str:
        """Who is right at the worst parameter, in a sentence."""
        worst = self.worst
        if self.vanished:
            return "every gradient is 0, so nothing was checked; start less saturated"
        if self.agree:
            return f"every parameter agrees to {self.tolerance:g}"
        place, errors = f"{worst.name}, {list(worst.where)}", f"{self.our_error:.1e} against {self.their_error:.1e}"
        if self.passed:
            return f"{place}: {self.our_name} is right, {self.framework} has lost digits (relative errors {errors})"
        return f"{place}: {self.framework} is nearer to the exact gradient (relative errors {errors})"

    def complaint(self) -> str:
        """The verdict, and what a cost_derivative of one's own is."""
        return f"{self.verdict()}; {self.derivative}" if self.derivative and not self.vanished else self.verdict()

    def as_json(self) -> dict[str, Any]:
        """The verdict and every array, for JSON."""
        return {"passed": self.passed, "verdict": self.verdict(), **asdict(self)}


def against_torch(network: Network, x: Array, y: Array) -> FrameworkCheck:
    """Compare every parameter's gradient with PyTorch's, on the examples x : (n_in, m), y : (n_out, m), in float64.

    Where they differ most, the gradient is computed to a hundred digits, too. Penalties are left out. A cost that
    PyTorch does not have, and no PyTorch, are a UsageError.
    """
    twin = in_float64(network)
    x = np.asarray(x, dtype=np.float64)
    y = target_columns(y, network.sizes[-1], x.shape[-1]).astype(np.float64)
    framework, theirs = _torch_gradient(twin, x, y)
    ours = twin.gradient(x, y)
    columns = [twin.gradient(x[:, [k]], y[:, [k]]) for k in range(x.shape[1])]
    sizes = {name: np.abs([one[name] for one in columns]).sum(axis=0) for name in ours}
    layers = tuple(_compared(name, ours[name], theirs[name], sizes[name]) for name in ours)
    worst = max(layers, key=lambda layer: layer.error)
    exact = exact_gradient(twin, x, y, worst.name, worst.where)
    off = [float(abs(Decimal(g) - exact) / abs(exact)) if exact else abs(g) for g in (worst.ours, worst.theirs)]
    vanished = not any(g.any() for g in (*ours.values(), *theirs.values()))
    return FrameworkCheck(framework, layers, x.shape[1], float(exact), off[0], off[1], vanished)


def _compared(name: str, ours: Array, theirs: Array, size: Array) -> FrameworkLayer:
    """One array of both; an entry that no example has a gradient for is compared as it is."""
    error = np.abs(ours - theirs) / np.where(size > 0, size, 1)
    where = tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape))
    return FrameworkLayer(name, ours.size, float(error[where]), where, float(ours[where]), float(theirs[where]))


def _torch_gradient(network: Network, x: Array, y: Array) -> tuple[str, Parameters]:
    """PyTorch's name and version, and the gradient of the cost, summed over the examples, by its differentiation."""
    output = network.activations[-1].name
    if (network.cost.name, output) not in COSTS:
        names = dict.fromkeys(cost for cost, _ in COSTS)
        raise UsageError(f"PyTorch has no cost like {network.cost.name!r}; these are compared: {', '.join(names)}")
    try:
        import torch  # the extra `bench`; a second to load, and only this function needs it
    except ImportError as error:
        raise UsageError("--against torch needs PyTorch: pip install 'bpnet-trainer[bench]'") from error

    functional = torch.nn.functional
    values: dict[str, Callable[[Any], Any]] = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "linear": lambda z: z,
        "softmax": lambda z: torch.softmax(z, dim=0),
    }
    costs: dict[str, Callable[[Any, Any, Any], Any]] = {
        "mse": lambda z, a, y: functional.mse_loss(a, y, reduction="sum") / 2,
        "mae": lambda z, a, y: functional.l1_loss(a, y, reduction="sum"),
        "huber": lambda z, a, y: functional.huber_loss(a, y, reduction="sum"),
        "ce": lambda z, a, y: (
            functional.cross_entropy(z.T, y.T, reduction="sum")
            if output == "softmax"
            else functional.binary_cross_entropy_with_logits(z, y, reduction="sum")
        ),
    }
    parameters = {name: torch.tensor(p, requires_grad=True) for name, p in network.parameters.items()}
    z = forward.output(network, parameters, torch.tensor(x), values)
    costs[network.cost.name](z, values[output](z), torch.tensor(y)).backward()
    return f"torch {torch.__version__}", {name: p.grad.numpy() for name, p in parameters.items()}
