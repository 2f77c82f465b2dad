"""The configs that come with the package, by name: a folder below it, or beside it in a checkout."""

import difflib
from pathlib import Path

from bpnet.errors import UsageError

SUFFIX = ".yaml"


def find(name: str) -> Path:
    """The file of that path, else the packaged config of that name, with or without .yaml; else a UsageError."""
    path, names, short = Path(name), packaged(), name.removesuffix(SUFFIX)
    if path.exists() and not path.is_dir():
        return path
    if short in names:
        return folder() / f"{short}{SUFFIX}"
    if path.is_dir():
        raise UsageError(f"{name}: a folder; name the config in it")
    close = difflib.get_close_matches(short, names, n=1)
    remedy = f"did you mean {close[0]!r}?" if close else "`bpnet init` lists the packaged ones"  # too many to list here
    raise UsageError(f"{name}: no such file, nor a packaged config of that name; {remedy}")


def packaged() -> list[str]:
    """The names of the packaged configs, such as xor or book/ch3-overfitting, in order."""
    return sorted(path.relative_to(folder()).with_suffix("").as_posix() for path in folder().rglob(f"*{SUFFIX}"))


def folder() -> Path:
    """Where the packaged configs lie."""
    package = Path(__file__).parents[1]
    inside = package / "configs"
    return inside if inside.is_dir() else package.with_name("configs")
