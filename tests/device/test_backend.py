"""What kernels need around an array module: the same answers on the host and on a GPU."""
from pathlib import Path

import numpy as np
import pytest

import cupynet
from cupynet.device.backend import backend


@pytest.fixture
def place(request, ctx):
    """The backend under test, and functions that bring arrays there and back."""
    device = ctx.device
    device.enter()
    return backend(device.xp), device.from_host, device.to_host


def test_there_is_one_for_each_module(ctx):
    xp = ctx.device.xp
    assert backend(xp) is backend(xp) and backend(xp).kind == ctx.device.kind
    assert (backend(xp).special("erf") is None) == (ctx.device.kind == "cpu")


@pytest.mark.parametrize("dtype, tolerance", [("f2", 1e-2), ("f4", 1e-5), ("f8", 1e-12)])
@pytest.mark.parametrize("shapes", [((3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((3, 4), (2, 4, 5)),
                                    ((70, 300), (300, 200))])
@pytest.mark.parametrize("given", [False, True])
def test_products(place, shapes, dtype, tolerance, given):
    there, bring, back = place
    rng = np.random.RandomState(0)
    a, b = (rng.rand(*shape).astype(dtype) for shape in shapes)
    right = np.matmul(a.astype("f8"), b.astype("f8"))
    out = bring(np.zeros(right.shape, dtype)) if given else None
    found = there.matmul(bring(a), bring(b), out)
    assert found.dtype == dtype and (out is None or found is out)
    np.testing.assert_allclose(back(found), right, tolerance)


def test_half_precision_is_accumulated_in_single(place):
    there, bring, back = place
    ones = bring(np.ones((1, 4096), "f2"))
    assert back(there.matmul(ones, ones.T)) == 4096  # in halves it would stay at 2048
    assert there.working(np.dtype("f4")) == np.float32


def test_whole_numbers_have_products(place):
    there, *_ = place
    if there.kind == "cpu":
        assert there.matmul(np.eye(2, dtype=int), np.ones((2, 2), int)).tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("width", [1, 3])
def test_rows_are_added_also_where_positions_are_equal(place, width):
    there, bring, back = place
    target = bring(np.zeros((4, width), "f4"))
    there.scatter_add(target, bring(np.array([1, 3, 1])), bring(np.arange(3 * width, dtype="f4").reshape(3, width)))
    right = np.zeros((4, width))
    right[1], right[3] = np.arange(width) * 2 + 2 * width, np.arange(width) + width
    np.testing.assert_array_equal(back(target), right)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("given", [False, True])
def test_taking(place, axis, given):
    there, bring, back = place
    x = np.arange(12, dtype="f4").reshape(3, 4)
    right = x.take([2, 0], axis)
    out = bring(np.zeros_like(right)) if given else None
    np.testing.assert_array_equal(back(there.take(bring(x), bring(np.array([2, 0])), axis, out)), right)


def test_pieces(place):
    there, _, _ = place
    assert there.piece(5, 100) == (5 if there.pieces else 100)
    assert [i for part in there.split(7, range) for i in part] == list(range(7))
    assert there.scratch("test", (3, 2), np.float32).shape == (3, 2)


def test_operators_do_not_ask_which_module_they_have():
    """What differs between places is the backend's."""
    for path in (Path(cupynet.__file__).parent / "ops").rglob("*.py"):
        text = path.read_text()
        for question in ("xp is np", "xp is not np", "cupyx"):
            assert question not in text, path
