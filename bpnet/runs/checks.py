"""Two checks: is backprop the gradient of a config's cost, and is this installation in order?"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bpnet import config as configs
from bpnet import experiment as experiments
from bpnet import gradcheck
from bpnet.config.resolve import ConfigSource
from bpnet.errors import UsageError, unknown
from bpnet.gradcheck import CurvatureCheck, FrameworkCheck, GradientCheck
from bpnet.network import Network
from bpnet.runs.blas import kernel_advice, processor_flags
from bpnet.runs.folder import environment
from bpnet.seeds import generator
from bpnet.training.threads import ONE_BELOW

CHECKED_EXAMPLES = 8  # the first training examples; more only make the check slower
EXAMPLE, THREE_SIGMOIDS = "iris", ("network.output=sigmoid",)  # for a derivative: outputs that len(y) can be told from
FRAMEWORKS = {"torch": gradcheck.against_torch}


def check_gradient(
    config: ConfigSource | None = None,
    *,
    sets: Sequence[str] = (),
    seed: int | None = None,
    cost_derivative: Path | str | None = None,
    against: str | None = None,
    second_order: bool = False,
) -> GradientCheck | FrameworkCheck | CurvatureCheck:
    """Check backprop against differences for the network of a config at its first weights, on eight training examples.

    The penalties l2 and l1 are part of it, dropout is not. `cost_derivative` is a Python file with a function of that
    name, which the network then descends by; without a config it is checked on three sigmoid outputs. `against="torch"`
    compares with PyTorch's automatic differentiation instead, without the penalties. `second_order` checks products
    with the Hessian and the Gauss-Newton matrix against complex steps of the gradient; l2 is part of them, and l1,
    which has no curvature, is refused as a training by curvature refuses it. `gradcheck.check(network, x, y)`,
    `gradcheck.against_torch` and `gradcheck.check_curvature` do the same for a network at hand. Raises what
    `experiment.from_config` raises, and a UsageError for a file or a framework that cannot be used.
    """
    if against is not None and against not in FRAMEWORKS:
        raise unknown("framework", against, FRAMEWORKS)
    if config is None and cost_derivative is None:
        raise UsageError("name a config: there is no network to check")
    if second_order and not (against is None and cost_derivative is None):
        raise UsageError("the second order is checked by itself; leave --against and --cost-derivative out")
    loaded = (
        configs.load(EXAMPLE, [*THREE_SIGMOIDS, *sets], seed) if config is None else configs.load(config, sets, seed)
    )
    if loaded.network.truncate:
        raise UsageError("network.truncate: a truncated gradient is not that of the cost; check it without, with null")
    experiment = experiments.from_config(loaded)
    train, settings, network = experiment.splits.train, experiment.settings, experiment.network
    x, y = (rows[:CHECKED_EXAMPLES].T for rows in (train.x, train.y))
    if second_order:
        if settings.l1:
            raise UsageError("train.l1: the penalty |w| has no curvature to check; set it to 0")
        return gradcheck.check_curvature(network, x, y, l2=settings.l2, n=len(train))
    derivative = None if cost_derivative is None else gradcheck.load_derivative(cost_derivative)
    if derivative is not None:
        network = gradcheck.with_derivative(network, derivative)
    result: GradientCheck | FrameworkCheck
    if against is not None:
        result = FRAMEWORKS[against](network, x, y)
    else:
        result = gradcheck.check(network, x, y, l2=settings.l2, l1=settings.l1, n=len(train))
    if derivative is None:
        return result
    return replace(result, derivative=gradcheck.identify(derivative, network.cost, network.activations[-1]))


def doctor() -> dict[str, Any]:
    """What the numbers depend on here (`environment`), and `checks` of a second: what computes as it should.

    `threads` are those of a training: `small` where its largest product is below `below` multiplications, else `large`.
    `advice` has a sentence for each kernel of OpenBLAS that does not fit the processor.
    """
    begun = time.perf_counter()
    checks = {name: passes() for name, passes in CHECKS.items()}
    seconds = time.perf_counter() - begun
    about, flags = environment(), processor_flags()
    kernels = dict.fromkeys(pool["architecture"] for pool in about["blas"])
    large = max((pool["num_threads"] for pool in about["blas"]), default=1)
    return {
        **about,
        "threads": {"small": 1, "below": ONE_BELOW, "large": large},
        "advice": [sentence for kernel in kernels if (sentence := kernel_advice(kernel, flags))],
        "checks": checks,
        "passed": all(checks.values()),
        "seconds": seconds,
    }


def _gradients_agree() -> bool:
    """Whether backprop agrees with differences of the cost, for each cost with each kind of output."""
    rng = generator(0, "check")
    x, y = rng.standard_normal((3, 6)), np.eye(2)[:, rng.integers(0, 2, 6)]
    pairs = (("ce", "sigmoid"), ("ce", "softmax"), ("mse", "sigmoid"), ("mse", "softmax"))
    return all(gradcheck.check(Network([3, 4, 2], cost=cost, output=output), x, y).passed for cost, output in pairs)


def _exact_at_saturation() -> bool:
    """Whether cost and gradient are exact where the output is 1 to the last bit and 0 was wanted."""
    network, x, y = Network([1, 1], init="constant", dtype="float64"), np.ones((1, 1)), np.zeros((1, 1))
    network.weights[0][:] = z = 1000.0
    return network.outputs_and_costs(x, y)[1].item() == z and network.backprop(x, y)[0][0].item() == 1


def _learns_xor() -> bool:
    """Whether a small network learns XOR."""
    return bool(Network([2, 4, 1]).SGD(XOR, 1000, None, 2.0).last()["train_accuracy"] == 1)


def _replicas_are_runs() -> bool:
    """Whether a replica of a set is the network trained alone, to rounding."""
    several, alone = Network([2, 4, 1], seed=range(3)), Network([2, 4, 1], seed=2)
    for network in (several, alone):
        network.SGD(XOR, 50, 2, 2.0)
    return np.allclose(several.weights[0][2], alone.weights[0], atol=1e-6)  # float32 has 7 digits


XOR = (np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0]))

CHECKS = {
    "backprop is the gradient": _gradients_agree,
    "the cost is exact at saturation": _exact_at_saturation,
    "XOR is learned": _learns_xor,
    "a replica is the run alone": _replicas_are_runs,
}
