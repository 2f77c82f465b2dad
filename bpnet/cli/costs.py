"""`bpnet costs`: what the costs are, and what they say at given points."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bpnet.cli import options

if TYPE_CHECKING:
    from bpnet.gradcheck.inspection import CostPoint, Distributions, Formulas
    from bpnet.runs.costs import CostInspection

COLUMNS = ("z", "y", "a", "slope", "value", "derivative", "delta", "difference")
TITLES = {"derivative": "dC/da"}


@click.command()
@options.argument("costs", nargs=-1, metavar="[COST]...", description="Such as mse and ce; or kl, or entropy.")
@click.option("--z", callback=options.numbers, metavar="Z,Z,...", help="Weighted inputs [default: -4,0,4].")
@click.option("--y", callback=options.numbers, metavar="Y,Y,...", help="Targets; of a softmax, a class [default: 0].")
@click.option("--output", cls=options.LibraryOption, function="bpnet.runs:inspect_costs", help="Output activation.")
@click.option("--p", callback=options.numbers, metavar="P,P,...", help="Probabilities, for kl and entropy.")
@click.option("--q", callback=options.numbers, metavar="Q,Q,...", help="Probabilities, for kl.")
@click.option("--out", type=options.PATH, metavar="FILE", help="Draw value and delta against z, as .png or .svg.")
@options.JSON
def costs(
    costs: tuple[str, ...],
    z: tuple[float, ...] | None,
    y: tuple[float, ...] | None,
    output: str,
    p: tuple[float, ...] | None,
    q: tuple[float, ...] | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """List the costs with their formulas and sources; or look at some of them at given points.

    For each z and target: output a, slope, value, dC/da, and delta by formula and by difference, in both precisions;
    beneath it the naive and clipped forms where they give something else. The values of z given to a softmax are the
    outputs of one example.

    \b
      bpnet costs
      bpnet costs mse ce --z -4,0,4,40 --y 0 --out costs.png
      bpnet costs ce --output softmax --z 1000,0,-1000 --y 1
      bpnet costs kl --p .7,.2,.1 --q .5,.3,.2
    """  # noqa: D301  (\b is click's mark for lines to keep)
    from bpnet import runs

    found = runs.inspect_costs(costs, z=z, y=y, output=output, p=p, q=q, out=out)
    options.show(found.as_json(), _lines(found), as_json)


def _lines(found: "CostInspection") -> Iterator[str]:
    """Whatever was asked for, to read."""
    if found.distributions is not None:
        yield from _distribution_lines(found.distributions)
    for entry in found.formulas:
        yield from _formula_lines(entry)
    for dtype in dict.fromkeys(point.dtype for point in found.points):
        rows = [point for point in found.points if point.dtype == dtype]
        yield f"{found.output} output, {dtype}"
        yield from _table(rows, sums=found.output == "softmax")
    yield from (f"picture     {file}" for file in found.files)


def _formula_lines(entry: "Formulas") -> Iterator[str]:
    """A cost's formulas."""
    yield f"{entry.cost:<14} {' or '.join(entry.outputs) or 'any'} output"
    yield f"  C            {entry.value}"
    yield f"  dC/da        {entry.derivative}"
    yield f"  delta        {entry.delta or 'dC/da times the slope of the output (of a softmax: its whole Jacobian)'}"


def _table(points: "list[CostPoint]", sums: bool) -> Iterator[str]:
    """A line for each point, and the sum over a softmax's outputs."""
    # A 0 is added because -0 would be printed as such.
    yield f"{'cost':<11}" + "".join(f"{TITLES.get(name, name):>11}" for name in COLUMNS)
    for point in points:
        yield f"{point.cost:<11}" + "".join(f"{getattr(point, name) + 0.0:>11.4g}" for name in COLUMNS)
    for cost in dict.fromkeys(point.cost for point in points) if sums else ():
        yield f"{cost}: cost {sum(point.value for point in points if point.cost == cost):.6g}"


def _distribution_lines(found: "Distributions") -> Iterator[str]:
    """Entropy of p, and what q adds to it."""
    values = {
        "entropy of p": found.entropy,
        "cross-entropy of p and q": found.cross_entropy,
        "divergence KL(p, q) = cross-entropy - entropy": found.divergence,
        "divergence KL(q, p)": found.reverse,
    }
    for name, value in values.items():
        if value is not None:
            yield f"{name:<46} {value:>9.6f} nats {value / NATS_PER_BIT:>9.6f} bits"


NATS_PER_BIT = 0.6931471805599453  # ln 2
