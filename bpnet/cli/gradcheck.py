"""`bpnet gradcheck`: backpropagation against differences of the cost, or against a framework."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bpnet.cli import options

if TYPE_CHECKING:
    from bpnet.gradcheck import CurvatureCheck, FrameworkCheck, GradientCheck


@click.command()
@options.config_options
@click.option(
    "--cost-derivative", type=options.PATH, metavar="FILE", help="Check cost_derivative(a, y) of this Python."
)
@click.option("--against", metavar="FRAMEWORK", help="Compare with torch's differentiation instead, without l2 and l1.")
@click.option(
    "--second-order", is_flag=True, help="Check products with the Hessian and the Gauss-Newton matrix instead."
)
@options.JSON
def gradcheck(
    config: str | None,
    sets: tuple[str, ...],
    seed: int | None,
    cost_derivative: Path | None,
    against: str | None,
    second_order: bool,
    as_json: bool,
) -> None:
    """Check backpropagation against differences of the cost, for every parameter of a config's network.

    In float64, at the first weights, on eight training examples, with the penalties l2 and l1, without dropout. Exits
    with 4 when they differ. A cost_derivative(output_activations, y) of your own is the one that backpropagation uses,
    and the answer names the formula that it is. The second order has l2 too; l1 has no curvature, and is refused there.

    \b
      bpnet gradcheck --config xor3
      bpnet gradcheck --cost-derivative recipe.py --set train.cost=ce
      bpnet gradcheck --config iris --against torch
      bpnet gradcheck --config iris-newton --second-order
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import runs
    from bpnet.errors import CheckError
    from bpnet.gradcheck import CurvatureCheck, FrameworkCheck

    name = options.required(config) if cost_derivative is None else config
    result = runs.check_gradient(
        name, sets=sets, seed=seed, cost_derivative=cost_derivative, against=against, second_order=second_order
    )
    if isinstance(result, CurvatureCheck):
        lines = _curvature(result)
    else:
        lines = _framework(result) if isinstance(result, FrameworkCheck) else _differences(result)
    head = name or f"{runs.checks.EXAMPLE}, three sigmoid outputs"
    options.show(result.as_json(), [f"{head}: {lines[0]}", *lines[1:]], as_json)
    if not result.passed:
        raise CheckError(result.complaint())


def _differences(result: "GradientCheck") -> list[str]:
    """The check against differences, array by array."""
    penalties = _penalties(l2=result.l2, l1=result.l1)
    lines = [f"backprop against differences, {result.examples} examples, float64{penalties}"]
    for layer in result.layers:
        verdict = "ok" if layer.error <= result.tolerance else "DIFFERS"
        kinks = f", {layer.kinks} at a kink of the cost" if layer.kinks else ""
        head = f"{layer.name:<18} {layer.parameters:>8} parameters"
        lines.append(f"{head}  worst error {layer.error:.1e}  {verdict}{kinks}")
    if result.passed:
        lines += [result.derivative] if result.derivative else []
        lines.append(f"passed: every parameter agrees to {result.tolerance:g}")
    return lines


def _penalties(**strengths: float) -> str:
    """The penalties that were part of the cost: `, l2 5`."""
    return "".join(f", {name} {value:g}" for name, value in strengths.items() if value)


def _curvature(result: "CurvatureCheck") -> list[str]:
    """How the products and complex steps of the gradient agree, array by array."""
    penalties = _penalties(l2=result.l2)
    what = "curvature products against complex steps of the gradient"
    lines = [f"{what}, {result.examples} examples, float64{penalties}"]
    for array in result.arrays:
        verdict = "ok" if array.error <= result.tolerance else "DIFFERS"
        head = f"{array.matrix:<19}  {array.name:<12} {array.parameters:>8} parameters"
        lines.append(f"{head}  worst error {array.error:.1e}  {verdict}")
    return [*lines, f"passed: every parameter agrees to {result.tolerance:g}"] if result.passed else lines


def _framework(result: "FrameworkCheck") -> list[str]:
    """The check against a framework, array by array, and the worst parameter of all."""
    lines = [f"backprop against {result.framework}, {result.examples} examples, float64"]
    for layer in result.layers:
        verdict = "ok" if layer.error <= result.tolerance else "DIFFERS"
        head = f"{layer.name:<18} {layer.parameters:>8} parameters"
        lines.append(f"{head}  worst difference {layer.error:.1e}  {verdict}")
    if result.vanished:
        return lines
    worst, width = result.worst, max(len(result.our_name), len("torch"))
    lines.append(f"worst: {worst.name}, {list(worst.where)}")
    pairs = ((result.our_name, worst.ours, result.our_error), ("torch", worst.theirs, result.their_error))
    lines += [f"  {name:<{width}}  {value:.17g}  off by {error:.1e}" for name, value, error in pairs]
    lines.append(f"  {'exact':<{width}}  {result.exact:.17g}")
    if result.passed:
        lines += [result.derivative] if result.derivative else []
        lines.append(f"passed: {result.verdict()}")
    return lines
