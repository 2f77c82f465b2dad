"""The IDX file format: a header of sizes, then unsigned bytes; how MNIST and its kin are published (LeCun 1998).

Layout: two zero bytes, a type (8 is unsigned byte), the number of dimensions, a big-endian 32-bit size for each,
then the bytes in row-major order. The whole may be compressed by gzip. A header is believed only as far as the bytes
that follow bear it out, and never more than one byte beyond them is decompressed.
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
from bpnet.errors import DataError

GZIP = b"\x1f\x8b"
UNSIGNED_BYTES = b"\0\0\x08"
MOST_DIMENSIONS = 8
MOST_BYTES = 2**30
BLOCK = 2**20


def read_idx(path: Path) -> Array:
    """The array in an IDX file, gzip-compressed or not: uint8, of the shape that its header gives.

    Raises:
        DataError: the file cannot be read, is not IDX, holds more or fewer bytes than its header says, or more
            than 1 GiB of them.
    """
    header, data = _contents(path)
    return np.frombuffer(data, np.uint8).reshape(_shape(header))


def digest(path: Path) -> str:
    """SHA-256 of an IDX file's bytes once decompressed, in hexadecimal; raises what `read_idx` raises."""
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
        raise DataError(f"{path}: damaged gzip data ({error}); fetch the file anew") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); is that the path?") from error


def _checked(path: Path, stream: BinaryIO) -> tuple[bytes, bytearray]:
    header = stream.read(4)
    if header[:3] != UNSIGNED_BYTES or not 1 <= header[-1] <= MOST_DIMENSIONS:
        raise DataError(f"{path}: not an IDX file of unsigned bytes; it begins with {header.hex(' ') or 'nothing'}")
    header += stream.read(4 * header[-1])
    if len(header) != 4 + 4 * header[3]:
        raise DataError(f"{path}: ends within its IDX header; fetch the file anew")
    shape = _shape(header)
    size = math.prod(shape)
    if size > MOST_BYTES:
        raise DataError(f"{path}: an IDX header that announces {size} bytes; no more than {MOST_BYTES} are read")
    data = _at_most(size, stream)
    if len(data) < size or stream.read(1):
        announced = " x ".join(str(length) for length in shape)
        held = f"only {len(data)} follow" if len(data) < size else "more follow"
        raise DataError(f"{path}: its IDX header announces {announced} bytes, but {held}; fetch the file anew")
    return header, data


def _at_most(size: int, stream: BinaryIO) -> bytearray:
    """So many bytes, or all there are; memory grows with what comes, not with what was announced."""
    data = bytearray()
    while len(data) < size and (block := stream.read(min(BLOCK, size - len(data)))):
        data += block
    return data


def _shape(header: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{header[3]}I", header[4:])
