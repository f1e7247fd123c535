"""Write small ``.params`` files with MXNet 1.9.1 for the tests, and let MXNet read what our writer makes.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/params.py

The files and ``expected.json`` (what MXNet says is in them) go to ``tests/data/params/``.
"""
import json
import struct
import sys
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "params"
for package in ("cupynet", "cupynet.ndarray"):  # without their __init__: MXNet's environment is too old for the rest
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = [str(ROOT.joinpath(*package.split(".")))]
from cupynet.ndarray import serialization  # noqa: E402

MATRIX = np.array([[1, 2, 3], [4, 5, 6]], "float32")
DTYPES = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool")
BFLOAT16 = next(dtype for dtype, flag in mx.ndarray.ndarray._DTYPE_NP_TO_MX.items() if flag == 12)


def container(*records):
    return struct.pack("<3Q", 0x112, 0, len(records)) + b"".join(records) + struct.pack("<Q", 0)


def tail(array, flag):
    """What every version has after the shape: context, data type, elements."""
    return struct.pack("<3i", 1, 0, flag) + array.tobytes()


def v0(array, flag=0):
    return struct.pack(f"<I{array.ndim}I", array.ndim, *array.shape) + tail(array, flag)


def v1(array, flag=0):
    return struct.pack(f"<Ii{array.ndim}q", 0xF993FAC8, array.ndim, *array.shape) + tail(array, flag)


def written_by_mxnet():
    nd = mx.nd
    by_dtype = {dtype: nd.array([0, 1, 3], dtype=dtype) for dtype in DTYPES}
    csr = nd.sparse.csr_matrix(([1, 2, 3], [0, 1, 1], [0, 2, 2, 3]), shape=(3, 4))
    rows = nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [0, 2]), shape=(4, 2))
    return {
        "single": nd.array(MATRIX),
        "list": [nd.array(MATRIX), nd.array([7]), nd.ones((1, 2, 1, 2))],
        "dict": {"arg:fc1_weight": nd.array(MATRIX), "aux:bn_moving_var": nd.ones((3,)), "a": nd.zeros((2,))},
        "dtypes": by_dtype,
        "special": [nd.array([np.inf, -np.inf, np.nan, -0.0, 1e-45]), nd.array([65504, 6e-8], dtype="float16")],
        "utf8": {"weight \u00fc\u4e2d\U0001f600": nd.array([1, 2]), "": nd.array([3])},
        "empty_list": [],
        "zero_size": [nd.array(np.zeros((0, 3))), nd.array([])],
        "sparse": {"csr": csr, "rows": rows, "dense": nd.array([5]), "csr64": csr.astype("float64"),
                   "rows4d": nd.sparse.row_sparse_array((np.ones((1, 2, 1, 2)), [1]), shape=(3, 2, 1, 2))},
        "sparse_empty": [nd.sparse.zeros("csr", (3, 2)), nd.sparse.zeros("row_sparse", (3, 2))],
    }


def describe(path):
    """Return what MXNet finds in a file."""
    loaded = mx.nd.load(str(path))
    names, arrays = ([], loaded) if isinstance(loaded, list) else (list(loaded), list(loaded.values()))
    found = []
    for array in arrays:
        values = array.asnumpy()
        if values.dtype == BFLOAT16:
            values = (values.view("uint16").astype("uint32") << 16).view("float32")
        found.append({"stype": array.stype, "shape": array.shape, "values": values.tolist(),
                      "dtype": "bfloat16" if array.dtype == BFLOAT16 else np.dtype(array.dtype).name})
        aux = {"csr": ("indptr", "indices"), "row_sparse": ("indices",)}.get(array.stype, ())
        found[-1]["aux"] = [getattr(array, name).asnumpy().tolist() for name in aux]
    return {"names": names, "arrays": found}


def make():
    DATA.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, arrays in written_by_mxnet().items():
        mx.nd.save(str(DATA / f"{name}.params"), arrays)
    dense = bytearray((DATA / "single.params").read_bytes())
    dense[24 + 12 + 16:24 + 12 + 24] = struct.pack("<2i", 2, 3)
    bfloat16 = struct.pack("<2iiq", 0xF993FAC9 - 2**32, 0, 1, 2) + tail(np.array([0x3FC0, 0xC020], "uint16"), 12)
    handmade = {
        "gpu": bytes(dense),
        "v0": container(v0(MATRIX), v0(np.array([1, 2], "int64"), 6)),
        "v1": container(v1(MATRIX), v1(np.array([1, 2], "int64"), 6)),
        "mixed": container(v0(MATRIX), v1(MATRIX), (DATA / "single.params").read_bytes()[24:-8]),
        "bfloat16": container(bfloat16),
    }
    for name, data in handmade.items():
        (DATA / f"{name}.params").write_bytes(data)
    for path in sorted(DATA.glob("*.params")):
        if path.stem not in ("v3", "none"):
            expected[path.stem] = describe(path)
    # no array: MXNet's core reads it, but its Python side has no name for the storage type of nothing
    (DATA / "none.params").write_bytes(container(struct.pack("<Iii", 0xF993FAC9, 0, 0)))
    (DATA / "record.bin").write_bytes(bytes(mx.nd.array(MATRIX).__getstate__()["handle"]))
    with mx.util.np_shape(True), mx.util.np_array(True):
        arrays = {"scalar": mx.np.array(3.5), "none": mx.np.zeros((0, 3)), "matrix": mx.np.array(MATRIX),
                  "bool": mx.np.array([True, False], dtype="bool")}
        mx.npx.save(str(DATA / "v3.params"), arrays)
        expected["v3"] = describe(DATA / "v3.params")
    (DATA / "expected.json").write_text(json.dumps(expected, indent=1))
    print(f"{len(list(DATA.iterdir()))} files -> {DATA}")


def check_writer():
    """MXNet reads what our writer makes, and finds the same."""
    expected = json.loads((DATA / "expected.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        for name, wanted in expected.items():
            path = Path(folder, "ours")
            if name == "bfloat16":
                continue  # needs ml_dtypes, which needs a newer NumPy
            path.write_bytes(serialization.dump(*serialization.load((DATA / f"{name}.params").read_bytes()),
                                                np_shape=name == "v3"))
            with mx.util.np_shape(name == "v3"):
                found = json.loads(json.dumps(describe(path)))
            assert repr(found) == repr(wanted), f"{name}: MXNet finds {found}"  # repr: nan is not equal to itself
        ours = [serialization.Record(array) for array in (
            np.arange(24, dtype="float32").reshape(2, 3, 4).transpose(2, 0, 1), MATRIX[:, ::2], MATRIX.astype(">f8"))]
        path.write_bytes(serialization.dump(ours, ["transposed", "strided", "big endian"]))
        loaded = mx.nd.load(str(path))
        for record, (name, array) in zip(ours, loaded.items()):
            assert (array.asnumpy() == record.array).all(), name
    print("MXNet reads our files")


if __name__ == "__main__":
    make()
    check_writer()
