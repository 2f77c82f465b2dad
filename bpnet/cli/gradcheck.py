"""`bpnet gradcheck`: backpropagation against differences of the cost."""

import click

from bpnet.cli import options


@click.command()
@options.config_options
@options.JSON
def gradcheck(config: str | None, sets: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Check backpropagation against differences of the cost, for every parameter of a config's network.

    In float64, at the first weights, on eight training examples, with the penalties l2 and l1, without dropout. Exits
    with 4 when they differ.
    """
    from bpnet import runs
    from bpnet.errors import CheckError

    result = runs.check_gradient(options.required(config), sets=sets, seed=seed)
    penalties = "".join(f", {name} {value:g}" for name, value in (("l2", result.l2), ("l1", result.l1)) if value)
    lines = [f"{config}: backprop against differences, {result.examples} examples, float64{penalties}"]
    for layer in result.layers:
        verdict = "ok" if layer.error <= result.tolerance else "DIFFERS"
        kinks = f", {layer.kinks} at a kink of the cost" if layer.kinks else ""
        head = f"{layer.name:<18} {layer.parameters:>8} parameters"
        lines.append(f"{head}  worst error {layer.error:.1e}  {verdict}{kinks}")
    lines += [f"passed: every parameter agrees to {result.tolerance:g}"] if result.passed else []
    options.show(result.as_json(), lines, as_json)
    if not result.passed:
        raise CheckError(result.complaint())
