"""MNIST: the IDX format, the folder it is read from, and the mirrors it is fetched from."""

import gzip
import hashlib
import http.server
import struct
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from bpnet.datasets import load, read_idx
from bpnet.datasets.fetch import fetch
from bpnet.datasets.mnist import SUMS, folders
from bpnet.errors import DataError, UsageError

REAL = Path(__file__).parents[2] / "shared" / "data" / "mnist"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the real MNIST files are not at hand")


def idx(array):
    return b"\0\0\x08" + struct.pack(f">B{array.ndim}I", array.ndim, *array.shape) + array.tobytes()


def small_mnist():
    rng = np.random.default_rng(0)
    return {
        "train-images-idx3-ubyte": rng.integers(0, 256, (60, 28, 28), np.uint8),
        "train-labels-idx1-ubyte": np.arange(60, dtype=np.uint8) % 10,
        "t10k-images-idx3-ubyte": rng.integers(0, 256, (10, 28, 28), np.uint8),
        "t10k-labels-idx1-ubyte": np.arange(10, dtype=np.uint8),
    }


def put(folder, arrays, ending=".gz"):
    for name, array in arrays.items():
        (folder / (name + ending)).write_bytes(gzip.compress(idx(array)) if ending else idx(array))
    return str(folder)


# The format


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (0, 3)])
@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_idx_comes_back_as_it_was_written(tmp_path, shape, wrap):
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    (tmp_path / "a").write_bytes(wrap(idx(array)))
    back = read_idx(tmp_path / "a")
    assert back.dtype == np.uint8
    assert np.array_equal(back, array)


WHOLE = idx(np.arange(12, dtype=np.uint8).reshape(3, 4))
PACKED = gzip.compress(WHOLE)
DAMAGE = {
    "empty": (b"", "is not an IDX file of unsigned bytes; it begins with nothing"),
    "text": (b"label,pixel", "is not an IDX file of unsigned bytes; it begins with 6c 61 62 65"),
    "floats": (b"\0\0\x0d\1\0\0\0\1\0\0\0\0", "is not an IDX file of unsigned bytes; it begins with 00 00 0d 01"),
    "no dimension": (b"\0\0\x08\0", "is not an IDX file of unsigned bytes"),
    "half a header": (WHOLE[:7], "ends within its IDX header"),
    "a byte too few": (WHOLE[:-1], "its IDX header announces 3 x 4 bytes, but only 11 follow"),
    "a byte too many": (WHOLE + b"x", "its IDX header announces 3 x 4 bytes, but more follow"),
    "a huge claim": (b"\0\0\x08\3" + b"\xff" * 12, "no more than 1073741824 are read"),
    "packed, cut": (PACKED[:-9], "has damaged gzip data"),
    "packed, other sum": (PACKED[:-8] + b"\0" * 8, "has damaged gzip data"),
    "packed, scrambled": (PACKED[:10] + b"\7" + PACKED[11:], "has damaged gzip data"),
    "packed, too few": (gzip.compress(WHOLE[:-1]), "its IDX header announces 3 x 4 bytes, but only 11 follow"),
    "packed, too many": (gzip.compress(WHOLE + b"x"), "its IDX header announces 3 x 4 bytes, but more follow"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damaged_idx_is_refused_with_the_name_of_the_file(tmp_path, case):
    content, sentence = DAMAGE[case]
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(tmp_path / "bad")
    assert str(caught.value).startswith(f"{tmp_path / 'bad'}: ")
    assert sentence in str(caught.value)


def test_a_missing_idx_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: cannot be read \(No such file or directory\)"):
        read_idx(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(idx(np.zeros(8, np.uint8)) + bytes(2**26), 1), id="64 MiB behind 8 bytes"),
        pytest.param(gzip.compress(b"\0\0\x08\1\x30\0\0\0" + bytes(8), 1), id="768 MiB announced, 8 bytes there"),
    ],
)
def test_a_bomb_stays_small(tmp_path, content):
    (tmp_path / "bomb").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match="follow"):
        read_idx(tmp_path / "bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20  # a block of 1 MiB and the decompressor's buffers


# From a folder


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_named_holds_any_files_of_the_form(tmp_path, ending):
    arrays = small_mnist()
    data = load("mnist", path=put(tmp_path, arrays, ending))
    assert data.x.shape == (70, 784)
    assert data.x.dtype == data.y.dtype == np.float32
    assert data.published_test == 10
    assert data.image == (28, 28)
    assert data.labels.tolist() == [*range(10)] * 7


@pytest.mark.parametrize("divisor", [255, 256])
def test_pixels_are_divided_in_float32_and_tests_come_last(tmp_path, divisor):
    arrays = small_mnist()
    data = load("mnist", path=put(tmp_path, arrays), divisor=divisor)
    pixels = np.concatenate([arrays["train-images-idx3-ubyte"], arrays["t10k-images-idx3-ubyte"]]).reshape(70, 784)
    assert np.array_equal(data.x, pixels.astype(np.float32) / np.float32(divisor))


@pytest.mark.parametrize("divisor", [0, -1, float("inf"), float("nan")])
def test_a_divisor_not_above_zero_is_refused(divisor):
    with pytest.raises(UsageError, match=f"^divisor={divisor:g} cannot scale pixels; give a number above 0$"):
        load("mnist", path="unread", divisor=divisor)


def test_a_named_folder_without_the_files_is_refused_and_nothing_fetched(tmp_path):
    with pytest.raises(DataError) as caught:
        load("mnist", path=str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert all(name in str(caught.value) for name in SUMS)
    assert list(tmp_path.iterdir()) == []


def test_only_the_lacking_files_are_asked_for(tmp_path):
    put(tmp_path, small_mnist())
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="has no readable t10k-labels-idx1-ubyte; put such files there"):
        load("mnist", path=str(tmp_path))


MISFITS = {
    "fewer images than labels": (
        "train-images-idx3-ubyte",
        np.zeros((59, 28, 28), np.uint8),
        "holds 59 images for 60 labels",
    ),
    "images of another size": ("t10k-images-idx3-ubyte", np.zeros((10, 8, 8), np.uint8), "images are n x 28 x 28"),
    "labels beyond 9": (
        "train-labels-idx1-ubyte",
        np.full(60, 17, np.uint8),
        "holds numbers up to 17 in shape .* labels are one row of numbers from 0 to 9",
    ),
    "labels of two dimensions": ("t10k-labels-idx1-ubyte", np.zeros((10, 1), np.uint8), "one row of numbers"),
    "no labels": ("t10k-labels-idx1-ubyte", np.zeros(0, np.uint8), "holds nothing"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_files_that_do_not_fit_together_are_refused_by_name(tmp_path, case):
    name, array, sentence = MISFITS[case]
    path = put(tmp_path, small_mnist() | {name: array})
    with pytest.raises(DataError, match=f"{name}.*{sentence}"):
        load("mnist", path=path)


def test_the_data_folder_comes_before_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BPNET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    assert folders() == [tmp_path / "data" / "mnist", tmp_path / "cache" / "bpnet" / "mnist"]


@pytest.mark.parametrize("custom", ["", "relative/cache"])
def test_the_cache_is_in_the_home_folder_unless_an_absolute_one_is_set(tmp_path, monkeypatch, custom):
    monkeypatch.delenv("BPNET_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", custom)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert folders() == [tmp_path / ".cache" / "bpnet" / "mnist"]


@pytest.mark.parametrize("place", ["data/mnist", "cache/bpnet/mnist"])
def test_mnist_is_found_in_the_data_folder_and_in_the_cache(tmp_path, monkeypatch, place):
    monkeypatch.setenv("BPNET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / place).mkdir(parents=True)
    put(tmp_path / place, small_mnist())
    assert len(load("mnist")) == 70


def test_offline_and_absent_names_the_folder_and_the_four_files(tmp_path, monkeypatch):
    monkeypatch.setenv("BPNET_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")  # nothing listens there: as good as no network
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(DataError) as caught:
        load("mnist")
    assert f"into {tmp_path / 'mnist'} by hand" in str(caught.value)
    assert all(f"{name}.gz" in str(caught.value) for name in SUMS)
    assert list((tmp_path / "mnist").iterdir()) == []


@real
def test_the_published_digits_come_in_their_published_order():
    mnist = load("mnist", path=str(REAL))
    assert mnist.x.shape == (70000, 784)
    assert mnist.published_test == 10000
    assert mnist.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.labels[60000:60005].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(mnist.labels).tolist() == [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958]
    assert (mnist.x.min(), mnist.x.max()) == (0, 1)


@real
def test_the_published_sums_are_those_of_the_published_files():
    sums = {name: hashlib.sha256(gzip.decompress((REAL / f"{name}.gz").read_bytes())).hexdigest() for name in SUMS}
    assert sums == SUMS


@real
def test_loading_takes_little_more_memory_than_the_pixels_need():
    tracemalloc.start()
    mnist = load("mnist", path=str(REAL))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < mnist.x.nbytes + 80 * 2**20  # the images as bytes are 55 MB


# From a mirror


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves `server.files` by path; a file that is None takes longer to answer than anybody waits."""

    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path.lstrip("/"), b"")
        if content is None:
            time.sleep(0.6)
            return
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) - self.server.withheld])

    def log_message(self, *args):
        pass


@pytest.fixture
def mirror(monkeypatch):
    """Starts a mirror with some files; returns the address it is asked at."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = []

    def start(files, withheld=0):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        server.files, server.withheld, server.asked = files, withheld, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    start.running = running
    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


FILES = {f"{name}.gz": gzip.compress(idx(array)) for name, array in small_mnist().items()}
OWN_SUMS = {name: hashlib.sha256(idx(array)).hexdigest() for name, array in small_mnist().items()}
FIRST = next(iter(FILES))
SPOILT = {
    "missing": (FILES | {FIRST: b""}, "Not Found"),
    "truncated": (FILES | {FIRST: FILES[FIRST][:-20]}, "has damaged gzip data"),
    "those of another file": (FILES | {FIRST: FILES["t10k-images-idx3-ubyte.gz"]}, "other bytes than the published"),
    "a web page": (FILES | {FIRST: b"<html>please log in</html>"}, "is not an IDX file"),
}


def test_what_a_mirror_has_right_is_kept(tmp_path, mirror):
    fetch(tmp_path, OWN_SUMS, [mirror(FILES)])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == FILES


def test_everybody_may_read_what_was_fetched(tmp_path, mirror):
    fetch(tmp_path, OWN_SUMS, [mirror(FILES)])
    assert {file.stat().st_mode & 0o444 for file in tmp_path.iterdir()} == {0o444}


def test_what_was_fetched_loads(tmp_path, mirror):
    fetch(tmp_path / "new" / "folder", OWN_SUMS, [mirror(FILES)])
    assert len(load("mnist", path=str(tmp_path / "new" / "folder"))) == 70


def test_the_wrapping_does_not_matter_only_the_bytes_in_it(tmp_path, mirror):
    fetch(tmp_path, OWN_SUMS, [mirror({name: gzip.compress(gzip.decompress(file), 0) for name, file in FILES.items()})])
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("case", SPOILT)
def test_a_bad_file_is_refused_with_the_reason_and_not_kept(tmp_path, mirror, case):
    files, reason = SPOILT[case]
    with pytest.raises(DataError, match=f"^{FIRST} could not be fetched .*{reason}.* into {tmp_path} by hand$"):
        fetch(tmp_path, OWN_SUMS, [mirror(files)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", SPOILT)
def test_the_second_mirror_makes_up_for_the_first(tmp_path, mirror, case):
    fetch(tmp_path, OWN_SUMS, [mirror(SPOILT[case][0]), mirror(FILES)])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == FILES


def test_the_second_mirror_is_asked_only_for_what_the_first_had_wrong(tmp_path, mirror):
    fetch(tmp_path, OWN_SUMS, [mirror(SPOILT["missing"][0]), mirror(FILES)])
    assert mirror.running[1][0].asked == [f"/{FIRST}"]


def test_a_download_cut_short_is_not_kept(tmp_path, mirror):
    with pytest.raises(DataError, match="retrieval incomplete"):
        fetch(tmp_path, OWN_SUMS, [mirror(FILES, withheld=20)])
    assert list(tmp_path.iterdir()) == []


def test_a_silent_mirror_is_given_up(tmp_path, mirror):
    fetch(tmp_path, OWN_SUMS, [mirror(FILES | {FIRST: None}), mirror(FILES)], timeout=0.2)
    assert len(list(tmp_path.iterdir())) == 4


def test_with_every_mirror_down_each_has_its_say(tmp_path):
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, OWN_SUMS, ["http://127.0.0.1:1/", "http://127.0.0.1:2/"])
    assert "127.0.0.1:1: " in str(caught.value)
    assert "127.0.0.1:2: " in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_files_fetched_before_the_failure_are_whole_and_stay(tmp_path, mirror):
    last = list(FILES)[-1]
    with pytest.raises(DataError, match=f"^{last} could not be fetched"):
        fetch(tmp_path, OWN_SUMS, [mirror(FILES | {last: b""})])
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES.keys() - {last})


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"file/mnist: cannot be written"):
        fetch(tmp_path / "file" / "mnist", OWN_SUMS, ["http://127.0.0.1:1/"])


def test_expanded_digits_are_the_digits_and_their_four_shifts(mnist_folder):
    plain, expanded = load("mnist", path=str(mnist_folder)), load("mnist", path=str(mnist_folder), expanded=True)
    assert len(expanded) == 270_000
    images = expanded.x[7::50_000][:5].reshape(5, 28, 28)
    original = plain.x[7].reshape(28, 28)
    np.testing.assert_array_equal(images[0], original)
    for image, (rows, columns) in zip(images[1:], ((1, 0), (-1, 0), (0, 1), (0, -1)), strict=True):
        np.testing.assert_array_equal(image, np.roll(original, (rows, columns), axis=(0, 1)))
    assert set(expanded.labels[7:250_000:50_000]) == {plain.labels[7]}
    np.testing.assert_array_equal(expanded.labels[250_000:], plain.labels[50_000:])
    assert expanded.published_test == 10_000
