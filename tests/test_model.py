"""Files that hold a network: what goes in comes out, bit for bit, and nothing else is believed."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpnet import training
from bpnet.datasets.scaling import standard
from bpnet.errors import DataError
from bpnet.files import write
from bpnet.model import Model, load_model, save_model
from bpnet.network import Network
from bpnet.optimizers import Adam, Sgd
from bpnet.runs.checkpoint import load_arrays, load_checkpoint, save_arrays, save_checkpoint


@pytest.fixture
def model(blobs):
    network = Network([2, 5, 3], output="softmax", activation="tanh", seed=3)
    return Model(network, ("a", "b", "c"), ("u", "v"), None, standard(blobs.x))


@pytest.fixture
def file(tmp_path, model):
    save_model(tmp_path / "model.safetensors", model)
    return tmp_path / "model.safetensors"


def rewritten(file, change):
    """The same safetensors file with its metadata changed."""
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    about = json.loads(header["__metadata__"]["bpnet"])
    change(about)
    header["__metadata__"]["bpnet"] = json.dumps(about)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def test_a_model_comes_back_with_its_predictions_and_its_words(file, model, blobs):
    loaded = load_model(file)
    np.testing.assert_array_equal(loaded.predict(blobs.x), model.predict(blobs.x))
    assert (loaded.classes, loaded.features, loaded.image) == (model.classes, model.features, model.image)
    assert loaded.network.cost.name == "ce"


def test_the_same_model_gives_the_same_bytes(file, tmp_path):
    save_model(tmp_path / "again", load_model(file))
    assert (tmp_path / "again").read_bytes() == file.read_bytes()


def test_a_flipped_bit_is_noticed(file):
    data = bytearray(file.read_bytes())
    data[-5] ^= 4
    file.write_bytes(data)
    with pytest.raises(DataError, match="SHA-256 differs"):
        load_model(file)


@given(cut=st.integers(0, 600), junk=st.binary(max_size=30))
def test_damaged_bytes_give_one_sentence_and_never_another_error(tmp_path_factory, cut, junk):
    file = tmp_path_factory.mktemp("m") / "model.safetensors"
    save_model(file, Model(Network([2, 2, 1]), ("0", "1")))
    whole = file.read_bytes()
    file.write_bytes(whole[:cut] + junk + whole[cut + len(junk) + 1 :])
    with pytest.raises(DataError) as caught:
        load_model(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.update(sizes=[2, 10**9, 3]),
        lambda about: about.update(cost="__import__('os')"),
        lambda about: about.update(output="linear"),
        lambda about: about.update(dtype="object"),
        lambda about: about.update(kind="checkpoint"),
        lambda about: about.update(format=99),
        lambda about: about.pop("activation"),
        lambda about: about.update(classes=7),
        lambda about: about.update(classes=["a"]),
        lambda about: about.update(classes=["a", "b", "c", "d"]),
        lambda about: about.update(seed=[1, 2]),
    ],
)
def test_metadata_that_do_not_fit_the_tensors_are_refused(file, change):
    rewritten(file, change)
    with pytest.raises(DataError):
        load_model(file)


def test_weights_that_are_not_finite_are_refused(tmp_path, model):
    model.network.weights[0][0, 0] = np.nan
    save_model(tmp_path / "m", model)
    with pytest.raises(DataError, match="not finite"):
        load_model(tmp_path / "m")


def test_a_pickle_is_not_opened(tmp_path):
    (tmp_path / "evil").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    with pytest.raises(DataError, match="not a file of bpnet"):
        load_model(tmp_path / "evil")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        load_model(tmp_path / "nowhere")


def test_a_checkpoint_goes_on_bit_for_bit(tmp_path, blobs):
    settings = training.Settings(6, 7, 0.01, Adam(), early_stopping=50, dropout=0.1)
    whole, first, second = Network([2, 5, 3]), Network([2, 5, 3]), Network([2, 5, 3], seed=99)
    list(training.epochs(whole, blobs, settings, validation=blobs))
    for state in training.epochs(first, blobs, settings, validation=blobs):
        if len(state.history) == 3:
            break
    save_checkpoint(tmp_path / "c", first, state)
    resumed = training.start(second, settings)
    load_checkpoint(tmp_path / "c", second, resumed)
    list(training.epochs(second, blobs, settings, validation=blobs, state=resumed))
    for one, other in zip(whole.weights + whole.biases, second.weights + second.biases, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(resumed.history) == 6
    np.testing.assert_array_equal(resumed.history["epoch"], range(1, 7))


def test_a_checkpoint_of_another_network_is_refused(tmp_path, blobs):
    network = Network([2, 5, 3])
    (state,) = training.epochs(network, blobs, training.Settings(1, 7, 0.1))
    save_checkpoint(tmp_path / "c", network, state)
    for other, optimizer in ((Network([2, 6, 3]), Sgd()), (Network([2, 5, 3]), Adam())):
        begun = training.start(other, training.Settings(1, 7, 0.1, optimizer))
        with pytest.raises(DataError, match="another network"):
            load_checkpoint(tmp_path / "c", other, begun)


def test_arrays_come_back(tmp_path):
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.array(0.5), "none": np.empty((0, 4))}
    save_arrays(tmp_path / "x", arrays)
    for name, array in load_arrays(tmp_path / "x").items():
        np.testing.assert_array_equal(array, arrays[name])


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    write(tmp_path / "f", "old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "f", "new and longer")
    assert (tmp_path / "f").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
