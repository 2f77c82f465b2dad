"""The kernel of OpenBLAS: is it the one for this processor?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bpnet import runs
from bpnet.runs.blas import KERNEL_FOR, NEEDS, kernel_advice, processor_flags
from bpnet.training import threads

AVX2 = {"sse2", "avx", "avx2", "fma"}
AVX512 = AVX2 | {"avx512f", "avx512vl"}


@pytest.mark.parametrize("kernel", ["SkylakeX", "Cooperlake", "SapphireRapids"])
def test_a_kernel_with_the_widest_vectors_of_the_processor_needs_no_advice(kernel):
    assert kernel_advice(kernel, AVX512) is None
    assert kernel_advice("Haswell", AVX2) is None


@pytest.mark.parametrize(("kernel", "flags", "remedy"), [("Haswell", AVX512, "SkylakeX"), ("Nehalem", AVX2, "Haswell")])
def test_a_narrower_kernel_than_the_processor_allows_is_named_with_the_remedy(kernel, flags, remedy):
    sentence = kernel_advice(kernel, flags)
    assert f"its kernel {kernel}," in sentence
    assert f"OPENBLAS_CORETYPE={remedy}" in sentence
    assert "does not use what this processor has" in sentence


def test_a_kernel_that_needs_what_the_processor_lacks_is_named_with_the_remedy():
    sentence = kernel_advice("SkylakeX", AVX2)
    assert "needs avx512vl" in sentence
    assert "OPENBLAS_CORETYPE=Haswell" in sentence


@pytest.mark.parametrize(("kernel", "flags"), [(None, AVX512), ("neoversen1", AVX512), ("Haswell", set())])
def test_nothing_is_said_of_what_is_not_known(kernel, flags):
    assert kernel_advice(kernel, flags) is None


def test_every_kernel_that_is_advised_needs_what_it_is_advised_for():
    assert {kernel: NEEDS[kernel] for kernel in KERNEL_FOR.values()} == {k: flag for flag, k in KERNEL_FOR.items()}


def test_the_flags_of_a_processor_are_read_from_its_first_core(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nflags\t\t: fpu avx avx2\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    assert processor_flags(file) == {"fpu", "avx", "avx2"}
    assert processor_flags(tmp_path / "absent") == frozenset()


def test_the_doctor_names_the_kernel_and_the_threads_of_runs(bpnet):
    code, out, _ = bpnet("doctor")
    assert code == 0
    report = json.loads(bpnet("doctor", "--json")[1])
    assert report["threads"]["below"] == threads.ONE_BELOW
    for pool in report["blas"]:
        assert f"kernel {pool['architecture'] or 'unknown'}" in out
    assert "\nruns " in out


def test_the_doctor_says_that_a_forced_kernel_is_narrower_than_the_processor_allows():
    if "avx512vl" not in processor_flags() or runs.environment()["blas"][0]["internal_api"] != "openblas":
        pytest.skip("no OpenBLAS on a processor with AVX-512")
    environment = os.environ | {"OPENBLAS_CORETYPE": "Haswell", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "bpnet", "doctor"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    assert "OPENBLAS_CORETYPE=SkylakeX" in done.stdout
