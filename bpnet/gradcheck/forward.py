"""The forward pass for numbers of any kind: complex, of a hundred digits, or a framework's tensors.

It takes the activations as functions of such numbers, by name, and shares no line with the network's own pass.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bpnet.network import Network
from bpnet.recurrent import RecurrentNetwork

Numbers = Any  # a matrix that has +, @ and slices
Values = Mapping[str, Callable[[Numbers], Numbers]]


def layers(
    network: Network, parameters: Mapping[str, Numbers], x: Numbers, values: Values
) -> tuple[list[Numbers], list[Numbers]]:
    """Weighted inputs of layers 1 to L, and activations of layers 0 to L, of a feedforward network."""
    arrays, zs, activations = list(parameters.values()), [], [x]
    for w, b, f in zip(arrays[::2], arrays[1::2], network.activations, strict=True):
        zs.append(w @ activations[-1] + b)
        activations.append(values[f.name](zs[-1]))
    return zs, activations


def output(network: Network, parameters: Mapping[str, Numbers], x: Numbers, values: Values) -> Numbers:
    """Weighted inputs of the output layer, (n_out, m), for x : (n_in, m)."""
    if isinstance(network, RecurrentNetwork):
        last = _last_state(network, parameters, x, values)
        return parameters["weights_output"] @ last + parameters["biases_output"]
    return layers(network, parameters, x, values)[0][-1]


def _last_state(network: RecurrentNetwork, parameters: Mapping[str, Numbers], x: Numbers, values: Values) -> Numbers:
    """h_T of the uppermost recurrent layer: h_t = f(W_xh x_t + W_hh h_(t-1) + b_h), step after step."""
    k = network.sizes[0] // network.steps
    read = [x[t * k : (t + 1) * k] for t in range(network.steps)]
    for layer, f in enumerate(network.activations[:-1], 1):
        w_input, w_recurrent = parameters[f"weights_input_{layer}"], parameters[f"weights_recurrent_{layer}"]
        h, states = parameters.get(f"state_{layer}"), []
        for x_t in read:
            z_t = w_input @ x_t + parameters[f"biases_{layer}"]
            h = values[f.name](z_t if h is None else z_t + w_recurrent @ h)  # without a learned h_0 it is 0
            states.append(h)
        read = states
    return read[-1]
