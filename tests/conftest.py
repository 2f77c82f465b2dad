"""What several tests need."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from bpnet import cli
from bpnet.data import Dataset

settings.register_profile("bpnet", deadline=None)  # a shared machine may pause any test, and none asserts a time
settings.load_profile("bpnet")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def mnist_folder():
    folder = SHARED / "data" / "mnist"
    if not (folder / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("the real MNIST files are not beside the project")
    return folder


@pytest.fixture
def xor():
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    return Dataset(x, np.array([[0.0], [1], [1], [0]]), classes=("0", "1"), features=("a", "b"))


@pytest.fixture
def blobs():
    """Three well-separated classes of two features, 60 examples."""
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 2], [2, -1], [-2, -1]])
    labels = np.arange(60) % 3
    return Dataset(centres[labels] + 0.4 * rng.standard_normal((60, 2)), np.eye(3)[labels], classes=("a", "b", "c"))


@pytest.fixture
def terminal():
    """Run a command in another process with a real pseudo-terminal on stderr: (exit code, what the terminal got)."""

    def run(*arguments, **environment):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "bpnet", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", **environment},
        )
        os.close(theirs)
        text = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # how Linux says that the other end is closed
                break
            if not more:
                break
            text += more
        os.close(ours)
        return process.wait(), text

    return run


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def bpnet(capsys):
    """Run a command in this process: (exit code, stdout, stderr)."""

    def run(*arguments):
        code = cli.run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
