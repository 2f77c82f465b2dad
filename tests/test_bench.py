"""The bench: its peers train the same network, and its page has a place for all that it measures."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PEERS = runpy.run_path(str(ROOT / "scripts" / "bench-peers"))
BENCH = runpy.run_path(str(ROOT / "scripts" / "bench"))
LIBRARIES = {"JAX": "jax", "PyTorch": "torch", "scikit-learn": "sklearn"}
TRAINED = ("bpnet measuring", "JAX", "PyTorch", "scikit-learn", "loop")  # torch.compile takes minutes
JOBS = {
    "xor": {"sizes": [2, 4, 1], "batch": 4, "rate": 3.0, "replicas": 0, "steps": 0},
    "replicas": {"sizes": [2, 4, 1], "batch": 4, "rate": 3.0, "replicas": 3, "steps": 0},
    "deep": {"sizes": [12, 6, 5, 3], "batch": 30, "rate": 0.5, "replicas": 0, "steps": 0},
    "recurrent": {"sizes": [12, 6, 3], "batch": 30, "rate": 0.01, "replicas": 0, "steps": 4},
}
ROUNDING = 1e-3  # of the weights after 20 steps in float32: each library adds in an order of its own


def data_of(job):
    rng = np.random.default_rng(1)
    n, n_in, n_out = job.batch, job.sizes[0], job.sizes[-1]
    y = np.eye(n_out)[np.arange(n) % n_out] if n_out > 1 else np.array([[0], [1], [1], [0]])
    x = rng.random((n, n_in)).astype(np.float32)
    return SimpleNamespace(np=np, x=x, y=y.astype(np.float32), rng=rng)


def trained(peer, job):
    data = data_of(job)
    return PEERS["PEERS"][peer][1](job, data, PEERS["first_weights"](np, job))


@pytest.mark.parametrize("peer", TRAINED)
@pytest.mark.parametrize("name", JOBS)
def test_every_peer_takes_the_same_steps(name, peer):
    if peer in LIBRARIES:
        pytest.importorskip(LIBRARIES[peer])
    job = SimpleNamespace(**JOBS[name], epochs=20, threads=1, examples=0, mapped=False)
    if peer == "loop" and job.sizes[0] > 2:
        job.batch = 10
    try:
        _, theirs = trained(peer, job)
    except PEERS["Skipped"]:
        pytest.skip("takes no part in this row")
    _, ours = trained("bpnet", job)
    for p, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.reshape(other, p.shape), p, atol=ROUNDING)


@pytest.mark.parametrize("name", JOBS)
def test_the_floor_multiplies_and_trains_nothing(name):
    (seconds, _), parameters = trained(
        "floor", SimpleNamespace(**JOBS[name], epochs=2, threads=1, examples=0, mapped=False)
    )
    assert seconds > 0
    assert parameters is None


def test_a_process_of_its_own_prints_what_was_measured(tmp_path):
    arrays = {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]}
    for file, rows in {**arrays, "test_x": arrays["x"], "test_labels": [0, 1, 1, 0]}.items():
        np.save(tmp_path / f"{file}.npy", np.array(rows, np.float32))
    job = {**JOBS["xor"], "epochs": 2000, "threads": 1, "examples": 0, "mapped": False, "data": str(tmp_path)}
    program = [sys.executable, str(ROOT / "scripts" / "bench-peers"), "loop", json.dumps(job)]
    found = json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout)
    assert found["accuracy"] == 1
    assert found["seconds"] == found["step"]  # a full batch: an epoch is a step


def test_a_fitted_exponent_is_that_of_the_upper_half():
    exponent, ends, line = BENCH["fitted"]([(1, 5), (10, 5), (100, 3e4), (1_000, 3e6), (10_000, 3e8)])
    assert exponent == pytest.approx(2)
    assert ends == [100, 10_000]
    assert line == pytest.approx([3e4, 3e8])
    assert BENCH["fitted"]([(1, 1), (10, 2)]) is None


def test_every_table_of_the_bench_has_its_place_in_the_page_and_stands_there():
    page = (ROOT / "docs" / "performance.md").read_text()
    for name in BENCH["TABLES"]:
        assert re.search(rf"<!-- {name} -->\n(?!<!-- end -->)", page), f"{name} is nowhere, or empty"
