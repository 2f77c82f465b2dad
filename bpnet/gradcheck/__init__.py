"""Is a gradient right? Backpropagation against differences of the cost, curvature against steps of the gradient."""

from bpnet.gradcheck.curvature import CurvatureCheck, check_curvature
from bpnet.gradcheck.differences import TOLERANCE, GradientCheck, LayerCheck, check

__all__ = ["TOLERANCE", "CurvatureCheck", "GradientCheck", "LayerCheck", "check", "check_curvature"]
