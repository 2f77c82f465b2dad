"""Pictures made of small images: first-layer weights, and the examples a network is most wrong about."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from bpnet.metrics import Array
from bpnet.plots.style import COLOURS, DIVERGING, part_text, shortened
from bpnet.plots.subjects import RunSubject

GAP = 0.12  # sides of an image, between two of them
CAPTION = 0.42  # sides of an image: the two lines beneath it


def draw_weights(figure: Figure, subject: RunSubject) -> None:
    """The first layer's weights as images."""
    first_layer_weights(figure.subplots(), subject.first_weights, subject.image or (1, 1))


def first_layer_weights(ax: Axes, weights: Array, image: tuple[int, int]) -> Axes:
    """The weights (n_hidden, n_in) of each first-layer neuron as a picture; one scale for all, white is 0."""
    shown = weights[:100].reshape(-1, *image)  # of more, single weights could not be seen
    columns = int(np.ceil(np.sqrt(1.6 * len(shown))))  # 1.6 times as wide as high, as the page is
    bound = float(np.quantile(np.abs(shown), 0.995)) or 1.0  # a few large weights may not make all others pale
    for k, tile in enumerate(shown):
        drawn = _tile(ax, tile, k, columns, GAP, cmap=DIVERGING, vmin=-bound, vmax=bound)
    _hide_axes(ax, columns, len(shown), GAP)
    number = f"{len(shown)} of {len(weights)}" if len(shown) < len(weights) else f"the {len(weights)}"
    ax.set_title(f"First-layer weights of {number} hidden neurons")
    bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.7, label="weight", extend="both")
    bar.outline.set_visible(False)
    return ax


def draw_mistakes(figure: Figure, subject: RunSubject) -> None:
    """A page of the examples that were classified wrongly with the most confidence.

    Beneath each stand its true and its predicted class and the largest output.
    """
    ax, kept = figure.subplots(), subject.arrays
    images, outputs = kept["mistakes_x"], kept["mistakes_output"]
    of_part = f" of the {part_text(subject.part)}" if subject.part else ""
    among = f"among {int(kept['examples'])} examples{of_part}"
    if not len(images):
        ax.set_axis_off()
        ax.set_title(f"No mistakes {among}")
        return
    columns = min(8, max(4, int(np.ceil(np.sqrt(len(images))))))
    for k, pixels in enumerate(images):
        x, _, _, y = _tile(ax, pixels.reshape(subject.image), k, columns, CAPTION, cmap="gray_r").get_extent()
        numbers = kept["mistakes_true"][k], kept["mistakes_predicted"][k]
        label, guess = (shortened(subject.classes[number], 7) for number in numbers)  # letters: two fill the width
        ax.text(x + 0.02, y + 1.03, f"{label}, said {guess}", va="top", fontsize=8)
        ax.text(x + 0.02, y + 1.2, f"output {outputs[k]:.3f}", va="top", fontsize=7, color=COLOURS[1])
    _hide_axes(ax, columns, len(images), CAPTION)
    ax.set_title(f"{'The only mistake' if len(images) == 1 else f'The {len(images)} most confident mistakes'} {among}")


def _tile(ax: Axes, pixels: Array, k: int, columns: int, gap: float, **colours: Any) -> AxesImage:
    """The k-th image in an outline, with a gap below each row."""
    row, column = divmod(k, columns)
    x, y = column * (1 + GAP), row * (1 + gap)
    ax.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor="#bbbbbb", linewidth=0.5))
    return ax.imshow(pixels, extent=(x, x + 1, y + 1, y), **colours)


def _hide_axes(ax: Axes, columns: int, images: int, gap: float) -> None:
    """Frame the rows of images, with a gap below each row, and show no axes."""
    ax.set_xlim(-0.05, columns * (1 + GAP))
    ax.set_ylim(int(np.ceil(images / columns)) * (1 + gap), -0.05)
    ax.set_aspect("equal")
    ax.set_axis_off()
