"""`bpnet runs` and `bpnet doctor`: what there is, and whether it is in order."""

from pathlib import Path
from typing import Any

import click

from bpnet.cli import options


@click.command()
@click.argument("folder", default="runs", type=click.Path(path_type=Path))
@options.JSON
def runs(folder: Path, as_json: bool) -> None:
    """List the runs in FOLDER (default: runs), oldest first."""
    from bpnet import runs as library

    found = [_line(run) for run in library.all_runs(folder)]
    if as_json:
        options.print_json({"runs": found})
        return
    width = max((len(line["run"]) for line in found), default=0)
    for line in found:
        score = options.measures(line["measured"]) if line["measured"] else ""
        head = f"{line['started']}  {line['status']:<11} {line['epochs']:>6} epochs"
        click.echo(f"{head}  {line['run']:<{width}}  {score}".rstrip())
    if not found:
        click.echo(f"no runs in {folder}; `bpnet train --config xor` makes one", err=True)


def _line(run: Any) -> dict[str, Any]:
    """What is known of a run, also of one that was cut short or whose files are damaged."""
    from bpnet.errors import DataError

    try:
        record = run.record()
        summary = run.summary() if (run.path / "summary.json").is_file() else {}
    except DataError:
        record, summary = {"status": "damaged"}, {}
    part = next((name for name in ("test", "validation", "train") if name in summary), None)
    measured = {f"{part} {name}": value for name, value in summary[part].items() if name != "error"} if part else {}
    return {
        "run": str(run.path),
        "started": record.get("started") or "unknown",
        "status": record.get("status") or "unknown",
        "epochs": summary.get("epochs", 0),
        "measured": measured,
    }


@click.command()
@options.JSON
def doctor(as_json: bool) -> int:
    """Print versions, BLAS and threads, and check that this installation computes as it should."""
    from bpnet import runs as library
    from bpnet.errors import CheckError

    report = library.doctor()
    if as_json:
        options.print_json(report)
        return 0 if report["passed"] else CheckError.exit_code
    click.echo(f"python {report['python']}, {report['platform']}, {report['processors']} processors")
    for name, version in report["versions"].items():
        click.echo(f"{name:<14} {version}")
    for pool in report["blas"]:
        click.echo(f"BLAS           {pool['internal_api']} {pool['version']}, {pool['num_threads']} threads")
    for name, passed in report["checks"].items():
        click.echo(f"{'ok' if passed else 'FAILED':<14} {name}")
    if not report["passed"]:
        raise CheckError("this installation computes wrongly; reinstall numpy, and report it if that does not help")
    click.echo(f"all well, in {report['seconds']:.1f} s")
    return 0
