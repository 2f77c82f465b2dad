"""How every picture looks: colours that a colour-blind reader tells apart, fonts, sizes, and how a figure is written.

Nothing here touches matplotlib's global state: the style is applied within `styled`.
"""

import io
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import Formatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, SymmetricalLogLocator

Style = dict[Any, Any]  # keyword arguments, or settings, as matplotlib takes them

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*", "<")
LINES = ("-", "--", ":", "-.")
DIVERGING = LinearSegmentedColormap.from_list("blue-white-orange", [COLOURS[0], "#ffffff", COLOURS[1]])
SHADES = LinearSegmentedColormap.from_list("white-blue", ["#ffffff", "#c6dbef", COLOURS[0], "#08306b"])
MUTED = "#666666"

SETTINGS: Style = {
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

FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Arial Unicode MS",
    "Noto Emoji",
    "Segoe UI Emoji",
)

DPI = 120  # dots per inch of a PNG: sharp on a screen, and a page is below 300 kB
LONGEST_NAME = 36  # letters: a panel's width


def styled() -> AbstractContextManager[None]:
    """The style, whatever the user's own settings are, for as long as the context lasts.

    All but the backend: to read its default makes matplotlib choose one, and import pyplot for it.
    """
    defaults: Style = {key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if key != "backend"}
    return mpl.rc_context(defaults | SETTINGS | {"font.family": ["DejaVu Sans", *installed(FAMILIES)]})


@cache
def installed(families: tuple[str, ...]) -> list[str]:
    """Those of the font families that this machine has: where the letters come from that DejaVu Sans lacks.

    Matplotlib's list of fonts may be older than the machine's fonts, and asked for one that is gone it prints so.
    """
    names = {font.name for font in fontManager.ttflist if font.name in families and Path(font.fname).is_file()}
    return [name for name in families if name in names]


def colour(k: int) -> str:
    """The k-th colour, from 0, beginning again after eight; with the k-th of nine markers the first 72 all differ."""
    return COLOURS[k % len(COLOURS)]


def plain_log_ticks(axis: Axis) -> None:
    """Ticks of a logarithmic axis as 0.01 and 1000 rather than powers; 2 and 5 between them where decades are few."""
    axis.set_major_formatter(PlainOrPowers())
    axis.set_major_locator(LogTicks())
    axis.set_minor_formatter(NullFormatter())


class PlainOrPowers(Formatter):
    """Labels such as 0.01 and 1000, or all of an axis as 1e-05 and 1e-02 where one would have too many zeros."""

    def __call__(self, value: float, pos: int | None = None) -> str:
        """The label of a value by itself."""
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """The labels of an axis."""
        if all(1e-4 <= value < 1e5 for value in values):
            return [f"{value:g}" for value in values]
        parts = [f"{value:.5e}".split("e") for value in values]
        return [f"{float(digits):g}e{power}" for digits, power in parts]


class LogTicks(LogLocator):
    """Decades; 1, 2 and 5 of each where they are few; and even steps where not even three of those are in sight."""

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Ticks between two values, whichever is the lower."""
        low, high = sorted((vmin, vmax))
        decades, fine, even = LogLocator(numticks=9), LogLocator(subs=(1, 2, 5), numticks=9), MaxNLocator(5)
        # Up to a factor of 300 decades alone would be one label or two.
        for locator in (decades, fine, even) if high >= 300 * low else (fine, even):
            ticks = np.asarray(locator.tick_values(low, high))
            visible = ticks[(ticks >= low) & (ticks <= high)]
            if len(visible) >= 3:  # labels: fewer do not show that an axis is logarithmic
                break
        return list(visible)


def epoch_ticks(ax: Axes, logarithmic: bool) -> None:
    """Whole epochs along the axis; logarithmic with 0 on it too, the way from 0 to 1 three tenths of a decade."""
    if not logarithmic:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
        return
    ax.set_xscale("symlog", linthresh=1, linscale=0.3)
    ax.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=1))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A name of one line that fits a legend: its two ends where it is long."""
    name = " ".join(name.split())
    half = longest // 2
    return name if len(name) <= longest else f"{name[: half - 1]}…{name[-half:]}"


def wrapped(name: str, width: int) -> str:
    """A name on lines of `width` letters at most, shortened to what two of them mostly hold."""
    return textwrap.fill(shortened(name, 2 * width - 8), width)


def percent(part: float, total: float) -> str:
    """A share as in 96.66 %; of nothing it is 0."""
    return f"{100 * part / total if total else 0:.2f} %"


def part_text(part: str) -> str:
    """A part of the data to read: `training part`."""
    return f"{'training' if part == 'train' else part} part"


def new_figure(size: tuple[float, float] | None = None) -> Figure:
    """An empty figure of a size in inches, or of matplotlib's, that is laid out by `lay_out` once it is full.

    It is measured as it is drawn for PNG, so that what was measured for the layout is not measured again.
    """
    figure = Figure(size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)  # becomes the figure's canvas, and keeps its renderer
    return figure


def lay_out(figure: Figure, passes: int = 1) -> None:
    """Compute the layout of a figure that is full, so that all its files have the same and none computes it again.

    Several passes start each from the sizes that the last one gave, as panels of a fixed shape need.
    """
    if engine := figure.get_layout_engine():
        with missing_letters_boxed():
            for _ in range(passes):
                engine.execute(figure)
    figure.set_layout_engine(None)


def render(figure: Figure, suffix: Literal["png", "svg"]) -> bytes:
    """The bytes of a figure's file, the same for the same figure."""
    content = io.BytesIO()
    with styled(), missing_letters_boxed():
        metadata = {"Date": None} if suffix == "svg" else {"Software": None}
        # Level 6, the usual one, takes 1.4 to 2 times as long and saves 10 to 30 % of the bytes.
        options: Style = {"pil_kwargs": {"compress_level": 1}} if suffix == "png" else {}
        figure.savefig(content, format=suffix, dpi=DPI, metadata=metadata, **options)
    return content.getvalue()


@contextmanager
def missing_letters_boxed() -> Iterator[None]:
    """No warning about a letter that no font has: it is drawn as a box."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"(?s)Glyph .* missing from font", UserWarning)
        yield
