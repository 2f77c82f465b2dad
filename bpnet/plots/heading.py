"""What all pictures of a comparison share: the look of each cost, and the title, settings and legend above them."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bpnet.plots.style import LINES, MARKERS, MUTED, Style, colour, lay_out
from bpnet.plots.subjects import ComparisonSubject

DASHES = (*LINES, (0, (6, 1, 1, 1, 1, 1)))  # five, so that the colours and dashes of 40 costs differ
LINE_WIDTH = 2.2  # points: bold, for the medians
FEWEST_SEEDS = 3  # seeds: quartiles of fewer would be the runs themselves
COST_NAMES = {"mse": "mse (squared error)", "ce": "ce (cross-entropy)"}
LETTERS_PER_INCH = 13.0  # of the 10-point font, on average
LINE_HEIGHT = 0.2  # inches: a line of that font
EDGE = 0.12  # inches between the text and the edge of the page
TITLE_HEIGHT = 0.28  # inches: a line of the 13-point title


def cost_style(k: int) -> Style:
    """The colour and the dashes of the k-th cost."""
    return {"color": colour(k), "ls": DASHES[k % len(DASHES)], "lw": LINE_WIDTH}


def cost_handles(
    subject: ComparisonSubject, marked: bool = False, band: str = "middle half of the seeds"
) -> list[Artist]:
    """The legend's entries for the costs, with how many of their networks diverged, and for the band, if it has one."""
    total = subject.seeds * len(subject.conditions)
    handles: list[Artist] = []
    for k, (cost, lost) in enumerate(zip(subject.costs, subject.diverged.tolist(), strict=True)):
        note = "" if not lost else " (diverged)" if lost == total else f" ({lost} of {total} diverged)"
        marker = MARKERS[k % len(MARKERS)] if marked else None
        handles.append(Line2D([], [], label=COST_NAMES.get(cost, cost) + note, marker=marker, **cost_style(k)))
    if band and subject.seeds >= FEWEST_SEEDS:
        handles.append(Patch(color=MUTED, alpha=0.3, lw=0, label=band))
    return handles


def some_of(total: int, most: int) -> list[int]:
    """The places of all conditions, or of `most` of them: the first, the last and some evenly between."""
    return np.unique(np.rint(np.linspace(0, total - 1, min(total, most))).astype(int)).tolist()


def choice_text(subject: ComparisonSubject, shown: Sequence[int]) -> str:
    """What a heading says of conditions that are left out; "" where all are shown."""
    total = len(subject.conditions)
    return f", {len(shown)} of {total} conditions shown" if total > len(shown) else ""


def speedup_text(subject: ComparisonSubject, condition: int) -> str:
    """The speed-up of a condition in words; "" where it is not known.

    A cost is called faster only where chance is excluded.
    """
    first, second = subject.costs[:2]
    median, bound = float(subject.speedups[condition, 0]), subject.bounds[condition]
    if not median > 0:
        return ""
    fast, slow, times = second, first, median
    if median < 1:
        fast, slow, times = first, second, 1 / median
        bound = {"at least": "at most", "at most": "at least"}.get(bound, "")
    ratio = f"{bound} {times:.3g}".lstrip()
    if ratio == "1":
        return f"{second} and {first} equally fast{' in the median' if subject.seeds > 1 else ''}"
    beyond = subject.beyond_chance is not None and bool(subject.beyond_chance[condition, 0])
    return f"{fast} {ratio} times faster" if beyond else f"{slow} took {ratio} times as long (may be chance)"


def heading(figure: Figure, title: str, line: str, handles: Sequence[Artist], passes: int = 1) -> None:
    """Title, a line on how it was measured and the legend, in a strip above what the figure has so far.

    The layout of what the figure has so far is computed here, in so many `passes`.
    """
    width, height = (float(side) for side in figure.get_size_inches())
    lines = textwrap.wrap(line, int(LETTERS_PER_INCH * width))
    # Inches of each entry, with the sample of its line; all stand in a row, or as many as the longest allows.
    widths = [0.85 + len(str(handle.get_label())) / LETTERS_PER_INCH for handle in handles]
    columns = len(widths) if 0 < sum(widths) <= width else max(1, int(width / max(widths, default=width)))
    top = EDGE + TITLE_HEIGHT + 0.02 + LINE_HEIGHT * len(lines)  # inches: the legend's upper end; 0.02 is its gap
    strip = top + EDGE + 1.1 * LINE_HEIGHT * int(np.ceil(len(handles) / columns))  # a tenth more between its rows
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, 0, 1, 1 - strip / height))
    lay_out(figure, passes)
    left = EDGE / width
    figure.text(left, 1 - EDGE / height, title, va="top", fontsize=13, fontweight="bold")
    below = 1 - (EDGE + TITLE_HEIGHT) / height
    figure.text(left, below, "\n".join(lines), va="top", color=MUTED, linespacing=1.35)
    if handles:
        anchor = (0, 1 - top / height)
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=anchor, ncols=columns, handlelength=2.8)
