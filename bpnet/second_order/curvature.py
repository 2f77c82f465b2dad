"""The curvature of a network's cost: its Hessian, or its Gauss-Newton matrix, times a direction.

R{q} is how fast a quantity q changes while the parameters move along a direction, w^l along v^l and b^l along u^l. R{ }
of the equations of the forward and the backward pass is a forward and a backward pass beside them, and R{gradient} is
the Hessian times the direction, without the matrix (Pearlmutter 1994). The Gauss-Newton matrix is what is left when the
network is taken as linear in its parameters: the terms with delta in the backward pass are gone (Schraudolph 2002). It
has no negative curvature. Letters as in `network`; a direction may have K leading axes more: K directions at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from bpnet.activations import Activation, Array
from bpnet.costs import COSTS
from bpnet.errors import UsageError

AT_ONCE = 100_000  # numbers in a layer's array for some directions at once, so that they stay in the caches
ROWS_AT_ONCE = 4_000_000  # numbers in the Jacobian of some examples at once, 32 MB: its product gains from long rows


class Layered(Protocol):
    """What the products know of a network: its layers and its cost, and nothing of a backward pass of one's own."""

    weights: list[Array]
    biases: list[Array]
    activations: list[Activation]
    cost: Any

    @property
    def parameters(self) -> dict[str, Array]:
        """The arrays of `weights` and `biases` by name: weights_1, biases_1, weights_2, ..."""

    def forward(self, x: Array) -> tuple[list[Array], list[Array]]:
        """Weighted inputs of layers 1 to L, and activations of layers 0 to L."""


class Curvature:
    """The curvature of the cost, summed over examples x : (n_in, m) with targets y : (n_out, m), at the parameters.

    `exact` means the Hessian, else the Gauss-Newton matrix. A cost without a second derivative is a UsageError.
    """

    def __init__(self, network: Layered, x: Array, y: Array, exact: bool) -> None:
        if network.cost.second is None:
            known = ", ".join(name for name, cost in COSTS.items() if cost.second is not None)
            raise UsageError(
                f"cost {network.cost.name!r} has no second derivative; take one of {known}, or a Cost with second=..."
            )
        self.network, self.y, self.exact = network, y, exact
        self.zs, self.activations = network.forward(x)
        self.pulled = self._pulled() if exact else []
        self.size = sum(p.shape[-2] * p.shape[-1] for p in network.parameters.values())

    def product(self, direction: Mapping[str, Array]) -> dict[str, Array]:
        """The curvature times a direction, by the names of the parameters."""
        arrays = list(direction.values())
        r_zs, r_as = self._forward(arrays[::2], arrays[1::2])
        return self._backward(arrays[::2], r_zs, r_as)

    def _forward(self, v: Sequence[Array], u: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """R{z} and R{a} of layers 1 to L, the hidden ones for R{a}."""
        r_zs: list[Array] = []
        r_as: list[Array] = []
        for layer, f in enumerate(self.network.activations):
            r_zs.append(v[layer] @ self.activations[layer] + u[layer])  # R{z} = v a + u + w R{a}, and R{x} = 0
            if layer > 0:
                r_zs[-1] += self.network.weights[layer] @ r_as[-1]
            r_as.append(f.pull_back(r_zs[-1], self.zs[layer]))  # R{a} = sigma'(z) R{z}
        return r_zs, r_as

    def _backward(self, v: Sequence[Array], r_zs: list[Array], r_as: list[Array]) -> dict[str, Array]:
        """R{delta} from the output to the first layer, and on its way R{nabla_w} and R{nabla_b}."""
        weights, activations, deltas = self.network.weights, self.activations, [delta for _, delta in self.pulled]
        r_pulled = self.network.cost.second(activations[-1], self.y) * r_as[-1]
        products: list[Array] = []
        for layer in reversed(range(len(weights))):
            r_delta = self._r_delta(layer, r_pulled, r_zs[layer])
            r_nabla_w = r_delta @ activations[layer].mT  # R{BP4}: R{delta} a' + delta R{a}'
            if self.exact and layer > 0:
                r_nabla_w += deltas[layer] @ r_as[layer - 1].mT
            products += [r_delta.sum(axis=-1, keepdims=True), r_nabla_w]  # R{BP3}
            if layer > 0:
                r_pulled = weights[layer].mT @ r_delta  # R{w' delta} = w' R{delta} + v' delta
                if self.exact:
                    r_pulled += v[layer].mT @ deltas[layer]
        return dict(zip(self.network.parameters, reversed(products), strict=True))

    def _r_delta(self, layer: int, r_pulled: Array, r_z: Array) -> Array:
        """R{delta} = sigma'(z) R{g} + sigma''(z) R{z} g of a layer, delta being g pulled back through sigma (R{BP2}).

        In the output layer g is dC/da; a cost that has its delta in closed form pulls nothing back.
        """
        if layer == len(self.zs) - 1 and self.network.cost.delta is not None:
            return r_pulled
        f, z = self.network.activations[layer], self.zs[layer]
        r_delta = f.pull_back(r_pulled, z)
        return r_delta + _bent(f, self.pulled[layer][0], z, r_z) if self.exact else r_delta

    def _pulled(self) -> list[tuple[Array, Array]]:
        """Of each layer g and delta, what is pulled back through its activation and what comes out."""
        network, z, a = self.network, self.zs[-1], self.activations[-1]
        delta = network.cost.output_delta(network.activations[-1], z, a, self.y)
        pulled = [(network.cost.derivative(a, self.y), delta)]
        for layer in reversed(range(1, len(network.weights))):
            back = network.weights[layer].mT @ pulled[0][1]
            pulled.insert(0, (back, network.activations[layer - 1].pull_back(back, self.zs[layer - 1])))
        return pulled

    def matrix(self) -> Array:
        """The whole matrix, (..., P, P), P being the number of parameters in the order of `flat`."""
        return self._hessian() if self.exact else self._gauss_newton()

    def _hessian(self) -> Array:
        """A row from the product with each unit vector, some of them at once."""
        lead, parameters = self.zs[-1].shape[:-2], self.network.parameters
        portion, units = max(1, AT_ONCE // max(z.size for z in self.zs)), np.eye(self.size, dtype=self.zs[-1].dtype)
        rows = []
        for k in range(0, self.size, portion):
            some = units[k : k + portion].reshape(-1, *(1 for _ in lead), self.size)
            rows.append(flat(self.product(shaped(some, parameters))))
        return np.moveaxis(np.concatenate(rows), 0, -2)

    def _gauss_newton(self) -> Array:
        """J' B J, J being the Jacobian of the output's z and B the curvature of the output, some examples at once."""
        m = self.y.shape[-1]
        portion = max(1, ROWS_AT_ONCE // (self.zs[-1].size // m * self.size))
        if portion < m:
            x, y, starts = self.activations[0], self.y, range(0, m, portion)
            parts = [(x[..., k : k + portion], y[..., k : k + portion]) for k in starts]
            return np.add.reduce([Curvature(self.network, *part, False).matrix() for part in parts])
        last, z = len(self.zs) - 1, self.zs[-1]
        outputs, lead = z.shape[-2], [1] * (z.ndim - 2)
        units = np.eye(outputs, dtype=z.dtype).reshape(outputs, *lead, outputs, 1)
        units = np.broadcast_to(units, (outputs, *z.shape))
        r_a = self.network.activations[-1].pull_back(units, z)
        curved = self._r_delta(last, self.network.cost.second(self.activations[-1], self.y) * r_a, units)
        return self._jacobian(units).mT @ self._jacobian(curved)

    def _jacobian(self, delta: Array) -> Array:
        """Gradients of each example by itself, (..., k m, P), for k deltas of the output : (k, ..., n_out, m)."""
        blocks: list[Array] = []
        for layer in reversed(range(len(self.zs))):
            each = np.einsum("...jm,...km->...mjk", delta, self.activations[layer])
            blocks += [delta.mT, each.reshape(*delta.mT.shape[:-1], -1)]
            if layer > 0:
                back = self.network.weights[layer].mT @ delta
                delta = self.network.activations[layer - 1].pull_back(back, self.zs[layer - 1])
        rows = np.moveaxis(np.concatenate(blocks[::-1], axis=-1), 0, -3)
        return rows.reshape(*rows.shape[:-3], -1, rows.shape[-1])


def _bent(f: Activation, g: Array, z: Array, r_z: Array) -> Array:
    """How the pull-back of a fixed g through an activation changes as z moves by R{z}: g sigma''(z) R{z}.

    Of softmax, a_j (g_j - sum_k a_k g_k), it is R{a_j} (g_j - sum_k a_k g_k) - a_j sum_k R{a_k} g_k.
    """
    if f.mixes is None:
        return g * f.bend(z) * r_z
    a, r_a = f.value(z), f.pull_back(r_z, z)
    return r_a * (g - (a * g).sum(axis=-2, keepdims=True)) - a * (r_a * g).sum(axis=-2, keepdims=True)


def flat(arrays: Mapping[str, Array]) -> Array:
    """Arrays (..., k, j) by name as one vector (..., P), leading axes kept."""
    lead = np.broadcast_shapes(*(p.shape[:-2] for p in arrays.values()))
    parts = [np.broadcast_to(p, (*lead, *p.shape[-2:])).reshape(*lead, -1) for p in arrays.values()]
    return np.concatenate(parts, axis=-1)


def shaped(vector: Array, like: Mapping[str, Array]) -> dict[str, Array]:
    """A vector (..., P) as arrays by name, the last two axes being those of `like`."""
    arrays, end = {}, 0
    for name, p in like.items():
        begin, end = end, end + p.shape[-2] * p.shape[-1]
        arrays[name] = vector[..., begin:end].reshape(*vector.shape[:-1], *p.shape[-2:])
    return arrays
