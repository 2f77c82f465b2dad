"""`bpnet doctor`: is this installation in order?"""

import click

from bpnet.cli import options


@click.command()
@options.JSON
def doctor(as_json: bool) -> None:
    """Print versions, BLAS, kernel, threads, and check that this installation computes right; exits with 4 if not."""
    from bpnet import runs
    from bpnet.errors import CheckError

    report = runs.doctor()
    lines = [f"python {report['python']}, {report['platform']}, {report['processors']} processors"]
    lines += [f"{name:<14} {version}" for name, version in report["versions"].items()]
    lines += [
        f"BLAS           {pool['internal_api']} {pool['version']}, kernel {pool['architecture'] or 'unknown'}, "
        f"{_threads(pool['num_threads'])}"
        for pool in report["blas"]
    ]
    lines += [_threads_of_runs(**report["threads"]), *(f"advice         {sentence}" for sentence in report["advice"])]
    lines += [f"{'ok' if passed else 'FAILED':<14} {name}" for name, passed in report["checks"].items()]
    lines += [f"all well, in {report['seconds']:.1f} s"] if report["passed"] else []
    options.show(report, lines, as_json)
    if not report["passed"]:
        raise CheckError("this installation computes wrongly; reinstall numpy, and report it if that does not help")


def _threads(count: int) -> str:
    """A number of threads in words."""
    return "1 thread" if count == 1 else f"{count} threads"


def _threads_of_runs(small: int, below: int, large: int) -> str:
    """How many threads a training takes, as a line."""
    if large == small:
        return f"{'runs':<14} {_threads(small)}"
    return (
        f"{'runs':<14} {_threads(large)}; {small} where the largest product of a step has fewer than "
        f"{below / 1e6:g} million multiplications"
    )
