"""Training: what it is given, the loop, and what it measures."""

from bpnet.training.loop import epoch_order, finish, next_rate, start, train, update
from bpnet.training.measures import MONITORS, batches_to_measure, measure, measure_epoch, measure_layers, penalty
from bpnet.training.settings import Settings, State, Trainable

__all__ = [
    "MONITORS",
    "Settings",
    "State",
    "Trainable",
    "batches_to_measure",
    "epoch_order",
    "finish",
    "measure",
    "measure_epoch",
    "measure_layers",
    "next_rate",
    "penalty",
    "start",
    "train",
    "update",
]
