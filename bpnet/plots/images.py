"""Pictures made of pictures: what the first hidden neurons look for, and the digits a network is most wrong about."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from bpnet.plots.style import COLOURS, DIVERGING, shortened

Array = NDArray[Any]

MOST_NEURONS = 100
GAP = 0.12
CAPTION = 0.42
LONGEST_NAME = 7


def first_layer_weights(ax: Axes, weights: Array, image: tuple[int, int]) -> Axes:
    """The weights (n_hidden, n_in) of each first-layer neuron as a picture; one scale for all, white is 0."""
    some = weights[:MOST_NEURONS].reshape(-1, *image)
    columns = int(np.ceil(np.sqrt(1.6 * len(some))))
    bound = float(np.quantile(np.abs(some), 0.995)) or 1.0
    for k, tile in enumerate(some):
        row, column = divmod(k, columns)
        x, y = column * (1 + GAP), row * (1 + GAP)
        drawn = ax.imshow(tile, cmap=DIVERGING, vmin=-bound, vmax=bound, extent=(x, x + 1, y + 1, y))
        ax.add_patch(_frame(x, y))
    _bare(ax, columns, -(-len(some) // columns), GAP)
    shown = f"{len(some)} of {len(weights)}" if len(some) < len(weights) else f"the {len(weights)}"
    ax.set_title(f"First-layer weights of {shown} hidden neurons")
    bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.7, label="weight", extend="both")
    bar.outline.set_visible(False)
    return ax


def mistakes(
    ax: Axes,
    images: Array,
    image: tuple[int, int],
    true: Sequence[str],
    predicted: Sequence[str],
    outputs: Array,
    of: int,
    part: str = "",
) -> Axes:
    """The most confidently wrong pictures (k, height * width) among the `of` examples of a part of the data.

    Beneath each is what it is, what it was said to be, and the output that said so: outputs : (k,).
    """
    among = f"among {of} examples{f' of the {part} part' if part else ''}"
    if not len(images):
        ax.set_axis_off()
        ax.set_title(f"No mistakes {among}")
        return ax
    columns = min(8, max(4, int(np.ceil(np.sqrt(len(images))))))
    pitch = 1 + CAPTION
    for k, pixels in enumerate(images):
        row, column = divmod(k, columns)
        x, y = column * (1 + GAP), row * pitch
        ax.imshow(pixels.reshape(image), cmap="gray_r", extent=(x, x + 1, y + 1, y))
        ax.add_patch(_frame(x, y))
        was, said = (shortened(names[k], LONGEST_NAME) for names in (true, predicted))
        ax.text(x + 0.02, y + 1.03, f"{was}, said {said}", va="top", fontsize=8)
        ax.text(x + 0.02, y + 1.2, f"output {outputs[k]:.3f}", va="top", fontsize=7, color=COLOURS[1])
    _bare(ax, columns, -(-len(images) // columns), CAPTION)
    ax.set_title(f"{'The only mistake' if len(images) == 1 else f'The {len(images)} most confident mistakes'} {among}")
    return ax


def _frame(x: float, y: float) -> Rectangle:
    return Rectangle((x, y), 1, 1, fill=False, edgecolor="#bbbbbb", linewidth=0.5)


def _bare(ax: Axes, columns: int, rows: int, gap: float) -> None:
    """No axes but the tiles."""
    ax.set_xlim(-0.05, columns * (1 + GAP))
    ax.set_ylim(rows * (1 + gap), -0.05)
    ax.set_aspect("equal")
    ax.set_axis_off()
