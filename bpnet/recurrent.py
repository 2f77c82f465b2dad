"""The recurrent network: one answer after T steps, learned by backpropagation through time.

An example is a column x : (T k, m), its T steps of k inputs one after the other. Hidden layer l = 1 ... L of n_l
neurons reads a sequence and keeps a state h_t : (n_l, m); the output layer reads the last state of layer L:

    z_t = W_xh x_t + W_hh h_(t-1) + b_h,  h_t = f(z_t)  for t = 1 ... T,  z = W_hy h_T + b_y

x_t are the inputs of step t, or in a higher layer the states of the one below. Inside, the T steps of m examples stand
side by side, step after step, as T m columns, so that what does not wait for an earlier step is one product. Every
parameter may carry a leading axis R of replicas. RNN1 to RNN3 are the forward pass, BPTT1 to BPTT5 its derivatives
(Werbos 1990; Goodfellow et al. 2016, section 10.2). With T = 1 and h_0 = 0 all of it is `Network`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from bpnet.activations import Activation, Array
from bpnet.errors import UsageError
from bpnet.initializers import drawn
from bpnet.network import Network
from bpnet.seeds import Seed
from bpnet.training import Gradients, Parameters, Pass, Probe
from bpnet.training.settings import is_count

INITIAL_STATES = ("zero", "learned")


class RecurrentNetwork(Network):
    """A network whose hidden layers read T steps, each with the layer's state of the step before; many to one.

    `sizes` are the inputs of an example, T k, then the neurons of each recurrent layer and the outputs: with steps=28
    [784, 64, 10] reads an image of 28 x 28 row by row. `initial_state` is h_0: zero, or learned with the weights.
    `truncate` lets the gradient go back through the last so many steps only. All other arguments, and what is
    inherited, are those of `Network`: cost, activation, output, init (which draws the recurrent weights too), seed.

    The parameters are weights_input_1 (W_xh), weights_recurrent_1 (W_hh), biases_1 (b_h) and perhaps state_1 (h_0) of
    each layer, then weights_output (W_hy) and biases_output (b_y).

    Raises:
        UsageError: what `Network` refuses; no hidden layer; inputs that cannot be cut into so many equal steps.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        steps: int,
        initial_state: str = "zero",
        truncate: int | None = None,
        **options: Any,
    ) -> None:
        if initial_state not in INITIAL_STATES:
            raise UsageError(f"initial_state {initial_state!r}: the state before the first step is zero or learned")
        self.steps, self.initial_state, self.truncate = steps, initial_state, truncate
        super().__init__(sizes, **options)
        self._droppable = [self.sizes[0] // steps, *self.sizes[1:-1]]

    def _first_parameters(self, seed: Seed, dtype: Any) -> Parameters:
        """The parameters before any training; each array is drawn by the initialiser, the states begin at 0."""
        _check(self.sizes, self.steps, self.truncate)
        inputs = [self.sizes[0] // self.steps, *self.sizes[1:-2]]
        draw, scale, output_bias = self._start

        def layers(rng: np.random.Generator) -> Parameters:
            arrays: Parameters = {}
            for layer, (n_in, n) in enumerate(zip(inputs, self.sizes[1:-1], strict=True), 1):
                (w_input, b), (w_recurrent, _) = draw(rng, n_in, n), draw(rng, n, n)
                arrays[f"weights_input_{layer}"] = scale * w_input
                arrays[f"weights_recurrent_{layer}"] = scale * w_recurrent
                arrays[f"biases_{layer}"] = scale * b
                if self.initial_state == "learned":
                    arrays[f"state_{layer}"] = np.zeros((n, 1))
            w, b = draw(rng, *self.sizes[-2:])
            return arrays | {"weights_output": scale * w, "biases_output": scale * b + output_bias}

        return drawn(layers, seed, dtype)

    def forward(self, x: Array, masks: list[Array] | None = None, slopes: list[Array] | None = None) -> Gradients:
        """Weighted inputs zs of layers 1 to L + 1, and activations of layers 0 to L + 1, for x : (T k, m).

        Those of the recurrent layers, z : (n_l, T m), have all steps side by side; the inputs are (k, T m), and the
        states (n_l, (T + 1) m) begin with h_0. `masks` multiply the inputs of the first layer and the states that each
        layer hands on, never those it hands to its own next step; `slopes`, a list, is given f'(z) of these layers.
        """
        parameters, m = self.parameters, x.shape[-1]
        above = self._masked(_side_by_side(x, self.steps), masks, 0)
        zs, activations = [], [above]
        for layer in range(1, self.num_layers - 1):
            z, h = self._read(parameters, layer, above)
            zs.append(z)
            activations.append(h)
            if slopes is not None:
                slopes.append(self.activations[layer - 1].slope(z))
            above = self._masked(h[..., m:], masks, layer)
        zs.append(parameters["weights_output"] @ above[..., -m:] + parameters["biases_output"])  # RNN3
        return zs, [*activations, self.activations[-1].value(zs[-1])]

    def _read(self, parameters: Parameters, layer: int, x: Array) -> tuple[Array, Array]:
        """The weighted inputs (n, T m) and the states (n, (T + 1) m) of a layer that reads x : (n_in, T m)."""
        w_input, w_recurrent, b, h_0 = (parameters.get(name, np.zeros((1, 1))) for name in _names(layer))
        m, f = x.shape[-1] // self.steps, self.activations[layer - 1]
        replicas = np.broadcast_shapes(*(a.shape[:-2] for a in (x, w_input, w_recurrent, b, h_0)))
        z = np.empty((*replicas, b.shape[-2], x.shape[-1]), self.dtype)
        h = np.empty((*replicas, b.shape[-2], x.shape[-1] + m), self.dtype)
        np.matmul(w_input, x, out=z)
        z += b
        h[..., :m] = h_0
        for now in range(0, x.shape[-1], m):
            z_t = z[..., now : now + m]
            z_t += w_recurrent @ h[..., now : now + m]  # RNN1: z_t = W_xh x_t + W_hh h_(t-1) + b_h
            h[..., now + m : now + 2 * m] = f.value(z_t)  # RNN2: h_t = f(z_t)
        return z, h

    def backprop(
        self, x: Array, y: Array, out: Gradients | None = None, masks: list[Array] | None = None, scale: float = 1.0
    ) -> Gradients:
        """The gradient by backpropagation through time, summed over the columns of x : (T k, m), y : (n_out, m).

        Arguments and result as in `Network`: lists shaped like `biases` (with the learned h_0) and `weights`.
        """
        x, y = self._examples(x, y)
        passed = _, activations, _ = self._passed(x, masks)
        *deltas, delta = self._deltas(passed, y, masks, scale)
        nabla = self._named(*reversed(out)) if out else {name: np.empty_like(p) for name, p in self.parameters.items()}
        m, last = x.shape[-1], slice(-deltas[0].shape[-1], None)  # the columns of the steps that the gradient reaches
        for layer, delta_t in enumerate(deltas, 1):
            w_input, w_recurrent, b, h_0 = _names(layer)
            x_t = self._masked(activations[layer - 1][..., m:], masks, layer - 1) if layer > 1 else activations[0]
            np.add.reduce(delta_t, axis=-1, keepdims=True, out=nabla[b])  # BPTT3: sum_t delta_t
            np.matmul(delta_t, x_t[..., last].mT, out=nabla[w_input])  # BPTT4: sum_t delta_t x_t^T
            np.matmul(delta_t, activations[layer][..., :-m][..., last].mT, out=nabla[w_recurrent])  # BPTT5: h_(t-1)
            if h_0 in nabla:
                back = self.parameters[w_recurrent].mT @ delta_t[..., :m]  # dC/dh_0 = W_hh^T delta_1
                np.add.reduce(back * (self.reach == self.steps), axis=-1, keepdims=True, out=nabla[h_0])
        h_last = self._masked(activations[-2][..., -m:], masks, self.num_layers - 2)
        np.add.reduce(delta, axis=-1, keepdims=True, out=nabla["biases_output"])
        np.matmul(delta, h_last.mT, out=nabla["weights_output"])
        return self._listed(nabla)

    def curvature(self, x: Array, y: Array, exact: bool = True) -> NoReturn:
        """Refuse: the curvature products know layers that follow each other, not steps that share their weights."""
        raise UsageError(f"{type(self).__name__} has no curvature products; train it by the gradient, as with adam")

    def _deltas(self, passed: Pass, y: Array, masks: list[Array] | None, scale: float) -> list[Array]:
        """dC/dz of each recurrent layer in the steps that the gradient reaches, (n_l, t m), and of the output layer."""
        parameters, m, (zs, activations, slopes) = self.parameters, y.shape[-1], passed
        delta = scale * self.output_delta(zs[-1], activations[-1], y)
        deltas, above = [delta], self._masked(parameters["weights_output"].mT @ delta, masks, self.num_layers - 2)
        for layer in reversed(range(1, self.num_layers - 1)):
            w_input, w_recurrent = (parameters[name] for name in _names(layer)[:2])
            slope = slopes[layer - 1][..., -self.reach * m :]
            deltas.insert(0, _through_time(w_recurrent, above, slope, m))
            above = self._masked(w_input.mT @ deltas[0], masks, layer - 1) if layer > 1 else above
        return deltas

    @property
    def reach(self) -> int:
        """How many steps the gradient goes back through."""
        return self.truncate or self.steps

    def probe(self, x: Array, y: Array) -> dict[str, Probe]:
        """Each recurrent layer as a whole, named 1, 2, ..., and in each step, 1_t1, 1_t2, ..., then the layer `output`.

        The delta of a step is dC/dz_t of the mean cost, summed over the examples; that of a layer is its sum over the
        steps. Steps that a truncated gradient does not reach have the delta 0.
        """
        x, y = self._examples(x, y)
        m, gradient = x.shape[-1], {name: g / x.shape[-1] for name, g in self.gradient(x, y).items()}
        passed = zs, _, _ = self._passed(x, None)
        probes: dict[str, Probe] = {}
        for layer, delta in enumerate(self._deltas(passed, y, None, 1 / m)[:-1], 1):
            f, z, (*weights, bias, _) = self.activations[layer - 1], zs[layer - 1], _names(layer)
            probes[str(layer)] = self._probe(f, z, weights, bias, gradient)
            sums = delta.reshape(*delta.shape[:-1], self.reach, m).sum(axis=-1)  # (n_l, steps reached)
            for t in range(self.steps):
                reached = t - self.steps + self.reach
                delta_t = sums[..., reached : reached + 1] if reached >= 0 else np.zeros_like(sums[..., :1])
                probes[f"{layer}_t{t + 1}"] = Probe([(f, z[..., t * m : (t + 1) * m])], delta_t, {}, {})
        output = self._probe(self.activations[-1], zs[-1], ["weights_output"], "biases_output", gradient)
        return probes | {"output": replace(output, targets=y)}

    def _probe(self, f: Activation, z: Array, weights: Sequence[str], bias: str, gradient: Parameters) -> Probe:
        """A layer as a whole, given the names of its arrays; the gradient of its biases is the sum of its deltas."""
        parameters, slopes = self.parameters, {name: gradient[name] for name in weights}
        return Probe([(f, z)], gradient[bias], {name: parameters[name] for name in weights}, slopes)

    def _masked(self, a: Array, masks: list[Array] | None, layer: int) -> Array:
        """What layer `layer` hands on, with the same of its neurons left out in each step (Gal and Ghahramani 2016)."""
        return a if masks is None else a * np.tile(masks[layer], a.shape[-1] // masks[layer].shape[-1])

    def _overrides(self, method: str) -> bool:
        """Whether a subclass, or this very network, has its own method of that name."""
        return getattr(getattr(self, method), "__func__", None) is not getattr(RecurrentNetwork, method)


def _through_time(w_recurrent: Array, above: Array, slope: Array, m: int) -> Array:
    """delta_t of a layer, all steps side by side like its slopes f'(z_t); `above` is dC/dh_t from above, or dC/dh_T."""
    delta = np.zeros_like(slope)
    delta[..., -above.shape[-1] :] = above
    for now in reversed(range(0, slope.shape[-1], m)):
        delta_t, later = delta[..., now : now + m], delta[..., now + m : now + 2 * m]
        if later.size:
            delta_t += w_recurrent.mT @ later  # BPTT1: dC/dh_t = W_hh^T delta_(t+1) + what comes from above
        delta_t *= slope[..., now : now + m]  # BPTT2: delta_t = dC/dh_t * f'(z_t)
    return delta


def _side_by_side(x: Array, steps: int) -> Array:
    """(T k, m) to (k, T m): the steps of each example beside each other, the examples of a step together."""
    *replicas, rows, m = x.shape
    return x.reshape(*replicas, steps, rows // steps, m).swapaxes(-3, -2).reshape(*replicas, -1, steps * m)


def _names(layer: int) -> tuple[str, str, str, str]:
    """The names of a recurrent layer's parameters W_xh, W_hh, b_h and h_0."""
    return f"weights_input_{layer}", f"weights_recurrent_{layer}", f"biases_{layer}", f"state_{layer}"


def _check(sizes: Sequence[int], steps: int, truncate: int | None) -> None:
    """Refuse what makes no recurrent network."""
    if len(sizes) < 3:
        raise UsageError(f"sizes {list(sizes)} have no hidden layer; a recurrent network needs one, such as [64]")
    if not is_count(steps) or sizes[0] % steps:
        divisors = [t for t in range(1, sizes[0] + 1) if sizes[0] % t == 0]
        raise UsageError(f"{sizes[0]} inputs cannot be cut into {steps!r} equal steps; take one of {divisors}")
    if truncate is not None and not (is_count(truncate) and truncate <= steps):
        raise UsageError(f"truncate {truncate!r}: a whole number of steps from 1 to {steps}, or None for all of them")


KINDS: dict[str, type[Network]] = {"feedforward": Network, "recurrent": RecurrentNetwork}
