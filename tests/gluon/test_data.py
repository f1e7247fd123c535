"""DataLoader with workers, and datasets that lie in files."""
import gzip
import os
import signal
import struct
import tarfile
import time

import numpy as np
import pytest

import cupynet as mx
from cupynet.gluon import data

TEN = data.SimpleDataset(list(range(10)))


def values(loader):
    return [batch.asnumpy().tolist() for batch in loader]


@pytest.mark.parametrize("threads", [False, True])
def test_workers_give_the_same_batches_in_order(threads):
    loader = data.DataLoader(TEN, 3, num_workers=2, thread_pool=threads)
    for _ in range(2):
        assert values(loader) == values(data.DataLoader(TEN, 3))


def test_large_arrays_come_through_shared_memory_which_is_given_back():
    images = np.random.RandomState(0).uniform(size=(64, 3, 32, 32)).astype("float32")
    loader = data.DataLoader(data.ArrayDataset(images, np.arange(64)), 16, num_workers=2)
    folder = loader._folder or ""
    kept = list(loader)
    folder = loader._folder
    assert not os.listdir(folder)
    for x, y in kept:
        assert x.context == mx.Context("cpu_shared", 0)
        assert np.array_equal(x.asnumpy(), images[y.asnumpy()])
        assert (x + mx.nd.ones_like(x)).shape == x.shape  # it takes part in operations of the host
    for _ in loader:
        break
    del loader, _
    assert not os.path.exists(folder)
    assert np.array_equal(kept[0][0].asnumpy(), images[:16])  # arrays outlive the loader


@pytest.mark.parametrize("threads", [False, True])
def test_an_error_in_a_worker_is_raised_here(threads):
    def broken(x):
        if x == 7:
            raise ValueError("seven")
        return x
    loader = data.DataLoader(TEN.transform(broken), 5, num_workers=2, thread_pool=threads)
    with pytest.raises(ValueError, match="seven"):
        list(loader)
    with pytest.raises(ValueError, match="seven"):  # and it can be iterated over again
        list(loader)


def test_a_killed_worker_is_reported_and_replaced(tmp_path):
    mark = tmp_path / "killed"

    def once(x):
        if x == 7 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return x
    loader = data.DataLoader(TEN.transform(once), 5, num_workers=2)
    with pytest.raises(mx.MXNetError, match="worker process died"):
        list(loader)
    assert values(loader) == values(data.DataLoader(TEN, 5))


def test_a_slow_worker_is_not_waited_for():
    loader = data.DataLoader(TEN.transform(lambda x: (time.sleep(1), x)[1]), 5, num_workers=1, timeout=0.1)
    with pytest.raises(mx.MXNetError, match=r"timed out after 0.1 seconds"):
        list(loader)


def test_the_next_round_is_begun():
    loader = data.DataLoader(TEN, 5, num_workers=1, auto_reload=True)
    assert loader._ahead is not None
    assert values(loader) == values(data.DataLoader(TEN, 5))
    assert loader._ahead is not None
    loader.clean()
    assert len(list(loader)) == 2


def test_packages_bring_a_pool_of_their_own():
    from multiprocessing import get_context

    from cupynet.gluon.data.dataloader import _MultiWorkerIter, default_batchify_fn
    sampler = data.BatchSampler(data.SequentialSampler(10), 4, "keep")
    with get_context("fork").Pool(2) as pool:
        batches = _MultiWorkerIter(pool, default_batchify_fn, sampler, prefetch=2, dataset=TEN)
        assert len(batches) == 3
        assert values(batches) == values(data.DataLoader(TEN, 4))


def test_batches_of_other_kinds():
    loader = data.DataLoader(TEN, 5, num_workers=1, batchify_fn=lambda each: {"x": np.array(each), "n": len(each)})
    assert [batch["n"] for batch in loader] == [5, 5]
    big = data.DataLoader(data.SimpleDataset([np.zeros((100, 100))] * 4), 2, num_workers=1, batchify_fn=np.stack)
    for batch in big:
        batch += 1  # what came is one's own
        assert batch.shape == (2, 100, 100)


def test_pinned_memory():
    for workers in (0, 1):
        for batch in data.DataLoader(TEN, 5, num_workers=workers, pin_memory=True):
            assert batch.context == mx.cpu_pinned()
            assert (batch + mx.nd.ones_like(batch)).shape == (5,)


def test_records(tmp_path):
    writer = mx.recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), str(tmp_path / "a.rec"), "w")
    for i in range(3):
        writer.write_idx(i, b"record %d" % i)
    writer.close()
    records = data.RecordFileDataset(str(tmp_path / "a.rec"))
    assert len(records) == 3 and records[1] == b"record 1"
    assert list(data.DataLoader(records, 2, num_workers=1, batchify_fn=list)) == [[b"record 0", b"record 1"],
                                                                                 [b"record 2"]]


def idx(path, values):
    header = struct.pack(">I", 2048 + values.ndim) + b"".join(struct.pack(">I", each) for each in values.shape)
    with gzip.open(path, "wb") as file:
        file.write(header + values.astype(np.uint8).tobytes())


def test_digits_that_lie_there(tmp_path):
    draw = np.random.RandomState(0)
    images, labels = draw.randint(0, 256, (5, 28, 28)), draw.randint(0, 10, 5)
    idx(tmp_path / "t10k-images-idx3-ubyte.gz", images)
    idx(tmp_path / "t10k-labels-idx1-ubyte.gz", labels)
    digits = data.vision.MNIST(str(tmp_path), train=False)
    picture, label = digits[3]
    assert picture.shape == (28, 28, 1) and picture.dtype is np.uint8
    assert np.array_equal(picture.asnumpy()[..., 0], images[3])
    assert label == labels[3] and label.dtype == np.int32
    clothes = data.vision.FashionMNIST(str(tmp_path), train=False, transform=lambda x, y: (x.astype("float32"), y + 1))
    assert clothes[0][1] == labels[0] + 1 and len(clothes) == 5
    with gzip.open(tmp_path / "t10k-images-idx3-ubyte.gz", "wb") as file:
        file.write(b"\0" * 1000)
    with pytest.raises(mx.MXNetError, match="damaged"):
        data.vision.MNIST(str(tmp_path), train=False)


@pytest.mark.parametrize("kind, names, before", [("CIFAR10", [f"data_batch_{i}.bin" for i in range(1, 6)], 1),
                                                 ("CIFAR100", ["train.bin"], 2)])
def test_small_pictures_that_lie_there(tmp_path, kind, names, before):
    rows = np.random.RandomState(0).randint(0, 10, (3, 3072 + before)).astype(np.uint8)
    for name in names:
        rows.tofile(tmp_path / name)
    pictures = getattr(data.vision, kind)(str(tmp_path), train=True)
    assert len(pictures) == 3 * len(names)
    picture, label = pictures[1]
    assert np.array_equal(picture.asnumpy(), rows[1, before:].reshape(3, 32, 32).transpose(1, 2, 0))
    assert label == rows[1, 0]
    (tmp_path / names[0]).write_bytes(b"short")
    with pytest.raises(mx.MXNetError, match="damaged"):
        getattr(data.vision, kind)(str(tmp_path), train=True)


def test_without_a_network_the_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_GLUON_REPO", "http://127.0.0.1:9/")
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(mx.MXNetError, match="train-images-idx3-ubyte.gz"):
        data.vision.MNIST(str(tmp_path))
    with pytest.raises(mx.MXNetError, match=r"cifar-10-binary.tar.gz"):
        data.vision.CIFAR10(str(tmp_path))


def test_an_archive_is_unpacked(tmp_path, monkeypatch):
    rows = np.zeros((2, 3073), np.uint8)
    inner = tmp_path / "cifar-10-batches-bin"
    inner.mkdir()
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        for i in range(1, 6):
            rows.tofile(inner / f"data_batch_{i}.bin")
            packed.add(inner / f"data_batch_{i}.bin", f"cifar-10-batches-bin/data_batch_{i}.bin")
    monkeypatch.setattr(data.vision.datasets, "download", lambda url, path, sha1_hash: str(archive))
    assert len(data.vision.CIFAR10(str(tmp_path))) == 10


def test_folders_of_images(tmp_path):
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for i in range(2):
            picture = np.full((4, 6, 3), 40 * i, np.uint8)
            (tmp_path / kind / f"{i}.png").write_bytes(mx.recordio.pack_img(
                mx.recordio.IRHeader(0, 0, 0, 0), picture, img_fmt=".png")[24:])
    (tmp_path / "notes.txt").write_text("no folder")
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    with pytest.warns(UserWarning) as told:
        pictures = data.vision.ImageFolderDataset(str(tmp_path))
    assert {str(each.message).split(",")[0].split(" of type")[0] for each in told} == {
        f"Ignoring {tmp_path / 'notes.txt'}", f"Ignoring {tmp_path / 'cat' / 'notes.txt'}"}
    assert pictures.synsets == ["cat", "dog"] and len(pictures) == 4
    picture, label = pictures[3]
    assert label == 1 and (picture.asnumpy() == 40).all() and picture.shape == (4, 6, 3)
    with pytest.raises(mx.MXNetError, match="cannot read the folder"):
        data.vision.ImageFolderDataset(str(tmp_path / "nowhere"))


def test_records_of_images(tmp_path):
    writer = mx.recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), str(tmp_path / "a.rec"), "w")
    for i in range(3):
        picture = np.full((4, 6, 3), 40 * i, np.uint8)
        writer.write_idx(i, mx.recordio.pack_img(mx.recordio.IRHeader(0, float(i), i, 0), picture, img_fmt=".png"))
    writer.close()
    pictures = data.vision.ImageRecordDataset(str(tmp_path / "a.rec"))
    picture, label = pictures[2]
    assert label == 2 and (picture.asnumpy() == 80).all()
    grey = data.vision.ImageRecordDataset(str(tmp_path / "a.rec"), flag=0, transform=lambda x, y: (x.shape, y))
    assert grey[1] == ((4, 6, 1), 1)
