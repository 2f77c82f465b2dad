"""bpnet: a neural network trainer from scratch, and a measure of how fast a cost learns."""

from bpnet.network import Network

__version__ = "0.1.0"
__all__ = ["Network"]
