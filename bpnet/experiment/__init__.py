"""From a config, or from arrays and keywords, to everything that a training needs."""

from bpnet.experiment.experiment import Experiment, from_arrays, from_config

__all__ = ["Experiment", "from_arrays", "from_config"]
