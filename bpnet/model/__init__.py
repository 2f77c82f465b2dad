"""Trained networks as files."""

from bpnet.model.model import NETWORKS, Model, load_model, save_model
from bpnet.model.tensors import fill, like, load_tensors, refuse_infinite, save_tensors

__all__ = [
    "NETWORKS",
    "Model",
    "fill",
    "like",
    "load_model",
    "load_tensors",
    "refuse_infinite",
    "save_model",
    "save_tensors",
]
