"""Files fetched from mirrors on the web, and kept only if their bytes are the published ones."""

import socket
import tempfile
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from bpnet.datasets.idx import digest
from bpnet.errors import DataError


def fetch(folder: Path, sums: Mapping[str, str], mirrors: Sequence[str], timeout: float = 30) -> None:
    """Fetch gzip-compressed IDX files into a folder, each from the first mirror that has it right.

    `sums` gives the SHA-256 of each file's decompressed bytes by its name without `.gz`; a mirror is the address
    that the names are appended to; after `timeout` seconds of silence the next one is tried. A file appears in the
    folder complete and checked, or not at all, and everybody may read it.

    Raises:
        DataError: no mirror has a file with these bytes, or the folder cannot be written.
    """
    before = socket.getdefaulttimeout()
    try:
        socket.setdefaulttimeout(timeout)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch:
            for name, published in sums.items():
                fetched, failures = _from_mirrors(f"{name}.gz", published, mirrors, Path(scratch))
                if fetched is None:
                    files = ", ".join(f"{name}.gz" for name in sums)
                    raise DataError(f"{name}.gz could not be fetched ({failures}); put {files} into {folder} by hand")
                fetched.chmod(0o644)  # readable by everybody; a temporary file is its owner's alone
                fetched.replace(folder / fetched.name)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror or error}); choose another folder") from error
    finally:
        socket.setdefaulttimeout(before)


def _from_mirrors(name: str, published: str, mirrors: Sequence[str], scratch: Path) -> tuple[Path | None, str]:
    """The file in the scratch folder, or None if no mirror had it; and what went wrong, mirror by mirror."""
    from sklearn.datasets import fetch_file  # slow to load, and used once on a machine

    failures = []
    for mirror in mirrors:
        host = urlsplit(mirror).netloc
        try:
            fetched = Path(fetch_file(mirror + name, folder=scratch, local_filename=name, n_retries=0))
            if digest(fetched) == published:
                return fetched, ""
            failures.append(f"{host}: other bytes than the published ones")
        except (DataError, OSError, HTTPException) as error:
            failures.append(f"{host}: {_reason(error, scratch / name)}")
        (scratch / name).unlink(missing_ok=True)
    return None, "; ".join(failures)


def _reason(error: Exception, file: Path) -> str:
    """Why a fetch failed, without the temporary file's name and the remedy; the connection is closed."""
    if isinstance(error, DataError):
        return str(error).removeprefix(f"{file}: ").partition(";")[0]
    if isinstance(error, HTTPError):
        error.close()
    return str(error.reason if isinstance(error, URLError) else error)
