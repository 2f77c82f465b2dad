"""MNIST: 70,000 handwritten digits, from a folder or fetched once (LeCun, Cortes and Burges 1998)."""

import math
import os
import sys
from pathlib import Path

import numpy as np

from bpnet.data import Array, Dataset, one_hot
from bpnet.datasets.fetch import fetch
from bpnet.datasets.idx import read_idx
from bpnet.datasets.place import expanded
from bpnet.errors import DataError, UsageError

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

SUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

HEIGHT, WIDTH = 28, 28
SHIFTED = 50_000
PARTS = ("train", "t10k")
CLASSES = tuple("0123456789")


def mnist(*, path: str | None = None, divisor: float = 255, expanded: bool = False) -> Dataset:
    """70,000 handwritten digits of 28 x 28 pixels in their published order, the last 10,000 to test on.

    x : (n, 784) and y : (n, 10) are float32; grey levels 0 to 255 are divided by `divisor` (the book's data used 256).
    The four IDX files, compressed or not, are taken from the folder `path`, which may as well hold others of their
    form (Fashion-MNIST does); else from `$BPNET_DATA/mnist`, else the user's cache, else they are fetched, once.
    `expanded` puts four copies of the first 50,000 images behind them, each shifted by one pixel (book, chapter 3): the
    first 250,000 to train on, 860 MB.

    Raises:
        UsageError: a divisor that is not above 0.
        DataError: files that are missing and cannot be fetched, damaged, or do not fit together.
    """
    if not 0 < divisor < math.inf:
        raise UsageError(f"pixels are divided by a number above 0; got divisor={divisor:g}")
    files = _standard_files() if path is None else _named_files(path)
    labels = [_labels(files[f"{part}-labels-idx1-ubyte"]) for part in PARTS]
    images = [
        _images(files[f"{part}-images-idx3-ubyte"], len(known)) for part, known in zip(PARTS, labels, strict=True)
    ]
    if expanded:
        images[:1], labels[:1] = _with_shifts(images[0], labels[0])
    x = _scaled(images, divisor)
    y = one_hot(np.concatenate(labels), len(CLASSES), np.float32)
    return Dataset(x, y, classes=CLASSES, image=(HEIGHT, WIDTH), published_test=len(labels[-1]))


def folders() -> list[Path]:
    """Where MNIST is looked for when no path is given; it is fetched to the first of them."""
    data = os.environ.get("BPNET_DATA")
    own = [expanded(data) / "mnist"] if data else []
    return [*own, _cache() / "bpnet" / "mnist"]


def _cache() -> Path:
    """The folder for files that programs can fetch again, by the custom of the system."""
    if sys.platform == "darwin":
        return expanded("~") / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or expanded("~") / "AppData" / "Local")
    custom = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return custom if custom.is_absolute() else expanded("~") / ".cache"


def _standard_files() -> dict[str, Path]:
    """The files of the first usual folder that has all four, after fetching what is lacking if none does."""
    found = [_present(folder) for folder in folders()]
    for files in found:
        if len(files) == len(SUMS):
            return files
    fetch(folders()[0], {name: SUMS[name] for name in SUMS if name not in found[0]}, MIRRORS)
    return _present(folders()[0])


def _named_files(path: str) -> dict[str, Path]:
    files = _present(expanded(path))
    if missing := [name for name in SUMS if name not in files]:
        raise DataError(f"{path}: no readable {', '.join(missing)} there; put such files in, with or without .gz")
    return files


def _present(folder: Path) -> dict[str, Path]:
    """The readable files of a folder by their published names, uncompressed or not."""
    named = ((name, folder / f"{name}{ending}") for name in SUMS for ending in (".gz", ""))
    return {name: file for name, file in named if os.access(file, os.R_OK)}


def _labels(file: Path) -> Array:
    """The class numbers in a file, (n,)."""
    labels = read_idx(file)
    if labels.ndim != 1 or not len(labels) or labels.max() >= len(CLASSES):
        held = f"numbers up to {labels.max()}" if labels.size else "nothing"
        raise DataError(f"{file}: labels are one row of numbers from 0 to 9; the file holds {held}, {labels.shape}")
    return labels


def _images(file: Path, n: int) -> Array:
    """The pixels in a file, (n, 784) bytes, as many images as there are labels."""
    images = read_idx(file)
    if images.shape[1:] != (HEIGHT, WIDTH):
        raise DataError(f"{file}: images are n x {HEIGHT} x {WIDTH}; the file holds an array {images.shape}")
    if len(images) != n:
        raise DataError(f"{file}: {len(images)} images for {n} labels; take both files from one source")
    return images.reshape(n, HEIGHT * WIDTH)


def _with_shifts(images: Array, labels: Array) -> tuple[list[Array], list[Array]]:
    """The images to train on, their copies shifted down, up, right and left, then the rest; and all their labels."""
    first, rest = images[:SHIFTED], images[SHIFTED:]
    square = first.reshape(-1, HEIGHT, WIDTH)
    copies = [np.zeros_like(square) for _ in range(4)]
    copies[0][:, 1:], copies[1][:, :-1] = square[:, :-1], square[:, 1:]
    copies[2][:, :, 1:], copies[3][:, :, :-1] = square[:, :, :-1], square[:, :, 1:]
    parts = [first, *(copy.reshape(first.shape) for copy in copies), rest]
    return parts, [*[labels[:SHIFTED]] * 5, labels[SHIFTED:]]


def _scaled(images: list[Array], divisor: float) -> Array:
    """All pixels as one float32 array, divided; the list is emptied, so that no part outlives its use."""
    x = np.empty((sum(len(part) for part in images), HEIGHT * WIDTH), np.float32)
    start = 0
    while images:
        part = images.pop(0)
        np.divide(part, np.float32(divisor), out=x[start : start + len(part)])
        start += len(part)
    return x
