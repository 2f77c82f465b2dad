"""Paths as a person writes them, made into ones that can be opened; a DataError says why one cannot."""

from pathlib import Path

from bpnet.errors import DataError


def expand_home(path: str) -> Path:
    """A path in which the ~ or ~user at its start is replaced by that home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path}: no home folder is known for that; write the path in full") from error


def existing_file(path: str, option: str = "path") -> Path:
    """The file that an option of a dataset names; it exists."""
    file = expand_home(path)
    try:
        file.stat()
    except OSError as error:
        raise unreadable(path, error, f"say where it is, --set data.{option}=...") from error
    return file


def unreadable(path: str | Path, error: OSError, remedy: str = "check the path") -> DataError:
    """The error for a file that the system does not let us read."""
    return DataError(f"{path}: cannot be read ({error.strerror or error}); {remedy}")
