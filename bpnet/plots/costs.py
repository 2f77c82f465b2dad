"""Costs along the weighted input z: what an output pays, and how hard it is pulled back."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bpnet.metrics import Array
from bpnet.plots.style import LINES, MUTED, colour, styled

Line = tuple[str, float, Array, Array, Array]  # cost, target, and along n points z, value and delta : (n,)
SIZE = (9.5, 4.0)  # inches: two panels side by side


def draw_costs(lines: Sequence[Line], marked: Sequence[float], output: str) -> Figure:
    """Value and delta of costs against z, a colour for each cost and a dash for each target; dots at the marked z."""
    with styled():
        figure = Figure(figsize=SIZE, layout="constrained")
        left, right = figure.subplots(1, 2)
        costs, targets = (list(dict.fromkeys(line[k] for line in lines)) for k in (0, 1))
        for cost, y, z, value, delta in lines:
            look = {"color": colour(costs.index(cost)), "ls": LINES[targets.index(y) % len(LINES)]}
            label = cost if len(targets) == 1 or output == "softmax" else f"{cost}, y = {y:g}"
            for ax, numbers in ((left, value), (right, delta)):
                ax.plot(z, numbers, lw=2, label=label, **look)
                if output != "softmax":
                    ax.plot(marked, np.interp(marked, z, numbers), ls="", marker="o", ms=5, color=look["color"])
        _label(left, "value C", output)
        _label(right, "delta dC/dz: how fast it learns", output)
        left.legend()
        wanted = "" if output == "softmax" or len(targets) > 1 else f", wanted y = {targets[0]:g}"
        figure.suptitle(f"{output} output{wanted}", fontsize=12, fontweight="bold")
    return figure


def _label(ax: Axes, title: str, output: str) -> None:
    """Titles, and a line where the delta and the value are 0."""
    ax.set_title(title)
    ax.set_xlabel("weighted input z" if output != "softmax" else "weighted input z of the wanted class")
    ax.axhline(0, color=MUTED, lw=0.8)
