"""Every entry of the trainer's tables shows in its docstring what it does, and every such example is true."""

import doctest

import numpy as np
import pytest

from bpnet import activations, costs, initializers, optimizers
from bpnet.second_order import steps

MODULES = [activations, costs, initializers, optimizers, steps]
TABLES = {
    "initialiser": initializers.INITIALIZERS,
    "optimiser": optimizers.OPTIMIZERS,
    "schedule": optimizers.SCHEDULES,
    "activation": {name: activation.value for name, activation in activations.ACTIVATIONS.items()},
    "cost": {
        f"{name} on {' or '.join(form.outputs) or 'any output'}, {part}": getattr(form, part)
        for name, cost in costs.COSTS.items()
        for form in (cost, *cost.forms)
        for part in ("value", "delta")
        if getattr(form, part) is not None
    },
    "class": {"Cost": costs.Cost},
}


def examples(entry):
    return doctest.DocTestParser().get_examples(entry.__doc__ or "")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_example_gives_what_its_docstring_shows(module):
    result = doctest.testmod(module, extraglobs={"np": np})
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, table in TABLES.items() for name in table])
def test_every_entry_has_an_example_of_one_to_three_lines(kind, name):
    assert 1 <= len(examples(TABLES[kind][name])) <= 3, f"{kind} {name}: show in its docstring what it does"


def test_an_entry_without_an_example_is_noticed():
    assert not examples(activations.relu_slope)
    assert not examples(lambda z: z)
