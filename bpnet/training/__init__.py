"""Training: what it is given, the loop, and what it measures."""

from bpnet.training.loop import epoch_order, finish, next_rate, start, train, update
from bpnet.training.measures import MONITORS, batches_to_measure, measure, measure_epoch, measure_layers, penalty
from bpnet.training.settings import Room, Settings, State, Trainable
from bpnet.training.threads import blas_threads, limited_threads

__all__ = [
    "MONITORS",
    "Room",
    "Settings",
    "State",
    "Trainable",
    "batches_to_measure",
    "blas_threads",
    "epoch_order",
    "finish",
    "limited_threads",
    "measure",
    "measure_epoch",
    "measure_layers",
    "next_rate",
    "penalty",
    "start",
    "train",
    "update",
]
