"""The IDX file format: a header of sizes, then unsigned bytes; how MNIST and its kin are published (LeCun 1998).

Layout: two zero bytes, a type (8 is unsigned byte), the number of dimensions, a big-endian 32-bit size for each,
then the bytes in row-major order. The file may be compressed by gzip. The sizes in a header are checked against the
bytes that follow, and at most one byte more than announced is decompressed, so that a decompression bomb stays small.
"""

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from bpnet.data import Array
from bpnet.datasets.paths import unreadable
from bpnet.errors import DataError

GZIP = b"\x1f\x8b"  # the first two bytes of every gzip file (RFC 1952)
UNSIGNED_BYTES = b"\0\0\x08"  # the first three bytes of an IDX file of the only type that is read
MOST_DIMENSIONS = 8  # numpy takes 64, but no published file has more than 4; a larger number means another format
MOST_BYTES = 2**30  # 1 GiB; MNIST's largest file has 47 MB
BLOCK = 2**20  # bytes read at once, 1 MiB; a false header costs no more memory than this beyond the real bytes


def read_idx(path: Path) -> Array:
    """The array in an IDX file, gzip-compressed or not: uint8, of the shape that its header gives.

    Raises:
        DataError: the file cannot be read, is not IDX, or holds another number of bytes than its header announces,
            or more than 1 GiB.
    """
    header, data = _contents(path)
    return np.frombuffer(data, np.uint8).reshape(_shape(header))


def digest(path: Path) -> str:
    """SHA-256 of an IDX file's decompressed bytes, in hexadecimal; errors are those of `read_idx`."""
    sha = hashlib.sha256()
    for part in _contents(path):
        sha.update(part)
    return sha.hexdigest()


def _contents(path: Path) -> tuple[bytes, bytearray]:
    """An IDX file's header and data, checked against each other."""
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == GZIP
            file.seek(0)
            stream = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if compressed else file
            return _checked(path, stream)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: has damaged gzip data ({error}); fetch the file anew") from error
    except OSError as error:
        raise unreadable(path, error) from error


def _checked(path: Path, stream: BinaryIO) -> tuple[bytes, bytearray]:
    """Header and data of a decompressed stream; the path begins the messages."""
    header = stream.read(4)
    if header[:3] != UNSIGNED_BYTES or not 1 <= header[-1] <= MOST_DIMENSIONS:
        raise DataError(f"{path}: is not an IDX file of unsigned bytes; it begins with {header.hex(' ') or 'nothing'}")
    header += stream.read(4 * header[-1])
    if len(header) != 4 + 4 * header[3]:
        raise DataError(f"{path}: ends within its IDX header; fetch the file anew")
    shape = _shape(header)
    size = math.prod(shape)
    if size > MOST_BYTES:
        raise DataError(f"{path}: its IDX header announces {size} bytes; no more than {MOST_BYTES} are read")
    data = bytearray()
    while len(data) < size and (block := stream.read(min(BLOCK, size - len(data)))):
        data += block
    if len(data) < size or stream.read(1):
        announced = " x ".join(str(length) for length in shape)
        actual = f"only {len(data)} follow" if len(data) < size else "more follow"
        raise DataError(f"{path}: its IDX header announces {announced} bytes, but {actual}; fetch the file anew")
    return header, data


def _shape(header: bytes) -> tuple[int, ...]:
    """The sizes in a complete IDX header."""
    return struct.unpack(f">{header[3]}I", header[4:])
