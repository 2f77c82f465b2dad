"""Pictures drawn again from run folders alone: of a training, of trainings over each other, of a comparison."""

from collections.abc import Sequence
from pathlib import Path

from bpnet import plots
from bpnet.comparison.comparison import Comparison
from bpnet.plots.subjects import Subject
from bpnet.runs import load_subject, open_run, write_figure


def plot(runs: Sequence[str | Path], kind: str | None = None, out: str | Path | None = None) -> list[Path]:
    """Draw pictures of a run again, or the curves of several trainings over each other, and write them; the files.

    Without a kind, all that fit one run, or the curves of several. `out` with the ending .png or .svg is that file;
    without one both are written; without `out` they go into the run's folder, those of several runs into this one.

    Raises:
        UsageError: a kind that is unknown or does not fit, another ending, or a folder that cannot be written.
        DataError: no run in a folder, or a damaged one.
    """
    subjects: list[Subject] = [
        Comparison.load(path).subject() if open_run(path).kind == "comparison" else load_subject(path) for path in runs
    ]
    alone = len(subjects) == 1
    kinds = [kind] if kind is not None else plots.available(subjects[0]) if alone else ["curves"]
    if out is not None:
        return write_figure(kinds[0], subjects, Path(out))
    folder = Path(runs[0]) if alone else Path()
    return [file for name in kinds for file in write_figure(name, subjects, folder / name)]
