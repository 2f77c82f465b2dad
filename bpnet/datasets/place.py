"""Where a file of a user's is: a path as a person writes it, made into one that can be opened."""

from pathlib import Path

from bpnet.errors import DataError


def expanded(path: str) -> Path:
    """A path with the ~ or ~user that it begins with spelled out.

    Raises:
        DataError: there is no such user, or no home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path}: no home folder is known for that; write the path in full") from error


def present(path: str) -> Path:
    """The file that an option `path` names.

    Raises:
        DataError: there is none, or it is out of reach.
    """
    file = expanded(path)
    try:
        file.stat()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); say where it is, --set data.path=...") from error
    return file
