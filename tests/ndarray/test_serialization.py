"""The ``.params`` container: files that MXNet 1.9.1 wrote, round trips, damage and hostility."""
from __future__ import annotations

import json
import os
import random
import re
import stat
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from cupynet.base import MXNetError
from cupynet.ndarray.serialization import Record, dump, dump_one, load, load_one, write_file

DATA = Path(__file__).parents[1] / "data" / "params"
EXPECTED = json.loads((DATA / "expected.json").read_text())
FILES = {path.stem: path.read_bytes() for path in sorted(DATA.glob("*.params"))}
V2, V3 = 0xF993FAC9, 0xF993FACA
try:
    import ml_dtypes
except ImportError:
    ml_dtypes = None
READABLE = [name for name in FILES if name != "bfloat16" or ml_dtypes]


def container(*records, names=0):
    return struct.pack("<3Q", 0x112, 0, len(records)) + b"".join(records) + struct.pack("<Q", names)


def shape(*lengths):
    return struct.pack(f"<i{len(lengths)}q", len(lengths), *lengths)


def densified(record):
    if record.stype == "default":
        return record.array
    dense = np.zeros(record.shape, record.array.dtype)
    if record.stype == "row_sparse":
        dense[record.aux[0]] = record.array
    else:
        indptr, indices = record.aux
        dense[np.repeat(np.arange(record.shape[0]), np.diff(indptr)), indices] = record.array
    return dense


def same(left, right):
    assert (left.stype, left.shape, left.dev_type, left.dev_id) == (
        right.stype, right.shape, right.dev_type, right.dev_id)
    assert len(left.aux) == len(right.aux)
    for a, b in zip((left.array, *left.aux), (right.array, *right.aux)):
        assert (a is None and b is None) or (
            (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()))


# ---- what MXNet wrote ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in READABLE if name != "none"])
def test_reads_what_mxnet_wrote(name):
    records, names = load(FILES[name])
    expected = EXPECTED[name]
    assert names == expected["names"]
    assert len(records) == len(expected["arrays"])
    for record, wanted in zip(records, expected["arrays"]):
        assert (record.stype, list(record.shape), record.array.dtype.name) == (
            wanted["stype"], wanted["shape"], wanted["dtype"])
        values = np.array(wanted["values"], record.array.dtype).reshape(wanted["shape"])
        np.testing.assert_array_equal(densified(record), values)
        assert [aux.tolist() for aux in record.aux] == wanted["aux"]
        assert record.array.flags.writeable and record.array.flags.c_contiguous and record.array.flags.aligned


def test_reads_none_and_context():
    (record,), names = load(FILES["none"])
    assert record.array is None and record.shape == () and names == []
    (record,), _ = load(FILES["gpu"])
    assert (record.dev_type, record.dev_id) == (2, 3)


@pytest.mark.parametrize("name", [name for name in READABLE if name not in ("v0", "v1", "mixed")])
def test_writes_the_bytes_of_mxnet(name):
    assert dump(*load(FILES[name]), np_shape=name == "v3") == FILES[name]


def test_single_record_of_a_pickle():
    data = (DATA / "record.bin").read_bytes()
    record = load_one(bytearray(data))
    np.testing.assert_array_equal(record.array, [[1, 2, 3], [4, 5, 6]])
    assert dump_one(record) == data
    for end in range(len(data)):
        with pytest.raises(MXNetError):
            load_one(data[:end])


@pytest.mark.skipif(ml_dtypes is not None, reason="ml_dtypes is installed")
def test_bfloat16_without_its_package():
    with pytest.raises(MXNetError, match=r"array 0.*unknown data type flag 12.*ml_dtypes.*byte 52"):
        load(FILES["bfloat16"])


# ---- round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool",
                                   "int16", "uint16", "uint32", "uint64"])
@pytest.mark.parametrize("form", [(), (1,), (0,), (3, 0, 2), (2, 3), (2,) * 32], ids=str)
def test_round_trip(dtype, form):
    array = np.random.RandomState(0).uniform(-5, 5, form).astype(dtype)[...] if form != (2,) * 32 else None
    if array is None:
        array = np.broadcast_to(np.zeros((), dtype), (1,) * 32)
    record = Record(array, 2, 1)
    (found,), names = load(dump([record]))
    assert names == []
    same(record, found)
    same(record, load_one(dump_one(record)))
    assert struct.unpack("<I", dump_one(record)[:4])[0] == (V2 if array.ndim else V3)


def test_round_trip_of_layouts():
    base = np.arange(24, dtype="float32").reshape(2, 3, 4)
    arrays = [base.T, base[:, ::2, ::-1], np.asfortranarray(base), base.astype(">f4"),
              np.broadcast_to(np.float32(2), (3, 2))]
    records, _ = load(dump(map(Record, arrays)))
    for record, array in zip(records, arrays):
        np.testing.assert_array_equal(record.array, array)
        assert record.array.dtype == "float32"


def test_reads_from_any_buffer():
    data = dump([Record(np.arange(4.0))], ["name"])
    for buffer in (data, bytearray(data), memoryview(data), np.frombuffer(data, "uint8"), np.frombuffer(data, "int32")):
        records, names = load(buffer)
        assert names == ["name"] and records[0].array.tolist() == [0, 1, 2, 3]
    scratch = bytearray(data)
    records, _ = load(scratch)
    scratch[:] = bytes(len(scratch))
    assert records[0].array.tolist() == [0, 1, 2, 3]
    with pytest.raises(MXNetError, match="cannot read arrays from str"):
        load("text")


def test_truth_values_are_zero_or_one():
    data = struct.pack("<Ii", V2, 0) + shape(3) + struct.pack("<3i", 1, 0, 7) + b"\0\1\xff"
    assert load_one(data).array.view("uint8").tolist() == [0, 1, 1]


@pytest.mark.parametrize("bad, message", [
    (lambda: dump([Record(np.ones(2))], ["a", "b"]), "2 names for 1 arrays"),
    (lambda: dump([Record(np.ones(2))], [3]), "expected a str"),
    (lambda: dump([Record(np.ones(2))], ["\ud800"]), "cannot be written as UTF-8"),
    (lambda: dump([Record(np.ones(2, "complex64"))]), "complex64"),
    (lambda: dump([Record(np.ones(2), shape=(3,))]), "shape"),
    (lambda: dump([Record(np.ones(2), stype="coo")]), "coo"),
    (lambda: dump([Record(np.ones(2), stype="csr", shape=(2, 2))]), "0 index arrays"),
    (lambda: dump([Record(np.ones((1,) * 33))]), "33 axes"),
])
def test_refuses_to_write(bad, message):
    with pytest.raises(MXNetError, match=message):
        bad()


# ---- damage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READABLE)
def test_truncation_at_every_byte(name):
    data = FILES[name]
    for end in range(len(data)):
        with pytest.raises(MXNetError, match=r"Invalid NDArray file format.*at byte \d+"):
            load(data[:end])
    with pytest.raises(MXNetError, match=f"1 bytes follow the end .at byte {len(data)}"):
        load(data + b"\0")


def is_sound(records, names):
    """Whether what was read is whole: it can be written, and reads the same again."""
    again, same_names = load(dump(records, names))
    assert names == same_names
    for left, right in zip(records, again):
        same(left, right)
        if left.array is not None and np.prod(left.shape, dtype="float64") < 1e6:  # sparse ones can be vast
            densified(left)


@pytest.mark.parametrize("name", READABLE)
def test_flipped_bits(name):
    rng, data = random.Random(name), FILES[name]
    refused = 0
    places = [[place] for place in range(8 * len(data))]  # each bit, then some at once
    places += [rng.sample(range(8 * len(data)), rng.randint(2, 6)) for _ in range(500)]
    for bits in places:
        damaged = bytearray(data)
        for bit in bits:
            damaged[bit // 8] ^= 1 << bit % 8
        try:
            found = load(damaged)
        except MXNetError:
            refused += 1
        else:
            is_sound(*found)
    assert refused


def test_random_bytes():
    rng = random.Random(3)
    for _ in range(3000):
        noise = rng.randbytes(rng.randint(0, 80))
        for data in (noise, struct.pack("<3Q", 0x112, 0, rng.randint(0, 3)) + noise):
            with pytest.raises(MXNetError):
                load(data)


HUGE = 1 << 62
HEAD = struct.pack("<3i", 1, 0, 0)  # cpu(0), float32
ROWS, CSR = struct.pack("<Ii", V2, 1), struct.pack("<Ii", V2, 2)
DENSE = struct.pack("<Ii", V2, 0)
INT64 = struct.pack("<i", 6)
HOSTILE = {
    "nothing": (b"", "the magic number needs 8 bytes, but only 0 are left .at byte 0"),
    "magic": (struct.pack("<3Q", 0x113, 0, 0), "the magic number is 0x113; expected 0x112 .at byte 0"),
    "npz": (b"PK\3\4" + bytes(30), "zip or .npz"),
    "npy": (b"\x93NUMPY" + bytes(30), ".npy file"),
    "many arrays": (struct.pack("<4Q", 0x112, 0, HUGE, 0), f"{HUGE} arrays are announced.*at byte 16"),
    "many names": (container(names=HUGE), f"{HUGE} names are announced.*at byte 24"),
    "too few names": (container(DENSE + shape(), DENSE + shape(), names=1) + struct.pack("<Q", 0),
                      "1 names for 2 arrays.*at byte 48"),
    "long name": (container(DENSE + shape(), names=1) + struct.pack("<Q", HUGE) + b"x", "name 0.*bytes are announced"),
    "not utf-8": (container(DENSE + shape(), names=1) + struct.pack("<Q", 1) + b"\xff", "name 0.*not UTF-8.*byte 44"),
    "same name": (container(DENSE + shape(), DENSE + shape(), names=2) + 2 * (struct.pack("<Q", 1) + b"a"),
                  "'a' is the name of array 0 already"),
    "version": (container(struct.pack("<I", 0xF993FACB)), "array 0: the first word is 0xf993facb"),
    "storage type": (container(struct.pack("<Ii", V2, 3)), "unknown storage type 3 .at byte 28"),
    "sparse V3": (container(struct.pack("<Ii", V3, 1)), "unknown storage type 1"),
    "axes of V0": (container(struct.pack("<I", 33) + bytes(200)), "the first word is 0x21"),
    "axes": (container(DENSE + struct.pack("<i", 33) + bytes(300)), "33 axes; expected 0 to 32 .at byte 32"),
    "negative axes": (container(DENSE + struct.pack("<i", -1)), "-1 axes"),
    "large": (container(DENSE + shape(1 << 40) + HEAD), rf"\({1 << 40},\).*needs {1 << 42} bytes, but only 8"),
    "overflow": (container(DENSE + shape(1 << 40, 1 << 40) + HEAD), "impossible shape"),
    "overflow to little": (container(DENSE + shape(1 << 32, 1 << 32, 4) + HEAD), "impossible shape"),
    "overflow beside zero": (container(DENSE + shape(0, HUGE, HUGE) + HEAD), "impossible shape"),
    "large V0": (container(struct.pack("<5I", 4, *[2**32 - 1] * 4) + HEAD), "impossible shape"),
    "negative length": (container(DENSE + shape(-1) + HEAD), "impossible shape"),
    "negative V3": (container(struct.pack("<Ii", V3, 0) + shape(-2) + HEAD), "impossible shape"),
    "context": (container(DENSE + shape(1) + struct.pack("<4i", 9, 0, 0, 0)), r"no context .*\(9, 0\).*byte 44"),
    "device": (container(DENSE + shape(1) + struct.pack("<4i", 1, -1, 0, 0)), r"no context .*\(1, -1\)"),
    "data type": (container(DENSE + shape(1) + struct.pack("<4i", 1, 0, 99, 0)), "flag 99.*byte 52"),
    "rows do not fit": (container(ROWS + shape(2, 3) + shape(9, 3) + HEAD + INT64 + shape(1)
                                  + bytes(24) + bytes(8)), "1 indices do not fit stored rows"),
    "row outside": (container(ROWS + shape(1, 1) + shape(9, 1) + HEAD + INT64 + shape(1) + bytes(4)
                              + struct.pack("<q", 9)), "an index is outside 0 to 8 .at byte"),
    "row of negative index": (container(ROWS + shape(1, 1) + shape(9, 1) + HEAD + INT64 + shape(1) + bytes(4)
                                        + struct.pack("<q", -1)), "an index is outside"),
    "huge sparse": (container(ROWS + shape(0, HUGE) + shape(HUGE, HUGE) + HEAD + INT64 + shape(0)), "impossible shape"),
    "index type": (container(ROWS + shape(1, 1) + shape(9, 1) + HEAD + struct.pack("<i", 0) + shape(1) + bytes(8)),
                   "of an integer type"),
    "csr of one axis": (container(CSR + shape(0) + shape(4) + HEAD + 2 * (INT64 + shape(0))), "expected two axes"),
    "csr without indptr": (container(CSR + shape(0) + shape(4, 2) + HEAD + 2 * (INT64 + shape(0))),
                           "indptr has 0 elements; expected 5"),
    "csr of falling indptr": (container(CSR + shape(1) + shape(2, 2) + HEAD + INT64 + shape(3) + INT64 + shape(1)
                                        + bytes(4) + struct.pack("<3q", 0, 2, 1) + bytes(8)), "indptr does not lead"),
    "csr column outside": (container(CSR + shape(1) + shape(2, 2) + HEAD + INT64 + shape(3) + INT64 + shape(1)
                                     + bytes(4) + struct.pack("<4q", 0, 1, 1, 2)), "an index is outside 0 to 1"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name):
    data, message = HOSTILE[name]
    tracemalloc.start()
    try:
        with pytest.raises(MXNetError, match="Invalid NDArray file format: .*" + message):
            load(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


# ---- files ---------------------------------------------------------------------------------------


def test_write_file(tmp_path):
    path = tmp_path / "x.params"
    write_file(path, b"one")
    assert path.read_bytes() == b"one"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o640)
    write_file(str(path), b"two")
    assert path.read_bytes() == b"two" and stat.S_IMODE(path.stat().st_mode) == 0o640
    link = tmp_path / "link"
    link.symlink_to(path)
    write_file(link, b"three")
    assert link.is_symlink() and path.read_bytes() == b"three"
    write_file(os.devnull, b"gone")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "x.params"]


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "x.params"
    write_file(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(MXNetError, match=re.escape(f"cannot write {path}: No space left on device")):
        write_file(path, b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["x.params"] and path.read_bytes() == b"old"


def test_write_file_where_it_cannot_be(tmp_path):
    for path in (tmp_path / "none" / "x", tmp_path, "a\0b"):
        with pytest.raises(MXNetError, match="cannot write"):
            write_file(path, b"")
    assert list(tmp_path.iterdir()) == []
