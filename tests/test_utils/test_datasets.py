"""Data sets: found where they lie, else fetched from a server on this machine."""
import bz2
import functools
import gzip
import io
import logging
import operator
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from local_server import serving

import cupynet as mx
from cupynet import test_utils as tu
from cupynet.test_utils import datasets


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return packed.getvalue()


RNG = np.random.RandomState(0)
MNIST = {"train-images-idx3-ubyte": RNG.randint(0, 256, (20, 28, 28)), "train-labels-idx1-ubyte": np.arange(20) % 10,
         "t10k-images-idx3-ubyte": RNG.randint(0, 256, (8, 28, 28)), "t10k-labels-idx1-ubyte": np.arange(8)}
CIFAR = {f"cifar/{name}": name.encode() for name in ("train.rec", "test.rec", "train.lst", "test.lst")}
FILES = {**{f"/mnist/{name}.gz": gzip.compress(idx(values)) for name, values in MNIST.items()},
         "/mnist.zip": zipped({name: idx(values) for name, values in MNIST.items()}), "/cifar10.zip": zipped(CIFAR),
         "/mnist.pkl.gz": b"pickle", "/some.zip": zipped({"in/side.txt": b"hi"}), "/some.bz2": bz2.compress(b"data"),
         "/bad.zip": zipped({"../outside": b"x"}), "/models/imagenet/resnet/18-layers/resnet-18-symbol.json": b"{}",
         "/models/imagenet/resnet/18-layers/resnet-18-0000.params": b"p", "/s": b"S", "/p": b"P"}


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(FILES) as found:
        for name, path in (("MNIST_URL", "mnist/"), ("MNIST_ZIP_URL", "mnist.zip"), ("MNIST_PKL_URL", "mnist.pkl.gz"),
                           ("CIFAR10_URL", "cifar10.zip"), ("MODELS_URL", "models/")):
            monkeypatch.setattr(datasets, name, found.url + path)
        yield found


def files():
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


def test_download(server, caplog):
    with caplog.at_level(logging.INFO):
        assert tu.download(server.url + "s", dirname="d/e") == "d/e/s"
        assert tu.download(server.url + "s", "x", "d/e", overwrite=True) == "d/e/x"
        assert tu.download(server.url + "s", dirname="d/e") == "d/e/s"
    assert caplog.messages == ["create directory d/e", f"downloaded {server.url}s into d/e/s successfully",
                               f"downloaded {server.url}s into d/e/x successfully", "d/e/s exists, skipping download"]
    with pytest.raises(mx.MXNetError, match=r"Failed downloading url .*nope.*by hand: .*/nope"):
        tu.download(server.url + "nope", retries=2)
    assert files() == ["d/e/s", "d/e/x"] and len(server.asked) == 4


def test_get_mnist(server):
    found = tu.get_mnist()
    assert {key: (value.shape, value.dtype.name) for key, value in found.items()} == {
        "train_data": ((20, 1, 28, 28), "float32"), "train_label": ((20,), "int8"),
        "test_data": ((8, 1, 28, 28), "float32"), "test_label": ((8,), "int8")}
    np.testing.assert_allclose(found["train_data"][:, 0], MNIST["train-images-idx3-ubyte"] / 255, 1e-6)
    assert found["test_label"].tolist() == list(range(8))
    assert files() == sorted(f"{name}.gz" for name in MNIST) and len(server.asked) == 4
    tu.get_mnist()
    assert len(server.asked) == 4


@pytest.mark.parametrize("folder", ["", "data", "home/datasets/mnist", "elsewhere"])
def test_get_mnist_finds_files(server, folder):
    os.makedirs(folder or ".", exist_ok=True)
    for name, values in MNIST.items():
        Path(folder, name).write_bytes(idx(values))
    found = tu.get_mnist(folder) if folder == "elsewhere" else tu.get_mnist()
    assert found["train_label"].tolist() == MNIST["train-labels-idx1-ubyte"].tolist() and not server.asked


@pytest.mark.parametrize("damaged", [
    b"", b"\0\0\x08", b"\0\0\x08\x01", b"\0\0\x08\x01\0\0\0\x09abc", b"\0\0\x0d\x01\0\0\0\0", idx(np.ones((2, 2))),
    b"\0\0\x08\xff" + bytes(2000), b"\0\0\x08\x00"], ids=range(8))
def test_get_mnist_damaged(tmp_path, damaged):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(damaged)
    with pytest.raises(mx.MXNetError, match="train-images-idx3-ubyte"):
        tu.get_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").unlink()
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(damaged or gzip.compress(b"x" * 100)[:30])
    with pytest.raises(mx.MXNetError, match=r"train-images-idx3-ubyte\.gz"):
        tu.get_mnist(tmp_path)


def test_archives(server):
    tu.get_mnist_ubyte()
    tu.get_cifar10()
    tu.get_mnist_pkl()
    expected = [*MNIST, *CIFAR, "mnist.zip", "cifar10.zip", "mnist.pkl.gz"]
    assert files() == sorted(f"data/{name}" for name in expected) and len(server.asked) == 3
    tu.get_mnist_ubyte()
    tu.get_cifar10()
    tu.get_mnist_pkl()
    assert len(server.asked) == 3
    os.remove("data/cifar/train.rec")
    tu.get_cifar10()  # from the archive that is there
    assert Path("data/cifar/train.rec").exists() and len(server.asked) == 3


def test_zip_and_bz2(server):
    tu.get_zip_data("z", server.url + "some.zip", "z.zip")
    tu.get_bz2_data("b", "out", server.url + "some.bz2", "b.bz2")
    assert Path("z/in/side.txt").read_text() == "hi" and Path("b/out").read_text() == "data"
    Path("b/out").write_text("mine")
    tu.get_bz2_data("b", "out", server.url + "some.bz2", "b.bz2")
    assert Path("b/out").read_text() == "mine" and files() == ["b/b.bz2", "b/out", "z/in/side.txt", "z/z.zip"]
    with pytest.raises(mx.MXNetError, match="would lie outside"):
        tu.get_zip_data("bad", server.url + "bad.zip", "bad.zip")
    Path("n.zip").write_text("no zip")
    with pytest.raises(mx.MXNetError, match=r"cannot unpack n\.zip"):
        tu.get_zip_data(".", server.url, "n.zip")
    Path("n.bz2").write_text("no bz2")
    with pytest.raises(mx.MXNetError, match=r"cannot unpack n\.bz2"):
        tu.get_bz2_data(".", "n", server.url, "n.bz2")
    assert not Path("n").exists() and not Path("outside").exists()


@pytest.mark.parametrize("shape", [(784,), (1, 28, 28)])
def test_get_mnist_iterator(server, shape):
    train, test = tu.get_mnist_iterator(5, shape)
    assert train.provide_data[0].shape == (5, *shape) and train.provide_label[0].shape == (5,)
    labels = [batch.label[0].asnumpy().astype(int).tolist() for batch in train]
    order = [16, 2, 3, 5, 14, 18, 13, 19, 4, 7, 6, 8, 9, 10, 15, 12, 0, 17, 1, 11]  # as MXNet 1.9.1 shuffles them
    assert functools.reduce(operator.iadd, labels, []) == [n % 10 for n in order] and len(list(test)) == 1
    half, _ = tu.get_mnist_iterator(4, shape, num_parts=2, part_index=1)
    assert len(list(half)) == 2


def test_download_model(server):
    assert tu.download_model("imagenet1k-resnet-18") == ("./imagenet1k-resnet-18", 0)
    assert tu.download_model("mine", "dst", {"mine": {"symbol": server.url + "s", "params": server.url + "p"}}) == \
        ("dst/mine", 0)
    assert files() == ["dst/mine-0000.params", "dst/mine-symbol.json", "imagenet1k-resnet-18-0000.params",
                       "imagenet1k-resnet-18-symbol.json"]
    assert tu.download_model("unheard-of") == (None, 0)
    with pytest.raises(mx.MXNetError, match="does not name the address of its params"):
        tu.download_model("mine2", "dst", {"mine2": {"symbol": server.url + "s"}})


def test_get_im2rec_path(tmp_path, monkeypatch):
    monkeypatch.delenv("MXNET_HOME", raising=False)
    with pytest.raises(mx.MXNetError, match="Could not find path to tools/im2rec.py: MXNET_HOME is not set"):
        tu.get_im2rec_path()
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    with pytest.raises(mx.MXNetError, match="which does not have it"):
        tu.get_im2rec_path()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "im2rec.py").touch()
    assert tu.get_im2rec_path() == str(tmp_path / "tools" / "im2rec.py")
