"""What a cost is and what it says at given points: formulas, numbers, a picture; and the entropy behind it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bpnet.errors import UsageError
from bpnet.gradcheck import inspection
from bpnet.gradcheck.inspection import CostPoint, Distributions, Formulas
from bpnet.runs.pictures import save_figure

Z, Y = (-4.0, 0.0, 4.0), (0.0,)  # saturated low, not at all, saturated high, where 0 is wanted
OF_DISTRIBUTIONS = ("kl", "entropy")


@dataclass(frozen=True)
class CostInspection:
    """One of three answers: the formulas of all costs, costs at points, or two distributions; and what was drawn."""

    formulas: tuple[Formulas, ...] = ()
    points: tuple[CostPoint, ...] = ()
    distributions: Distributions | None = None
    output: str = ""  # the output activation of the points
    files: tuple[Path, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The answer, for JSON."""
        if self.distributions is not None:
            return asdict(self.distributions)
        if self.points:
            return {
                "output": self.output,
                "points": [asdict(point) for point in self.points],
                "files": [str(file) for file in self.files],
            }
        return {"costs": [asdict(entry) for entry in self.formulas]}


def inspect_costs(
    costs: Sequence[str] = (),
    *,
    z: Sequence[float] | None = None,
    y: Sequence[float] | None = None,
    output: str = "sigmoid",
    p: Sequence[float] | None = None,
    q: Sequence[float] | None = None,
    out: Path | str | None = None,
) -> CostInspection:
    """Look at costs: without names the formulas of all, with names their numbers at each z and target.

    z is -4, 0 and 4 and y is 0 if None. Under a softmax z are the outputs of one example, and y is the number of its
    class or a target for each; under any other output each z is a neuron with each of the targets. `out` draws value
    and delta against z. The names `entropy` and `kl` take probabilities p, and q, instead.

    Raises:
        UsageError: unknown names, pairs or numbers that make no sense, or a file that cannot be written.
    """
    if any(name in OF_DISTRIBUTIONS for name in costs):
        return _of_distributions(list(costs), p, q, {"z": z, "y": y, "out": out})
    if p is not None or q is not None:
        raise UsageError("p and q are distributions; they go with kl or entropy: bpnet costs kl --p .7,.3 --q .5,.5")
    if not costs:
        if any(value is not None for value in (z, y, out)):
            raise UsageError("name the costs to look at, such as mse ce")
        return CostInspection(formulas=tuple(inspection.formulas()))
    points = inspection.points(costs, Z if z is None else z, Y if y is None else y, output)
    files = () if out is None else _drawn(costs, Z if z is None else z, Y if y is None else y, output, Path(out))
    return CostInspection(points=tuple(points), output=output, files=files)


def _of_distributions(
    costs: list[str], p: Sequence[float] | None, q: Sequence[float] | None, others: dict[str, object]
) -> CostInspection:
    """Entropy or divergence, alone."""
    if len(costs) > 1 or any(value is not None for value in others.values()):
        raise UsageError(f"{costs[0]} is of distributions, p and q; ask for it alone, without {', '.join(others)}")
    if p is None or (q is None and costs == ["kl"]):
        needed = "p and q, as in --p .7,.2,.1 --q .5,.3,.2" if costs == ["kl"] else "p, as in --p .7,.2,.1"
        raise UsageError(f"{costs[0]} takes {needed}")
    return CostInspection(distributions=inspection.distributions(p, q))


def _drawn(costs: Sequence[str], z: Sequence[float], y: Sequence[float], output: str, out: Path) -> tuple[Path, ...]:
    """The files of the picture."""
    from bpnet.plots.costs import draw_costs  # matplotlib takes half a second to load

    lines = inspection.curves(costs, z, y, output)
    rows = [(line.cost, line.y, line.z, line.value, line.delta) for line in lines]
    if output != "softmax":
        return tuple(save_figure(draw_costs(rows, z, output), out))
    own = inspection.wanted_class(z, y)
    return tuple(save_figure(draw_costs(rows, z[own : own + 1], output, [*z[:own], *z[own + 1 :]]), out))
