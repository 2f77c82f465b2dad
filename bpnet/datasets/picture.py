"""A picture of one handwritten digit, brought into the form of MNIST's: light ink on dark, sized and centred."""

from pathlib import Path

import numpy as np

from bpnet.data import Array
from bpnet.errors import DataError

INK = 0.15  # share of full ink; less is taken for the noise of a scan or for paper that is not quite white
HALF = 0.5  # half of full light or full opacity, where a pixel counts as one or the other


def read_digit(path: Path, image: tuple[int, int]) -> Array:
    """The pixels of a PNG file as one row (1, height * width), ink 1 and paper 0; `image` is (height, width).

    A dark digit on light paper is inverted. A picture of the size `image` is taken as it is; any other is cropped to
    its ink, scaled into 20/28 of the frame and put with its centre of mass in the middle, as the digits of MNIST were
    (LeCun et al. 1998).

    Raises:
        DataError: the file does not exist, is no PNG picture, or shows no ink.
    """
    ink = _ink(path)
    if ink.shape != image:
        ink = _framed(ink, image)
    return ink.reshape(1, -1)


def _ink(path: Path) -> Array:
    """Grey levels (height, width) from 0 for paper to 1 for ink; transparent parts are paper."""
    from PIL import Image  # loaded when a picture is read, which few runs do

    try:
        with Image.open(path, formats=("PNG",)) as picture:  # by content: another format may start another program
            colour = picture.convert("RGBA")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; is that the path?") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read as a picture; give a PNG file of one digit") from error
    pixels = np.asarray(colour, dtype=np.float64) / 255  # the largest grey level of an 8-bit channel
    grey, opaque = pixels[..., :3].mean(axis=-1), pixels[..., 3]
    border = _border(grey)[_border(opaque) > HALF]
    paper_is_light = not border.size or np.median(border) > HALF
    ink = (1 - grey if paper_is_light else grey) * opaque
    if ink.max() < INK:
        raise DataError(f"{path}: shows no ink; give the picture of one digit")
    return ink


def _border(pixels: Array) -> Array:
    """The outermost pixels of a picture (height, width), side by side."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _framed(ink: Array, image: tuple[int, int]) -> Array:
    """The ink cropped, scaled and centred in a frame (height, width)."""
    from PIL import Image

    rows, columns = np.flatnonzero((ink > INK).any(axis=1)), np.flatnonzero((ink > INK).any(axis=0))
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 20 / 28 * min(image[0] / crop.shape[0], image[1] / crop.shape[1])  # MNIST's digits fill 20 of 28 pixels
    height, width = (max(1, round(scale * n)) for n in crop.shape)
    small = Image.fromarray(crop.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    digit = np.asarray(small, dtype=np.float64)
    mass = digit.sum()
    top = _offset(digit.sum(axis=1) / mass, image[0])
    left = _offset(digit.sum(axis=0) / mass, image[1])
    frame = np.zeros(image)
    frame[top : top + height, left : left + width] = digit
    return frame


def _offset(shares: Array, length: int) -> int:
    """The pixel at which the digit begins, so that its centre of mass is in the middle of a side of that length."""
    centre = float(shares @ np.arange(len(shares)))
    return int(np.clip(round((length - 1) / 2 - centre), 0, length - len(shares)))
