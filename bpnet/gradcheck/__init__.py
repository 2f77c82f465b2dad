"""Is a gradient right? Backpropagation against differences of the cost."""

from bpnet.gradcheck.differences import TOLERANCE, GradientCheck, LayerCheck, check

__all__ = ["TOLERANCE", "GradientCheck", "LayerCheck", "check"]
