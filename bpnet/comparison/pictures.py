"""The pictures of a comparison: what each needs is gathered here and drawn by `plots`."""

from pathlib import Path
from typing import Any

from bpnet.comparison import neuron
from bpnet.comparison.compare import Comparison, neuron_start
from bpnet.comparison.landscape import landscape
from bpnet.comparison.race import Lane
from bpnet.files import write


def contest(comparison: Comparison) -> Any:
    """What the pictures show, as `plots.comparison.Contest`."""
    from bpnet.plots.contest import Contest

    plan, summary = comparison.plan, comparison.summary
    lanes = [lane for row in comparison.lanes for lane in row]
    return Contest(
        name=plan.name,
        lanes=lanes,
        conditions=plan.labels,
        vary=plan.vary,
        target=summary["target"],
        policy=policy(comparison),
        speedups=[pairs[0] for pairs in comparison.speedups],
        theory=[_theory(comparison, lane) for lane in lanes],
        predicted=_predicted(comparison),
    )


def policy(comparison: Comparison) -> str:
    """The learning rates, where they come from, and the number of seeds, in a line."""
    summary = comparison.summary
    rates = {lane.cost: [row[k].rate for row in comparison.lanes] for k, lane in enumerate(comparison.lanes[0])}
    told = ", ".join(f"{cost} {_range(values)}" for cost, values in rates.items())
    origin = "given" if summary["rates"] else summary["rate_policy"]
    seeds = summary["seeds"]
    return f"learning rates: {told} ({origin}); {seeds} seed{'s' if seeds > 1 else ''}"


def _range(rates: list[float]) -> str:
    """A rate, or the smallest and the largest of several."""
    low, high = min(rates), max(rates)
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _theory(comparison: Comparison, lane: Lane) -> Any:
    if comparison.plan.config is not None:
        return None
    return neuron.predicted_curve(lane.cost, neuron_start(lane), float(lane.epochs[-1]), lane.rate)


def _predicted(comparison: Comparison) -> dict[str, list[float]]:
    """The closed-form epochs of every condition, for costs that have one."""
    if comparison.plan.config is not None:
        return {}
    bound = comparison.plan.targets[0].bound
    found: dict[str, list[float]] = {}
    for row in comparison.lanes:
        for lane in row:
            epochs = neuron.epochs_to(lane.cost, neuron_start(lane), bound, lane.rate)
            if epochs is not None:
                found.setdefault(lane.cost, []).append(epochs)
    return found


def whole(comparison: Comparison) -> Any:
    """The figure of the curves."""
    from bpnet.plots.comparison import compare_figure

    return compare_figure(contest(comparison))


def errors(ax: Any, comparison: Comparison) -> Any:
    """The error of every cost under the first condition, drawn into an Axes."""
    from bpnet.plots.comparison import error_curves

    ax = error_curves(ax, contest(comparison), 0)
    ax.legend()
    return ax


def draw(comparison: Comparison, folder: Path) -> list[Path]:
    """Write every picture that fits: compare, vary or map, and surface, each as PNG and SVG."""
    from bpnet.plots import render
    from bpnet.plots.comparison import compare_figure
    from bpnet.plots.surface import Panel, map_figure, surface_figure
    from bpnet.plots.varied import vary_figure

    shown = contest(comparison)
    figures = {"compare": compare_figure(shown)}
    if len(comparison.plan.vary) == 1:
        figures["vary"] = vary_figure(shown)
    elif len(comparison.plan.vary) == 2:
        figures["map"] = map_figure(shown)
    if all(lane.path is not None for lane in comparison.lanes[-1]):
        names, surfaces = landscape(comparison.plan.entries[-1], comparison.lanes[-1])
        panels = [Panel(one.cost, one.first, one.second, one.values, one.path, epochs=one.epochs) for one in surfaces]
        label = comparison.plan.labels[-1]
        figures["surface"] = surface_figure(f"{comparison.plan.name}{', ' if label else ''}{label}", names, panels)
    files = []
    for name, figure in figures.items():
        for suffix in ("png", "svg"):
            files.append(folder / f"{name}.{suffix}")
            write(files[-1], render(figure, suffix))
    return files
