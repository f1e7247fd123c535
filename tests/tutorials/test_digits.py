"""The tutorial: its data is read carefully, and several devices learn what one device learns."""
import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

TUTORIALS = str(Path(__file__).resolve().parents[2] / "tutorials")


@pytest.fixture(scope="module", autouse=True)
def tutorials_on_the_path():
    sys.path.insert(0, TUTORIALS)
    yield
    sys.path.remove(TUTORIALS)


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder, ending="", sizes=(30, 10)):
    random = np.random.RandomState(0)
    for part, size in zip(("train", "t10k"), sizes):
        for name, array in ((f"{part}-images-idx3-ubyte", random.randint(0, 256, (size, 28, 28))),
                            (f"{part}-labels-idx1-ubyte", random.randint(0, 10, size))):
            content = idx(array.astype(np.uint8))
            (folder / (name + ending)).write_bytes(gzip.compress(content) if ending else content)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_mnist_is_read(tmp_path, ending):
    from digits import load_mnist

    write_mnist(tmp_path, ending)
    digits, held_out = load_mnist(tmp_path)
    assert digits.X.shape == (30, 784)
    assert digits.X.dtype == np.float32
    assert 0 <= digits.X.min() < digits.X.max() <= 1
    assert held_out.Y.shape == (10,)


def damaged(content):
    yield "cut", content[:-1]
    yield "longer", content + b"x"
    yield "empty", b""
    yield "header only", content[:6]
    yield "other type", bytes([0, 0, 13]) + content[3:]
    yield "huge", content[:4] + b"\xff" * 12 + content[16:]
    yield "gzip that is none", b"\x1f\x8b" + content


@pytest.mark.parametrize("kind, broken", list(damaged(idx(np.zeros((2, 28, 28), np.uint8)))), ids=lambda x: str(x)[:20])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_damaged_file_is_refused_by_name(tmp_path, kind, broken, ending):
    from digits import load_mnist

    write_mnist(tmp_path, ending)
    path = tmp_path / f"train-images-idx3-ubyte{ending}"
    path.write_bytes(gzip.compress(broken) if ending and kind != "gzip that is none" else broken)
    with pytest.raises(mx.base.MXNetError, match=path.name):
        load_mnist(tmp_path)


def test_files_that_do_not_fit_together_are_refused(tmp_path):
    from digits import load_mnist

    with pytest.raises(mx.base.MXNetError, match="no MNIST in"):
        load_mnist(tmp_path)
    write_mnist(tmp_path)
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    labels.write_bytes(idx(np.zeros(7, np.uint8)))
    with pytest.raises(mx.base.MXNetError, match=r"10 images but .* 7 labels"):
        load_mnist(tmp_path)
    labels.write_bytes(idx(np.full(10, 11, np.uint8)))
    with pytest.raises(mx.base.MXNetError, match="labels from 0 to 9"):
        load_mnist(tmp_path)


def test_batches_are_a_repeatable_shuffle():
    from digits import Digits

    def batches():
        digits = Digits(np.arange(10.0)[:, None], np.arange(10))
        return [digits.get(4)[1].tolist() for _ in range(4)]
    first = batches()
    assert first == batches()
    assert len(set(first[0] + first[1])) == 8
    assert first[0] != first[2]


def test_several_devices_learn_what_one_learns(ctx, capsys):
    from train_digits import mlp, predict, train, train_on_one

    x, y = np.random.RandomState(0).rand(60, 784).astype("float32"), np.arange(60) % 10
    learned = []
    shape = [60, 784]
    for run in (lambda callback: train_on_one(mlp(), shape, lambda: (x, y), ctx, 11, callback=callback),
                lambda callback: train(mlp(), shape, lambda: (x, y), [mx.cpu(1), ctx], [1, 5], 11,
                                       callback=callback)):
        mx.random.seed(3)
        kept = []
        run(lambda i, acc, exs, kept=kept: kept.append(exs))
        executor = kept[-1][0]
        params = {name: executor.arg_dict[name].asnumpy() for name in mlp().list_arguments() if name.startswith("fc")}
        learned.append((params, predict(mlp(), executor.arg_dict, x, [25, 784], ctx)))
    assert f"workload partition:  [(cpu(1), 10), ({ctx}, 50)]" in capsys.readouterr().out
    for name, value in learned[0][0].items():
        np.testing.assert_allclose(learned[1][0][name], value, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(learned[0][1], learned[1][1])
