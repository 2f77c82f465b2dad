"""Costs along the weighted input z: what an output pays, and how hard it is pulled back."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bpnet.metrics import Array
from bpnet.plots.style import LINES, MARKERS, MUTED, Style, colour, lay_out, new_figure, shortened, styled

Line = tuple[str, float, Array, Array, Array]  # cost, target, and along n points z, value and delta : (n,)
SIZE = (9.5, 4.0)  # inches: two panels side by side
WIDEST, NARROWEST = 4.2, 1.8  # points: the first cost's line and the last's, which lies on it and leaves its edges free
LONGEST_TITLE = 90  # letters: the width of the page


def draw_costs(lines: Sequence[Line], marked: Sequence[float], output: str, others: Sequence[float] = ()) -> Figure:
    """Value and delta of costs against z, with markers at the marked z; `others` are the other z of a softmax.

    Each cost has a colour, a marker and a width, the first the widest, so that costs that are equal can all be seen;
    each target has a dash, or each cost where there is one target.
    """
    with styled():
        figure = new_figure(SIZE)
        left, right = figure.subplots(1, 2)
        costs, targets = (list(dict.fromkeys(line[k] for line in lines)) for k in (0, 1))
        several = len(targets) > 1
        for cost, y, z, value, delta in lines:
            look = _look(costs.index(cost), len(costs), targets.index(y) if several else costs.index(cost))
            label = f"{cost}, y = {y:g}" if several else cost
            for ax, numbers in ((left, value), (right, delta)):
                ax.plot(z, numbers, label=label, markevery=[], **look)
                ax.plot(marked, np.interp(marked, z, numbers), **look | {"ls": ""})
        _label(left, "value C", output)
        _label(right, "delta dC/dz: how fast it learns", output)
        left.legend(handlelength=3.5)
        wanted = "" if output == "softmax" or several else f", wanted y = {targets[0]:g}"
        stay = f", the other outputs stay at z = {', '.join(f'{z:g}' for z in others)}" if others else ""
        title = shortened(f"{output} output{wanted}{stay}", LONGEST_TITLE)
        figure.suptitle(title, fontsize=12, fontweight="bold")
        lay_out(figure)
    return figure


def _look(k: int, costs: int, dash: int) -> Style:
    """The line and the marker of the k-th cost of several, with the dashes of a place."""
    width = float(np.linspace(WIDEST, NARROWEST, costs)[k]) if costs > 1 else 2.0  # points
    marker = {"marker": MARKERS[k % len(MARKERS)], "ms": 4 + width}
    return {"color": colour(k), "ls": LINES[dash % len(LINES)], "lw": width} | marker


def _label(ax: Axes, title: str, output: str) -> None:
    """Titles, and a line where the delta and the value are 0."""
    ax.set_title(title)
    ax.set_xlabel("weighted input z" if output != "softmax" else "weighted input z of the wanted class")
    ax.axhline(0, color=MUTED, lw=0.8)
