"""Is this installation in order? Versions, BLAS and threads, and a self-check of about a second."""

import time
from typing import Any

import numpy as np

from bpnet.gradcheck import check
from bpnet.network import Network
from bpnet.runs.folder import environment
from bpnet.seeds import generator


def doctor() -> dict[str, Any]:
    """What the numbers depend on here, and whether the package computes as it should: `checks`, `passed`, `seconds`."""
    begun = time.perf_counter()
    checks = {name: bool(look()) for name, look in CHECKS.items()}
    seconds = time.perf_counter() - begun
    return {**environment(), "checks": checks, "passed": all(checks.values()), "seconds": seconds}


def _gradients_agree() -> bool:
    rng = generator(0, "check")
    x, y = rng.standard_normal((3, 6)), np.eye(2)[:, rng.integers(0, 2, 6)]
    pairs = (("ce", "sigmoid"), ("ce", "softmax"), ("mse", "sigmoid"), ("mse", "softmax"))
    return all(check(Network([3, 4, 2], cost=cost, output=output), x, y).passed for cost, output in pairs)


def _exact_at_saturation() -> bool:
    z, y = np.array([[1000.0]]), np.zeros((1, 1))
    network = Network([1, 1], dtype="float64")
    a = network.activations[-1].value(z)
    return network.data_cost(z, a, y)[0] == 1000 and network.output_delta(z, a, y)[0, 0] == 1


def _learns_xor() -> bool:
    x, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    history = Network([2, 4, 1]).SGD((x, y), 1000, None, 2.0)
    return history.last()["train_accuracy"] == 1


def _replicas_are_runs() -> bool:
    x, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    several, alone = Network([2, 4, 1], seed=range(3)), Network([2, 4, 1], seed=2)
    several.SGD((x, y), 50, 2, 2.0)
    alone.SGD((x, y), 50, 2, 2.0)
    return np.allclose(several.weights[0][2], alone.weights[0], atol=1e-6)


CHECKS = {
    "backprop is the gradient": _gradients_agree,
    "the cost is exact at saturation": _exact_at_saturation,
    "XOR is learned": _learns_xor,
    "a replica is the run alone": _replicas_are_runs,
}
