"""Each optimiser against its paper's recurrence, one number at a time."""

import math

import numpy as np
import pytest

from bpnet.optimizers import OPTIMIZERS, Adam, Momentum, Nesterov, RmsProp, Sgd, Step

GRADIENTS = [0.5, -1.0, 2.0, 0.25, 0.25]


def moved(optimizer, eta=0.1):
    p, slots = np.array([[1.0]]), [np.zeros((1, 1)) for _ in range(optimizer.slots)]
    path = []
    for t, g in enumerate(GRADIENTS, 1):
        optimizer.step(p, np.array([[g]]), slots, eta, t)
        path.append(float(p[0, 0]))
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


@pytest.mark.parametrize(
    ("optimizer", "by_hand"),
    [
        (Sgd(), by_hand_sgd),
        (Momentum(), by_hand_momentum),
        (Nesterov(), by_hand_nesterov),
        (RmsProp(), by_hand_rmsprop),
        (Adam(), by_hand_adam),
    ],
)
def test_an_optimiser_follows_its_recurrence(optimizer, by_hand):
    np.testing.assert_allclose(moved(optimizer), list(by_hand()), rtol=1e-12)


def test_momentum_zero_is_plain_descent():
    assert moved(Momentum(momentum=0.0)) == pytest.approx(moved(Sgd()))
    assert moved(Nesterov(momentum=0.0)) == pytest.approx(moved(Sgd()))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parameters_are_moved_in_place_and_keep_float32(name):
    optimizer = OPTIMIZERS[name]()
    p = np.ones((2, 3), dtype=np.float32)
    same = p
    optimizer.step(p, np.ones_like(p), [np.zeros_like(p) for _ in range(optimizer.slots)], 0.1, 1)
    assert same is p
    assert p.dtype == np.float32
    assert (p < 1).all()


def test_a_step_schedule_falls_in_steps():
    schedule = Step(every=3, by=0.1)
    assert [schedule.factor(epochs, []) for epochs in (0, 2, 3, 6)] == pytest.approx([1, 1, 0.1, 0.01])
