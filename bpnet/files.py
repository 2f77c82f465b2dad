"""Files written whole or not at all, and JSON that every reader accepts."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def write(path: Path, content: str | bytes) -> None:
    """Write a whole file or none: under a temporary name in the same folder, flushed to disk, then renamed.

    If it cannot be written, the OSError names this file, and no temporary file stays behind.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # readable by all, as other files are; a temporary file is its owner's alone
        Path(temporary).replace(path)
        if os.name == "posix":  # elsewhere a folder cannot be opened, and a rename is durable by itself
            folder = os.open(path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def json_text(content: Mapping[str, object]) -> str:
    """The text of a JSON object; NaN and infinities, which JSON does not have, become null."""
    return json.dumps(_finite(content), indent=2, allow_nan=False)


def _finite(content: object) -> object:
    """The same content with None for every float that is not finite."""
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not np.isfinite(content) else content
