"""MNIST: 70,000 handwritten digits, from a folder or fetched once (LeCun, Cortes and Burges 1998).

Letters: n images.
"""

import math
import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from bpnet.data import Array, Dataset, one_hot
from bpnet.datasets.idx import read_idx
from bpnet.datasets.paths import expand_home
from bpnet.errors import DataError, UsageError

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

# SHA-256 of the decompressed files, by their published names
SUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

HEIGHT, WIDTH = 28, 28  # pixels of an image
CLASSES = tuple("0123456789")
TO_TRAIN_ON = 50_000  # images of which `expanded` adds copies; the book keeps the next 10,000 to validate on
SHIFTS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # pixels down and to the right, for each copy (book, chapter 3)


def mnist(*, path: str | None = None, divisor: float = 255, expanded: bool = False) -> Dataset:
    """70,000 handwritten digits of 28 x 28 pixels in their published order, the last 10,000 to test on.

    x : (n, 784) and y : (n, 10) are float32; grey levels 0 to 255 are divided by `divisor` (the book's data used 256).
    The four IDX files, compressed or not, are taken from the folder `path`, which may as well hold others of their
    form (Fashion-MNIST does); else from `$BPNET_DATA/mnist`, else the user's cache, else they are fetched, once.
    `expanded` puts four copies of the first 50,000 images behind them, each shifted by one pixel (book, chapter 3): the
    first 250,000 to train on, 860 MB.

    Raises:
        UsageError: the divisor is not above 0.
        DataError: files are missing and cannot be fetched, are damaged, or do not fit together.
    """
    if not 0 < divisor < math.inf:
        raise UsageError(f"divisor={divisor:g} cannot scale pixels; give a number above 0")
    files = _standard_files() if path is None else _files_in(path)
    train, test = _labels(files["train-labels-idx1-ubyte"]), _labels(files["t10k-labels-idx1-ubyte"])
    train_images = _images(files["train-images-idx3-ubyte"], len(train))
    test_images = _images(files["t10k-images-idx3-ubyte"], len(test))
    copies = len(SHIFTS) if expanded else 0
    labels = np.concatenate([train[:TO_TRAIN_ON]] * (1 + copies) + [train[TO_TRAIN_ON:], test])
    x = np.empty((len(labels), HEIGHT * WIDTH), np.float32)
    first = train_images[:TO_TRAIN_ON]
    start = 0
    for images in chain([first], _shifted(first) if expanded else (), [train_images[TO_TRAIN_ON:], test_images]):
        np.divide(images, np.float32(divisor), out=x[start : start + len(images)])
        start += len(images)
    y = one_hot(labels, len(CLASSES), np.float32)
    return Dataset(x, y, classes=CLASSES, image=(HEIGHT, WIDTH), published_test=len(test))


def folders() -> list[Path]:
    """The folders in which MNIST is looked for when no path is given; it is fetched to the first of them."""
    data = os.environ.get("BPNET_DATA")
    own = [expand_home(data) / "mnist"] if data else []
    return [*own, _cache() / "bpnet" / "mnist"]


def _cache() -> Path:
    """The folder for files that programs can fetch again, by the custom of the system."""
    if sys.platform == "darwin":
        return expand_home("~") / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or expand_home("~") / "AppData" / "Local")
    custom = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return custom if custom.is_absolute() else expand_home("~") / ".cache"


def _standard_files() -> dict[str, Path]:
    """The files of the first standard folder that has all four; if none has, the first is completed by fetching."""
    present = [_readable(folder) for folder in folders()]
    for files in present:
        if len(files) == len(SUMS):
            return files
    from bpnet.datasets.fetch import fetch  # loads http and ssl, which few need

    fetch(folders()[0], {name: SUMS[name] for name in SUMS if name not in present[0]}, MIRRORS)
    return _readable(folders()[0])


def _files_in(path: str) -> dict[str, Path]:
    """The four files of a folder that the user named; nothing is fetched."""
    files = _readable(expand_home(path))
    if missing := [name for name in SUMS if name not in files]:
        raise DataError(f"{path}: has no readable {', '.join(missing)}; put such files there, with or without .gz")
    return files


def _readable(folder: Path) -> dict[str, Path]:
    """The readable files of a folder by their published names, uncompressed or not."""
    named = ((name, folder / f"{name}{ending}") for name in SUMS for ending in (".gz", ""))
    return {name: file for name, file in named if os.access(file, os.R_OK)}


def _labels(file: Path) -> Array:
    """The class numbers in a file, (n,)."""
    labels = read_idx(file)
    if labels.ndim != 1 or not len(labels) or labels.max() >= len(CLASSES):
        content = f"numbers up to {labels.max()}" if labels.size else "nothing"
        raise DataError(f"{file}: holds {content} in shape {labels.shape}; labels are one row of numbers from 0 to 9")
    return labels


def _images(file: Path, n: int) -> Array:
    """The pixels in a file, (n, 784) bytes, as many images as there are labels."""
    images = read_idx(file)
    if images.shape[1:] != (HEIGHT, WIDTH):
        raise DataError(f"{file}: holds an array of shape {images.shape}; images are n x {HEIGHT} x {WIDTH}")
    if len(images) != n:
        raise DataError(f"{file}: holds {len(images)} images for {n} labels; take both files from one source")
    return images.reshape(n, HEIGHT * WIDTH)


def _shifted(images: Array) -> Iterator[Array]:
    """The shifted copies of images, (n, 784) bytes at a time."""
    square = np.pad(images.reshape(-1, HEIGHT, WIDTH), ((0, 0), (1, 1), (1, 1)))  # a pixel of paper on every side
    for down, right in SHIFTS:
        copy = square[:, 1 - down : 1 - down + HEIGHT, 1 - right : 1 - right + WIDTH]
        yield copy.reshape(images.shape)
