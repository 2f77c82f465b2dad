"""Runs: from a config to a folder of plain files, and what can be done with such a folder."""

from bpnet.runs.doctor import doctor
from bpnet.runs.folder import RunFolder, all_runs, create, environment, finite, open_run
from bpnet.runs.pictures import available, draw
from bpnet.runs.prepare import Prepared, make_network, prepare
from bpnet.runs.train import Watch, resume, train
from bpnet.runs.use import check_gradient, evaluate, predict

__all__ = [
    "Prepared",
    "RunFolder",
    "Watch",
    "all_runs",
    "available",
    "check_gradient",
    "create",
    "doctor",
    "draw",
    "environment",
    "evaluate",
    "finite",
    "make_network",
    "open_run",
    "predict",
    "prepare",
    "resume",
    "train",
]
