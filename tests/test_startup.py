"""What a command loads: the heavy libraries of each, so that none comes back unseen."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = {  # tenths of a second each, some of them more than a whole training of XOR
    "matplotlib",
    "matplotlib.pyplot",
    "pandas",
    "PIL",
    "pydantic",
    "rich",
    "scipy",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.sparse",
    "scipy.special",
    "scipy.stats",
    "sklearn",
    "torch",
    "jax",
}
CONFIGS = {"pydantic"}  # checks them
PICTURES = {"PIL", "matplotlib"}
STATISTICS = {"scipy", "scipy.special"}
XOR = ("--config", "xor", "--set", "train.epochs=2", "--quiet")
PROGRAM = """
import json, sys
{statement}
print(json.dumps([name for name in {heavy} if name in sys.modules]))
"""


def run(*words):
    return f"from bpnet import cli; assert cli.run({list(words)}) == 0"


def loaded(statement, folder):
    """The heavy libraries in a process that has run a statement."""
    code = PROGRAM.format(statement=statement, heavy=sorted(HEAVY))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


LOADED = {  # what is run: the most that it may load
    "import bpnet": set(),
    "from bpnet import Network, load_dataset; Network([2, 4, 1]).SGD(load_dataset('xor'), 2, None, 3.0)": set(),
    run("--help"): set(),
    run("train", "--help"): set(),
    run("validate", "xor"): CONFIGS,
    run("doctor"): CONFIGS,
    "import bpnet.comparison.workers, bpnet.comparison.units, bpnet.comparison.grid": CONFIGS,  # what a worker loads
    run("train", *XOR): CONFIGS | PICTURES,
    f"{run('train', *XOR, '--out', 'a')}; {run('plot', 'a')}": CONFIGS | PICTURES,
    run("costs", "mse", "ce", "--out", "costs.png"): CONFIGS | PICTURES,
    run("compare", "mse", "ce", "--quiet"): CONFIGS | PICTURES,
    run("compare", "mse", "ce", "--seeds", "2", *XOR): CONFIGS | PICTURES | STATISTICS,
}


@pytest.mark.parametrize("statement", LOADED)
def test_nothing_loads_more_of_the_heavy_libraries_than_it_needs(statement, tmp_path):
    assert loaded(statement, tmp_path) <= LOADED[statement]


def test_a_library_that_a_process_loads_is_seen(tmp_path):
    assert loaded("import scipy.special", tmp_path) == {"scipy", "scipy.special"}
