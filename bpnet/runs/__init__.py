"""Runs: from a config to a folder of plain files, and what can be done with such a folder."""

from bpnet.runs.advice import advise
from bpnet.runs.checkpoint import load_arrays, save_arrays
from bpnet.runs.checks import check_gradient, doctor
from bpnet.runs.costs import CostInspection, inspect_costs
from bpnet.runs.folder import FORMATS, Kind, RunFolder, all_runs, create, environment, new_record, now, open_run
from bpnet.runs.pictures import load_subject, save_figure, write_figure
from bpnet.runs.summary import Summary, count_parameters
from bpnet.runs.train import Run, begin, begin_again, is_running, resume, train
from bpnet.runs.use import evaluate, predict

__all__ = [
    "FORMATS",
    "CostInspection",
    "Kind",
    "Run",
    "RunFolder",
    "Summary",
    "advise",
    "all_runs",
    "begin",
    "begin_again",
    "check_gradient",
    "count_parameters",
    "create",
    "doctor",
    "environment",
    "evaluate",
    "inspect_costs",
    "is_running",
    "load_arrays",
    "load_subject",
    "new_record",
    "now",
    "open_run",
    "predict",
    "resume",
    "save_arrays",
    "save_figure",
    "train",
    "write_figure",
]
