"""What is a `cost_derivative` of one's own? It is compared with every formula known here, up to a factor.

Letters: k outputs, m examples; a, y : (k, m).
"""

import copy
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bpnet.activations import ACTIVATIONS, Activation, Array
from bpnet.costs import COSTS, Cost
from bpnet.errors import UsageError
from bpnet.network import Network
from bpnet.seeds import generator

Derivative = Callable[[Array, Array], Array]  # of output_activations and y, as in the book
SHAPES = ((3, 5), (4, 7))  # outputs and examples: four different numbers, so that a division by one of them shows
SAME = 1e-6  # relative; what people add against division by zero, 1e-8 say, changes less
SAME_AS = "{}"  # the factor 1, as a text with {} for the formula
DIVISORS: dict[str, Callable[[int, int], int]] = {
    "": lambda k, m: 1,
    " divided by the number of outputs, len(y)": lambda k, m: k,
    " divided by the number of examples": lambda k, m: m,
    " divided by the number of outputs times that of examples": lambda k, m: k * m,
}


@dataclass(frozen=True)
class Known:
    """A formula of a and y, and what it is."""

    what: str  # such as "dC/da of mse"
    formula: str
    function: Derivative


def load_derivative(path: Path | str) -> Derivative:
    """The function `cost_derivative(output_activations, y)` of a Python file, which is run for it.

    It gets copies, so that it may write over its arguments, and what it prints goes to stderr. No such file or
    function, an error in it, and a result that is not a real and finite number for each output and example are a
    UsageError, also in a later call.
    """
    spec = importlib.util.spec_from_file_location("cost_derivative_of_ones_own", path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise UsageError(f"{path}: no such Python file; write one with cost_derivative(output_activations, y)")
    module = importlib.util.module_from_spec(spec)
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a script of one's own may end with sys.exit
        raise UsageError(f"{path}: {type(error).__name__}: {error}") from error
    function = getattr(module, "cost_derivative", None)
    if not callable(function):
        raise UsageError(f"{path}: has no function cost_derivative(output_activations, y)")
    checked = _checked(path, function)
    for a, y in samples(ACTIVATIONS["sigmoid"]):
        checked(a, y)
    return checked


def with_derivative(network: Network, function: Derivative) -> Network:
    """The network with another `cost_derivative`, as a subclass that overrides it has."""
    twin = copy.copy(network)
    vars(twin)["cost_derivative"] = function
    return twin


def identify(function: Derivative, cost: Cost, output: Activation) -> str:
    """What a derivative is and what that of the cost would be, in a sentence."""
    right = Known(_title(cost, "dC/da"), formula(cost.derivative), cost.derivative)
    points = list(samples(output))
    given = [np.asarray(function(a.copy(), y.copy())) for a, y in points]
    matches = []
    for known in (right, *known_formulas(output)):
        factor = _factor(given, [known.function(a, y) for a, y in points])
        matches += [] if factor is None else [(factor, known)]
    wanted = f"; {right.what} is {right.formula}"
    if not matches:
        return f"cost_derivative is none of the formulas known here{wanted}"
    factor, found = matches[0]
    kinds = {known.what.partition(" of ")[0]: known.what for same, known in reversed(matches) if same == factor}
    names = ", and ".join(sorted(kinds.values()))  # dC/da before the delta; of several costs the first of the table
    if factor != SAME_AS:
        where = f"{factor.format(f'({found.formula})')}, where {found.formula} is {names}"
        return f"cost_derivative is {where}{wanted}"
    if found is right:
        return f"cost_derivative is {right.formula}: {right.what}"
    twice = "; a delta has the slope in it, and backprop multiplies by it again" if "delta" in names else ""
    return f"cost_derivative is {found.formula}: {names}{twice}{wanted}"


def known_formulas(output: Activation) -> Iterator[Known]:
    """dC/da of each cost, and its delta dC/dz on an output of this kind; contenders (`ce-naive`) repeat their cost."""
    for name, cost in COSTS.items():
        for form in (cost, *cost.forms) if "-" not in name else ():
            yield Known(_title(form, "dC/da"), formula(form.derivative), form.derivative)
            if output.name in INVERSES and output.name in (form.outputs or INVERSES):
                delta = f"({formula(form.derivative)}) times the slope" if form.delta is None else formula(form.delta)
                yield Known(_title(form, "the delta dC/dz"), delta, _delta(form, output))


def _title(form: Cost, what: str) -> str:
    """`dC/da of ce on a sigmoid output`."""
    return f"{what} of {form.name}{f' on a {form.outputs[0]} output' if form.outputs else ''}"


def formula(function: Callable[..., Array]) -> str:
    """The formula that a cost's function has at the head of its docstring."""
    head = (inspect.getdoc(function) or "").partition("\n")[0]
    for end in (";", ":", " (book", " with ", ", which"):
        head = head.partition(end)[0]
    return head.rstrip(".") or "a formula without a docstring"


def samples(output: Activation) -> Iterator[tuple[Array, Array]]:
    """Outputs and targets to compare formulas at: shares and one-hot classes, or quantities for other outputs."""
    for k, m in SHAPES:
        rng = generator(k, "check")
        if output.name not in INVERSES:
            yield rng.normal(scale=2, size=(k, m)), rng.standard_normal((k, m))  # deviations: also errors above 1
            continue
        a = rng.uniform(0.1, 0.9, (k, m))  # shares, away from 0 and 1, where a division loses digits
        yield a / a.sum(axis=0) if output.mixes else a, np.eye(k)[:, np.arange(m) % k]


def _delta(form: Cost, output: Activation) -> Derivative:
    """A cost's dC/dz as a function of a and y."""
    return lambda a, y: form.output_delta(output, INVERSES[output.name](a), a, y)


def _factor(given: list[Array], known: list[Array]) -> str | None:
    """How much of a known formula is given at all shapes, as a text with {} for the formula; None if it is not."""
    ratios = [float((g * k).sum() / np.square(k).sum()) for g, k in zip(given, known, strict=True)]
    triples = zip(given, ratios, known, strict=True)
    if not all(np.allclose(g, r * k, rtol=0, atol=SAME * np.abs(g).max()) for g, r, k in triples):
        return None
    for words, divisor in DIVISORS.items():
        first, second = (r * divisor(*shape) for r, shape in zip(ratios, SHAPES, strict=True))
        if first and np.isclose(first, second, rtol=SAME):
            times = "" if np.isclose(first, 1, rtol=SAME) else f"{first:.6g} times "
            return f"{times}{SAME_AS}{words}"
    return None


def _checked(path: Path | str, function: Derivative) -> Derivative:
    """The function of a file with its arguments copied, its prints on stderr, and its failures as a UsageError."""

    def checked(a: Array, y: Array) -> Array:
        try:
            with redirect_stdout(sys.stderr), np.errstate(all="ignore"):  # what is not finite is refused below
                result = np.asarray(function(a.copy(), y.copy()))
        except (Exception, SystemExit) as error:
            raise UsageError(f"{path}: cost_derivative fails with {type(error).__name__}: {error}") from error
        if problem := _problem(result, a, y):
            raise UsageError(f"{path}: cost_derivative gives {problem}")
        return result

    return checked


def _problem(result: Array, a: Array, y: Array) -> str:
    """Why a result is no dC/da of the outputs a, in a clause; "" where it is."""
    if result.shape != a.shape:
        return f"shape {result.shape} for outputs of shape {a.shape}; keep the shape"
    if result.dtype.kind not in "biuf":
        return f"{result.dtype}; give real numbers"
    wrong = ~np.isfinite(result)
    if wrong.any():
        value, output, target = (array[wrong][0] for array in (result, a, y))
        return f"{value} for output {output} and target {target}; give a finite number there"
    return ""


INVERSES: dict[str, Callable[[Array], Array]] = {  # z of an output a
    "sigmoid": lambda a: np.log(a / (1 - a)),
    "softmax": np.log,
}
