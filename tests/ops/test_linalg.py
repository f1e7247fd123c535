"""Linear algebra: what samples cannot show."""
import numpy as np
import pytest
from samples import rand

from cupynet import device
from cupynet.base import MXNetTypeError, MXNetValueError
from cupynet.ops import catalog
from cupynet.ops.gradient import RawFunctions
from cupynet.ops.infer import infer_shapes, infer_types

F = RawFunctions(device.get("cpu", 0))


@pytest.mark.parametrize("name, ins, attrs, message", [
    ("potrf", [(2, 3)], {}, r"A has shape \(2, 3\); expected square"),
    ("potrf", [(3,)], {}, "expected square"),
    ("gelqf", [(3, 2)], {}, "no more rows than columns"),
    ("gemm2", [(2, 3), (2, 3)], {}, "expected op"),
    ("gemm2", [(2, 3), (3, 2)], {"axis": 1}, "axis=1"),
    ("gemm", [(2, 3), (3, 4), (2, 5)], {}, r"C has shape \(2, 5\), expected \(2, 4\)"),
    ("trsm", [(3, 3), (2, 4)], {}, r"A has shape \(3, 3\), expected \(2, 2\)"),
    ("trmm", [(3, 3), (3, 4)], {"rightside": True}, r"expected \(4, 4\)"),
    ("maketrian", [(2, 5)], {}, "has length 5"),
    ("extractdiag", [(3, 3)], {"offset": 3}, "offset is 3"),
])
def test_mistakes_are_named(name, ins, attrs, message):
    op = catalog.get(f"linalg_{name}")
    with pytest.raises(MXNetValueError, match=message):
        infer_shapes(op, op.parse(attrs), list(ins), [None] * len(op.outputs))


def test_only_floating_point_will_do():
    op = catalog.get("_linalg_potrf")
    with pytest.raises(MXNetTypeError, match="A has dtype int32; expected float32 or float64"):
        infer_types(op, op.parse({}), [np.dtype("int32")], [None])


def test_eigenvectors_have_a_sign():
    a = rand(5, 4, 4, dtype="float64")
    u, values = F._linalg_syevd(a + a.swapaxes(1, 2))
    largest = np.take_along_axis(u, np.abs(u).argmax(-1)[..., None], -1)
    assert (largest > 0).all() and (np.diff(values) > 0).all()


@pytest.mark.parametrize("side", [1, 4])
@pytest.mark.parametrize("offset", [0, 1, -2])
@pytest.mark.parametrize("lower", [True, False])
def test_packing_is_the_inverse_of_unpacking(side, offset, lower):
    packed = np.arange(1, side * (side + 1) // 2 + 1, dtype="float32")
    matrix = F._linalg_maketrian(packed, offset=offset, lower=lower)
    assert matrix.shape == (side + abs(offset),) * 2
    np.testing.assert_array_equal(F._linalg_extracttrian(matrix, offset=offset, lower=lower), packed)
    upper = offset > 0 or (offset == 0 and not lower)
    np.testing.assert_array_equal(np.triu(matrix, offset) if upper else np.tril(matrix, offset), matrix)
