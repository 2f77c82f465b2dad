"""Each optimiser against its paper's recurrence, one number at a time."""

import math

import numpy as np
import pytest

from bpnet.network import Network
from bpnet.optimizers import (
    OPTIMIZERS,
    Adam,
    AdamW,
    Halve,
    Momentum,
    Nesterov,
    RmsProp,
    Sgd,
    Step,
    takes_rate_in_gradient,
)
from bpnet.second_order import SecondOrder

FIRST_ORDER = [name for name, rule in OPTIMIZERS.items() if not issubclass(rule, SecondOrder)]  # by the gradient alone
GRADIENTS = [0.5, -1.0, 2.0, 0.25, 0.25]
ETAS = np.array([0.1, 0.2]).reshape(2, 1, 1)  # a rate for each of two replicas


def moved(optimizer, eta=0.1):
    parameters = {"weights_1": np.array([[1.0]])}
    memory = optimizer.memory(parameters)
    path = []
    for t, g in enumerate(GRADIENTS, 1):
        optimizer.step(parameters, {"weights_1": np.array([[g]])}, memory, eta, t)
        path.append(float(parameters["weights_1"][0, 0]))
    return path


def by_hand_sgd():
    p = 1.0
    for g in GRADIENTS:
        p -= 0.1 * g
        yield p


def by_hand_momentum():
    p, v = 1.0, 0.0
    for g in GRADIENTS:
        v = 0.9 * v - 0.1 * g
        p += v
        yield p


def by_hand_nesterov():
    """The book-keeping of the paper: theta moves, and the gradient belongs to theta + mu v, which is what is kept."""
    theta, v = 1.0, 0.0
    for g in GRADIENTS:
        v = 0.9 * v - 0.1 * g
        theta += v
        yield theta + 0.9 * v


def by_hand_rmsprop():
    p, s = 1.0, 0.0
    for g in GRADIENTS:
        s = 0.9 * s + 0.1 * g * g
        p -= 0.1 * g / (math.sqrt(s) + 1e-8)
        yield p


def by_hand_adam():
    p, m, s = 1.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        p -= 0.1 * (m / (1 - 0.9**t)) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8)
        yield p


def by_hand_adamw():
    """The decay beside Adam's step, both times the rate; the parameter is a weight here."""
    p, m, s = 1.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        p -= 0.1 * ((m / (1 - 0.9**t)) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8) + 0.2 * p)
        yield p


@pytest.mark.parametrize(
    ("optimizer", "by_hand"),
    [
        (Sgd(), by_hand_sgd),
        (Momentum(), by_hand_momentum),
        (Nesterov(), by_hand_nesterov),
        (RmsProp(), by_hand_rmsprop),
        (Adam(), by_hand_adam),
        (AdamW(weight_decay=0.2), by_hand_adamw),
    ],
)
def test_an_optimiser_follows_its_recurrence(optimizer, by_hand):
    np.testing.assert_allclose(moved(optimizer), list(by_hand()), rtol=1e-12)


def test_momentum_zero_is_plain_descent():
    assert moved(Momentum(momentum=0.0)) == pytest.approx(moved(Sgd()))
    assert moved(Nesterov(momentum=0.0)) == pytest.approx(moved(Sgd()))


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_parameters_are_moved_in_place_and_keep_float32(name):
    optimizer = OPTIMIZERS[name]()
    p = np.ones((2, 3), dtype=np.float32)
    parameters = {"w": p}
    optimizer.step(parameters, {"w": np.ones_like(p)}, optimizer.memory(parameters), 0.1, 1)
    assert parameters["w"] is p
    assert p.dtype == np.float32
    assert (p < 1).all()


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_each_array_of_a_set_moves_as_it_does_alone(name):
    optimizer, rng = OPTIMIZERS[name](), np.random.default_rng(0)
    shapes = {"w": (3, 2), "b": (3, 1)}
    together = {each: np.ones(shape) for each, shape in shapes.items()}
    alone = {each: np.ones(shape) for each, shape in shapes.items()}
    memory, memories = optimizer.memory(together), {each: optimizer.memory({each: p}) for each, p in alone.items()}
    for t in range(1, 4):
        gradient = {each: rng.standard_normal(shape) for each, shape in shapes.items()}
        for each, p in alone.items():
            optimizer.step({each: p}, {each: gradient[each].copy()}, memories[each], 0.1, t)
        optimizer.step(together, gradient, memory, 0.1, t)
    for each in shapes:
        np.testing.assert_array_equal(together[each], alone[each])


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_the_memory_is_zeros_like_each_parameter(name):
    parameters = {"w": np.ones((3, 2), dtype=np.float32), "b": np.ones((3, 1), dtype=np.float32)}
    memory = OPTIMIZERS[name]().memory(parameters)
    assert memory.keys() == parameters.keys()
    for each, arrays in memory.items():
        assert all(a.shape == parameters[each].shape and a.dtype == np.float32 and not a.any() for a in arrays)


class FixedLength:
    """Every step, of all parameters together, has the length eta; the memory counts the steps."""

    def memory(self, parameters):
        return {"steps": [np.zeros(1)]}

    def step(self, parameters, gradient, memory, eta, t):
        length = np.sqrt(sum(np.square(g).sum() for g in gradient.values()))
        for name, p in parameters.items():
            p -= eta / length * gradient[name]
        memory["steps"][0] += 1


def test_a_rule_of_ones_own_sees_the_whole_set_of_parameters(xor):
    network = Network([2, 3, 1], dtype="float64")
    before = [p.copy() for p in network.weights + network.biases]
    network.SGD(xor, 1, 4, 0.25, optimizer=FixedLength())
    moves = [p - old for p, old in zip(network.weights + network.biases, before, strict=True)]
    assert np.sqrt(sum(np.square(move).sum() for move in moves)) == pytest.approx(0.25)


def test_a_step_schedule_falls_in_steps():
    schedule = Step(every=3, by=0.1)
    assert [schedule.factor(epochs, []) for epochs in (0, 2, 3, 6)] == pytest.approx([1, 1, 0.1, 0.01])


def test_decoupled_decay_is_that_of_the_weights_alone_and_is_not_scaled():
    """Gradients that differ by a thousand: adamw takes the same share of both weights, adam with L2 does not."""
    start, decay = {"weights_1": np.array([[1.0, 1.0]]), "biases_1": np.array([[1.0]])}, 0.3
    gradient = {"weights_1": np.array([[1.0, 1000.0]]), "biases_1": np.array([[1.0]])}

    def moved(optimizer, extra):
        p = {name: array.copy() for name, array in start.items()}
        g = {name: array + extra * start[name] for name, array in gradient.items()}
        optimizer.step(p, g, optimizer.memory(p), 0.1, 1)
        return p

    plain, coupled, apart = moved(Adam(), 0), moved(Adam(), decay), moved(AdamW(weight_decay=decay), 0)
    np.testing.assert_allclose(plain["weights_1"] - apart["weights_1"], 0.1 * decay, rtol=1e-12)
    np.testing.assert_array_equal(apart["biases_1"], plain["biases_1"])
    np.testing.assert_allclose(coupled["weights_1"], plain["weights_1"], atol=1e-8)  # the first step is eta for any g


def test_adamw_is_pytorch_s():
    torch = pytest.importorskip("torch")
    ours, theirs = {"weights_1": np.array([[1.0, -2.0]])}, torch.tensor([[1.0, -2.0]], dtype=torch.float64)
    optimizer, memory = AdamW(weight_decay=0.1), AdamW().memory(ours)
    reference = torch.optim.AdamW([theirs.requires_grad_()], lr=0.05, weight_decay=0.1)
    for t, g in enumerate(GRADIENTS, 1):
        optimizer.step(ours, {"weights_1": np.array([[g, -2 * g]])}, memory, 0.05, t)
        theirs.grad = torch.tensor([[g, -2 * g]], dtype=torch.float64)
        reference.step()
    np.testing.assert_allclose(ours["weights_1"], theirs.detach().numpy(), rtol=1e-12)


def test_the_rate_of_each_replica_decays_its_own_weights():
    p = {"weights_1": np.ones((2, 1, 1), dtype=np.float32)}
    AdamW(weight_decay=0.5).step(p, {"weights_1": np.zeros((2, 1, 1), np.float32)}, AdamW().memory(p), ETAS, 1)
    np.testing.assert_allclose(p["weights_1"].ravel(), [0.95, 0.9], rtol=1e-6)
    assert p["weights_1"].dtype == np.float32


def test_a_velocity_contains_the_rate():
    """After a step at 0.1 the rate falls to 0: the velocity goes on at the old one."""
    p = {"weights_1": np.array([[0.0]])}
    memory = Momentum().memory(p)
    Momentum().step(p, {"weights_1": np.array([[1.0]])}, memory, 0.1, 1)
    Momentum().step(p, {"weights_1": np.array([[1.0]])}, memory, 0.0, 2)
    assert p["weights_1"].item() == pytest.approx(-0.1 - 0.09)


def test_halve_waits_as_many_epochs_as_its_patience_in_a_row():
    factors = [Halve(patience=3).factor(k, [0.5, 0.5, 0.5, 0.5][:k]) for k in range(1, 5)]
    assert factors == [1, 1, 1, 0.5]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rule_that_says_it_is_linear_moves_the_same_by_a_gradient_that_has_the_rate_already(name):
    """So training multiplies the rate into the few deltas of the output; a rule that divides by g's size must not."""
    rule = OPTIMIZERS[name]()
    if not takes_rate_in_gradient(rule):
        assert name in {"rmsprop", "adam", "adamw", "newton", "gauss-newton"}
        return
    both = []
    for eta in (0.3, None):
        p, memory = {"weights_1": np.array([[1.0, -2.0]])}, rule.memory({"weights_1": np.zeros((1, 2))})
        for t in range(1, 6):
            g = np.array([[0.5 * t, -0.25]])
            rule.step(p, {"weights_1": g if eta else 0.3 * g}, memory, eta, t)
        both.append(p["weights_1"])
    np.testing.assert_allclose(*both, rtol=1e-14)


def test_a_subclass_that_moves_in_its_own_way_is_given_the_rate():
    """Else a warm-up in `step_size` would be left out in silence, and a `move` of one's own would get None."""

    class Warm(Sgd):
        def step_size(self, eta, t):
            return eta * min(1, t / 1e9)

    class Signs(Momentum):
        def move(self, p, g, slots, eta, t):
            p -= eta * np.sign(g)

    class Named(Sgd):
        pass

    assert takes_rate_in_gradient(Named())
    assert not takes_rate_in_gradient(Warm())
    assert not takes_rate_in_gradient(Signs())
    data = (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]]))
    for rule, longest in ((Warm(), 1e-6), (Signs(), 0.51)):
        network = Network([2, 1], seed=1, dtype="float64")
        before = network.weights[0].copy()
        network.SGD(data, 5, None, 0.1, optimizer=rule)
        assert 0 < np.abs(network.weights[0] - before).max() < longest
