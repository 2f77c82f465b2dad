"""`bpnet gradcheck`: backpropagation against differences of the cost."""

from typing import TYPE_CHECKING

import click

from bpnet.cli import options

if TYPE_CHECKING:
    from bpnet.gradcheck import CurvatureCheck, GradientCheck


@click.command()
@options.config_options
@click.option(
    "--second-order", is_flag=True, help="Check products with the Hessian and the Gauss-Newton matrix instead."
)
@options.JSON
def gradcheck(config: str | None, sets: tuple[str, ...], seed: int | None, second_order: bool, as_json: bool) -> None:
    """Check backpropagation against differences of the cost, for every parameter of a config's network.

    In float64, at the first weights, on eight training examples, with the penalties l2 and l1, without dropout. Exits
    with 4 when they differ.
    """
    from bpnet import runs
    from bpnet.errors import CheckError
    from bpnet.gradcheck import CurvatureCheck

    result = runs.check_gradient(options.required(config), sets=sets, seed=seed, second_order=second_order)
    lines = _curvature_lines(result) if isinstance(result, CurvatureCheck) else _gradient_lines(result)
    lines += [f"passed: every parameter agrees to {result.tolerance:g}"] if result.passed else []
    options.show(result.as_json(), [f"{config}: {lines[0]}", *lines[1:]], as_json)
    if not result.passed:
        raise CheckError(result.complaint())


def _gradient_lines(result: "GradientCheck") -> list[str]:
    """How backprop and differences agree, array by array."""
    penalties = "".join(f", {name} {value:g}" for name, value in (("l2", result.l2), ("l1", result.l1)) if value)
    lines = [f"backprop against differences, {result.examples} examples, float64{penalties}"]
    for layer in result.layers:
        verdict = "ok" if layer.error <= result.tolerance else "DIFFERS"
        kinks = f", {layer.kinks} at a kink of the cost" if layer.kinks else ""
        head = f"{layer.name:<18} {layer.parameters:>8} parameters"
        lines.append(f"{head}  worst error {layer.error:.1e}  {verdict}{kinks}")
    return lines


def _curvature_lines(result: "CurvatureCheck") -> list[str]:
    """How the products and complex steps of the gradient agree, array by array."""
    lines = [f"curvature products against complex steps of the gradient, {result.examples} examples, float64"]
    for array in result.arrays:
        verdict = "ok" if array.error <= result.tolerance else "DIFFERS"
        head = f"{array.matrix:<19}  {array.name:<12} {array.parameters:>8} parameters"
        lines.append(f"{head}  worst error {array.error:.1e}  {verdict}")
    return lines
