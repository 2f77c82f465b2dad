"""A file of tensors: safetensors with one metadata key, `bpnet`, that holds JSON and the SHA-256 of the tensors.

Two keys would make its bytes irreproducible. Loading checks the digest and never unpickles.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from bpnet.errors import DataError
from bpnet.files import write
from bpnet.training.settings import Array, Parameters

FORMAT = 1  # version of the files' layout; a reader refuses any other
LENGTH_BYTES = 8  # of the number at the head of a safetensors file: how long its JSON header is


def fill(parameters: Parameters, tensors: Mapping[str, Array], prefix: str = "") -> None:
    """Copy the tensor `prefix + name` into the parameter of each name.

    A tensor of another shape or dtype is a DataError, a missing one a KeyError.
    """
    for name, parameter in parameters.items():
        parameter[...] = like(tensors[prefix + name], parameter)


def like(tensor: Array, parameter: Array) -> Array:
    """A copy of a tensor; a DataError where its shape or dtype is another than the parameter's."""
    if tensor.shape != parameter.shape or tensor.dtype != parameter.dtype:
        raise DataError(f"a tensor is {tensor.dtype} {tensor.shape} where {parameter.dtype} {parameter.shape} belongs")
    return tensor.copy()


def _digest(tensors: Mapping[str, Array]) -> str:
    """SHA-256 over the tensors by name, with their dtypes and shapes."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = np.asarray(tensors[name], order="C")
        total.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        total.update(tensor.tobytes())
    return total.hexdigest()


def save_tensors(path: Path, tensors: Mapping[str, Array], metadata: Mapping[str, Any]) -> None:
    """Write tensors and their metadata, which has a `kind`, as one file."""
    tensors = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    text = json.dumps({"format": FORMAT, **metadata, "sha256": _digest(tensors)}, sort_keys=True)
    write(path, save(tensors, metadata={"bpnet": text}))


def load_tensors(path: Path, kind: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read the tensors and metadata of a file; a DataError if it is missing, damaged or of another kind."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); name a file that a run of bpnet wrote") from error
    try:
        length = struct.unpack("<Q", data[:LENGTH_BYTES])[0]
        metadata = json.loads(json.loads(data[LENGTH_BYTES : LENGTH_BYTES + length])["__metadata__"]["bpnet"])
        tensors = load(data)
    except (SafetensorError, struct.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: damaged, or not a file of bpnet; take the one that the run wrote") from error
    if not isinstance(metadata, dict) or metadata.get("kind") != kind or metadata.get("format") != FORMAT:
        raise DataError(f"{path}: not a {kind} file of format {FORMAT}; take the one that the run wrote")
    if _digest(tensors) != metadata.get("sha256"):
        raise DataError(f"{path}: its numbers are not the ones that were saved (SHA-256 differs); it is damaged")
    return tensors, metadata


def refuse_infinite(path: Path, tensors: Mapping[str, Array]) -> None:
    """Refuse tensors of a network with numbers that are not finite, with a DataError."""
    if unfit := [name for name, tensor in tensors.items() if not np.isfinite(tensor).all()]:
        raise DataError(f"{path}: {', '.join(unfit)} holds numbers that are not finite; train with a smaller rate")
