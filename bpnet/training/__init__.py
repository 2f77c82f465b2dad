"""Training: what it is given, the loop, and what it measures."""

from bpnet.training.loop import epochs, fit, next_rate, restore_best, start, steps
from bpnet.training.measures import MONITORS, batches_to_measure, measure, measure_epoch, measure_layers, norm, penalty
from bpnet.training.settings import Gradients, Parameters, Pass, Probe, Settings, State, Trainable
from bpnet.training.step import Update, add_penalties
from bpnet.training.threads import blas_threads

__all__ = [
    "MONITORS",
    "Gradients",
    "Parameters",
    "Pass",
    "Probe",
    "Settings",
    "State",
    "Trainable",
    "Update",
    "add_penalties",
    "batches_to_measure",
    "blas_threads",
    "epochs",
    "fit",
    "measure",
    "measure_epoch",
    "measure_layers",
    "next_rate",
    "norm",
    "penalty",
    "restore_best",
    "start",
    "steps",
]
