"""Training: what it is given, the loop, and what it measures."""

from bpnet.training.loop import epoch_order, finish, next_rate, start, train, update
from bpnet.training.measures import MONITORS, measure, penalty
from bpnet.training.settings import Settings, State, Trainable

__all__ = [
    "MONITORS",
    "Settings",
    "State",
    "Trainable",
    "epoch_order",
    "finish",
    "measure",
    "next_rate",
    "penalty",
    "start",
    "train",
    "update",
]
