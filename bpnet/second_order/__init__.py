"""Curvature: products of a network with its Hessian or Gauss-Newton matrix, and the steps made of them."""

from bpnet.second_order.curvature import Curvature, Layered, flat, shaped
from bpnet.second_order.steps import GaussNewton, Newton, Objective, SecondOrder, is_finished, solve

__all__ = [
    "Curvature",
    "GaussNewton",
    "Layered",
    "Newton",
    "Objective",
    "SecondOrder",
    "flat",
    "is_finished",
    "shaped",
    "solve",
]
