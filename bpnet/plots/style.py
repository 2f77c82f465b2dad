"""How every picture looks: colours that a colour-blind reader tells apart, fonts, sizes, and how a figure is written.

Nothing here touches matplotlib's global state: the style is applied within `styled`.
"""

import io
from contextlib import AbstractContextManager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
LINES = ("-", "--", ":", "-.")
DIVERGING = LinearSegmentedColormap.from_list("blue-white-orange", [COLOURS[0], "#ffffff", COLOURS[1]])
SHADES = LinearSegmentedColormap.from_list("white-blue", ["#ffffff", "#c6dbef", COLOURS[0], "#08306b"])
MUTED = "#666666"

SETTINGS: Any = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "bpnet",
    "svg.fonttype": "path",
    "text.parse_math": False,
}

DOTS_PER_INCH = 120
LONGEST_NAME = 36
FEW_DECADES = 300


def styled() -> AbstractContextManager[None]:
    """The style, whatever the user's own settings are, for as long as the context lasts.

    All but the backend: to read its default makes matplotlib choose one, and import pyplot for it.
    """
    defaults: dict[Any, Any] = {key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if key != "backend"}
    return mpl.rc_context(defaults | SETTINGS)


def colour(k: int) -> str:
    """The k-th colour, from 0, beginning again after eight."""
    return COLOURS[k % len(COLOURS)]


def plain_log_ticks(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Ticks of a logarithmic axis as 0.01 and 1000 rather than powers; 2 and 5 between them where decades are few."""
    scale = ax.xaxis if axis == "x" else ax.yaxis
    scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if 1e-4 <= value < 1e5 else f"{value:.0e}"))
    low, high = ax.get_xlim() if axis == "x" else ax.get_ylim()
    few = high < FEW_DECADES * low
    scale.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=9))
    scale.set_minor_formatter(NullFormatter())


def shortened(name: str) -> str:
    """A name that fits a legend: its two ends where it is long."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"


def render(figure: Figure, suffix: Literal["png", "svg"]) -> bytes:
    """The bytes of a figure's file, the same for the same figure."""
    content = io.BytesIO()
    with styled():
        metadata = {"Date": None} if suffix == "svg" else {"Software": None}
        figure.savefig(content, format=suffix, dpi=DOTS_PER_INCH, metadata=metadata)
    return content.getvalue()
