"""Is a gradient right? Backprop against differences, known formulas and a framework; curvature against steps of it."""

from bpnet.gradcheck.curvature import CurvatureCheck, check_curvature
from bpnet.gradcheck.derivative import identify, load_derivative, with_derivative
from bpnet.gradcheck.differences import TOLERANCE, GradientCheck, LayerCheck, check
from bpnet.gradcheck.framework import FrameworkCheck, FrameworkLayer, against_torch

__all__ = [
    "TOLERANCE",
    "CurvatureCheck",
    "FrameworkCheck",
    "FrameworkLayer",
    "GradientCheck",
    "LayerCheck",
    "against_torch",
    "check",
    "check_curvature",
    "identify",
    "load_derivative",
    "with_derivative",
]
