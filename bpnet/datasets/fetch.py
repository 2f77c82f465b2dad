"""Files fetched from mirrors on the web, and kept only if their bytes are the published ones."""

import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from bpnet.datasets.idx import digest
from bpnet.errors import DataError

READABLE = 0o644


def fetch(folder: Path, sums: Mapping[str, str], mirrors: Sequence[str], timeout: float = 30) -> None:
    """Fetch gzip-compressed IDX files into a folder, each from the first mirror that has it right.

    `sums` gives the SHA-256 of each file's decompressed bytes by its name without `.gz`; a mirror is the address
    that the names are appended to, and is given up after `timeout` seconds of silence. A file appears in the folder
    whole and checked, or not at all, and everybody may read it.

    Raises:
        DataError: a file that no mirror gave, or a folder that cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch, _patience(timeout):
            for name, published in sums.items():
                fetched, failures = _from_mirrors(f"{name}.gz", published, mirrors, Path(scratch))
                if fetched is None:
                    wanted = ", ".join(f"{name}.gz" for name in sums)
                    raise DataError(f"{name}.gz could not be fetched ({failures}); put {wanted} into {folder} by hand")
                fetched.chmod(READABLE)
                fetched.replace(folder / fetched.name)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror or error}); choose another folder") from error


def _from_mirrors(name: str, published: str, mirrors: Sequence[str], scratch: Path) -> tuple[Path | None, str]:
    """The file in the scratch folder, or None if no mirror had it; and what went wrong, mirror by mirror."""
    from sklearn.datasets import fetch_file  # slow to load, and needed once in a machine's life

    failures = []
    for mirror in mirrors:
        host = urlsplit(mirror).netloc
        try:
            fetched = Path(fetch_file(mirror + name, folder=scratch, local_filename=name, n_retries=0))
            if digest(fetched) == published:
                return fetched, ""
            failures.append(f"{host}: other bytes than the published ones")
        except DataError as error:
            failures.append(f"{host}: {_fault(error, scratch / name)}")
        except (OSError, HTTPException) as error:
            failures.append(f"{host}: {_reason(error)}")
        (scratch / name).unlink(missing_ok=True)
    return None, "; ".join(failures)


def _fault(error: DataError, file: Path) -> str:
    """What is wrong with a fetched file, without its passing place and the remedy."""
    return str(error).removeprefix(f"{file}: ").partition(";")[0]


def _reason(error: Exception) -> str:
    """What a failed request has to say, and its connection closed."""
    if isinstance(error, HTTPError):
        error.close()
    return str(error.reason if isinstance(error, URLError) else error)


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Within, a silent connection fails after so many seconds instead of never."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
