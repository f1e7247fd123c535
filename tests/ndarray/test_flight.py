"""Arrays in flight: what waits for the program that uses them, and what does not have to."""
import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from flights import Gate, always, begin

import cupynet as mx
from cupynet.device import streams
from cupynet.ndarray import flight
from cupynet.ndarray.base import wrap

OLD, NEW = [1, 2, 3, 4], [5, 6, 7, 8]


@pytest.fixture(autouse=True)
def cpu(request, monkeypatch):
    always(monkeypatch)
    with mx.cpu(0):
        yield
    mx.nd.waitall()


@pytest.fixture
def gate(monkeypatch):
    return Gate(monkeypatch)


def writing(gate, x):
    """Begin a program that gives `x` new elements."""
    def program(raw):
        gate.stand()
        raw.reshape(-1)[...] = NEW
    assert begin(program, writes=[x])


def plain(x):
    return type(x) is mx.nd.NDArray


def pickled(x):
    return pickle.loads(pickle.dumps(x)).asnumpy()


def out_of(x):
    y = mx.nd.zeros((4,))
    mx.nd.elemwise_add(x, x, out=y)
    return y.asnumpy() / 2


def gradient_of_sum(head):
    y = mx.nd.ones((4,))
    y.attach_grad()
    with mx.autograd.record():
        z = y * 1
    z.backward(head)
    return y.grad.asnumpy()


READS = {
    "asnumpy": lambda x: x.asnumpy(),
    "operator": lambda x: (x + 0).asnumpy(),
    "reflected": lambda x: (0 + x).asnumpy(),
    "second operand": lambda x: (mx.nd.zeros((4,)) + x).asnumpy(),
    "both operands": lambda x: ((x + x) / 2).asnumpy(),
    "NumPy operand": lambda x: (np.zeros(4, "f4") + x).asnumpy(),
    "function": lambda x: mx.nd.concat(x, x, dim=0).asnumpy()[4:],
    "out": out_of,
    "item": lambda x: np.array([x[i].asscalar() for i in range(4)]),
    "slice": lambda x: x[0:4].asnumpy(),
    "step": lambda x: x[::-1].asnumpy()[::-1],
    "fancy": lambda x: x[[0, 1, 2, 3]].asnumpy(),
    "as a key": lambda x: mx.nd.arange(10)[x].asnumpy(),
    "as a value": lambda x: (y := mx.nd.zeros((4,)), y.__setitem__(slice(None), x))[0].asnumpy(),
    "iteration": lambda x: np.array([float(each) for each in x]),
    "reshape": lambda x: x.reshape(2, 2).asnumpy().ravel(),
    "detach": lambda x: x.detach().asnumpy(),
    "copy": lambda x: x.copy().asnumpy(),
    "copyto": lambda x: x.copyto(mx.nd.zeros((4,))).asnumpy(),
    "other context": lambda x: x.as_in_context(mx.cpu(1)).asnumpy(),
    "to other context": lambda x: x.copyto(mx.nd.zeros((4,), mx.cpu(1))).asnumpy(),
    "array": lambda x: mx.nd.array(x).asnumpy(),
    "astype": lambda x: x.astype("int32").asnumpy(),
    "np.asarray": np.asarray,
    "np.array": np.array,
    "ufunc": lambda x: np.add(x, 0).asnumpy(),
    "ufunc method": lambda x: np.add.accumulate(x).asnumpy() - [0, 5, 11, 18],
    "NumPy function": lambda x: np.concatenate([x, x]).asnumpy()[4:],
    "dlpack": np.from_dlpack,
    "capsule": lambda x: mx.nd.from_dlpack(x.to_dlpack_for_read()).asnumpy(),
    "pickle": pickled,
    "deepcopy": lambda x: copy.deepcopy(x).asnumpy(),
    "wait_to_read": lambda x: (x.wait_to_read(), x._data)[1],
    "waitall": lambda x: (mx.nd.waitall(), x._data)[1],
    "tolist": lambda x: np.array(x.tolist()),
    "repr": lambda x: np.array(repr(x).split("[")[1].split("]")[0].replace(".", "").split(), int),
    "attach_grad": lambda x: (x.attach_grad(), x._data)[1],
    "custom head": gradient_of_sum,
}


@pytest.mark.parametrize("how", READS)
def test_reading_waits(gate, how):
    x = mx.nd.array(OLD)
    writing(gate, x)
    np.testing.assert_array_equal(READS[how](x), NEW)


@pytest.mark.parametrize("how", READS)
@pytest.mark.parametrize("view", ["detach", "reshape", "slice", "part", "NumPy"])
def test_reading_what_shares_the_memory_waits(gate, view, how):
    x = mx.nd.array(OLD)
    other = {"detach": x.detach, "reshape": lambda: x.reshape(2, 2).reshape(4), "slice": lambda: x[0:4],
             "part": lambda: mx.nd.array([OLD, OLD])[1], "NumPy": lambda: np.ravel(x)}[view]()
    if view == "part":
        x = other.reshape(4)
    writing(gate, x)
    np.testing.assert_array_equal(READS[how](other), NEW)


def test_reading_the_whole_of_what_a_program_writes_a_part_of_waits(gate):
    x = mx.nd.array([OLD, OLD])
    writing(gate, x[1])
    np.testing.assert_array_equal(x.asnumpy(), [OLD, NEW])


def set_all(x):
    x[:] = 0


def add(x):
    x += 1


def out_to(x):
    mx.nd.elemwise_add(mx.nd.ones((4,)), mx.nd.ones((4,)), out=x)


WRITES = {
    "all": set_all, "item": lambda x: x.__setitem__(2, 0), "fancy": lambda x: x.__setitem__([1, 3], 0), "in place": add,
    "out": out_to, "copyto": lambda x: mx.nd.zeros((4,)).copyto(x), "through a view": lambda x: set_all(x[1:2]),
    "ufunc out": lambda x: np.add(x, 1, out=x), "update": lambda x: mx.nd.sgd_update(x, x, lr=1, out=x),
    "from elsewhere": lambda x: mx.nd.zeros((4,), mx.cpu(1)).copyto(x),
    "dlpack": lambda x: set_all(mx.nd.from_dlpack(x)),
    "NumPy": lambda x: set_all(np.asarray(x)), "uniform": lambda x: mx.nd.random.uniform(shape=(4,), out=x),
}


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("where", ["itself", "detached", "part"])
def test_writing_waits_for_a_program_that_reads(gate, how, where):
    x = mx.nd.array([OLD, OLD])[1] if where == "part" else mx.nd.array(OLD)
    target = x.detach() if where == "detached" else x
    seen = []

    def program(raw, out):
        gate.stand()
        seen.append(raw.tolist())
    assert begin(program, reads=[x], writes=[mx.nd.zeros((1,))])
    WRITES[how](target)
    assert seen == [OLD]


@pytest.mark.parametrize("how", WRITES)
def test_writing_waits_for_a_program_that_writes(gate, how):
    x, y = mx.nd.array(OLD), mx.nd.array(NEW)
    writing(gate, x)
    mx.random.seed(1)
    WRITES[how](x)
    mx.random.seed(1)
    WRITES[how](y)
    np.testing.assert_array_equal(x.asnumpy(), y.asnumpy())


def test_what_is_known_before_does_not_wait(gate):
    x = mx.nd.array([OLD, OLD])[1].reshape(2, 2)
    writing(gate, x)
    assert not plain(x)
    assert x.shape == (2, 2) and x.size == 4 and x.ndim == 2 and x.dtype is np.float32 and x.context == mx.cpu(0)
    assert x.stype == "default" and x.grad is None and isinstance(x, mx.nd.NDArray) and x.__class__ is mx.nd.NDArray
    assert not isinstance(x, (int, np.ndarray)) and hash(x) and type(x).__name__ == "NDArray"
    assert not gate.is_open
    assert x.asnumpy().ravel().tolist() == NEW and plain(x)


def test_ready_arrays_are_plain_again(gate):
    x, y = mx.nd.array(OLD), mx.nd.array(OLD)
    view = x[1:3]
    writing(gate, x)
    assert not plain(x) and not plain(view) and plain(y)
    assert type(mx.nd.NDArray._data).__name__ == "member_descriptor"
    x.wait_to_read()
    view.wait_to_read()
    assert plain(x) and plain(view) and not streams.flying


def test_several_programs_on_one_array(gate):
    x = mx.nd.zeros((1,))
    for i in range(5):
        def program(raw, i=i):
            gate.stand()
            raw[...] = raw * 2 + i
        assert begin(program, writes=[x])
    assert float(x) == 26 and plain(x)


def test_programs_of_several_contexts_that_share_memory_take_turns():
    """Memory that is known on two contexts is used by one at a time."""
    order = []
    x = mx.nd.zeros((1,))
    y = flight.note(wrap(flight.note(x)._data, mx.cpu(1)))
    for i in range(20):
        array = (x, y)[i % 2]
        assert begin(lambda raw, i=i: order.append(i), writes=[array])
    mx.nd.waitall()
    assert order == list(range(20))


def test_gradients_wait_for_what_the_tape_has_kept(gate):
    x, w = mx.nd.array(OLD), mx.nd.ones((4,))
    w.attach_grad()
    with mx.autograd.record():
        y = w * x  # keeps x
    writing(gate, x)
    y.backward()
    assert w.grad.asnumpy().tolist() == NEW


def test_gradients_of_a_cached_op_wait_for_its_inputs(gate):
    x, w = mx.nd.array(OLD), mx.nd.ones((4,))
    w.attach_grad()
    net = mx.nd.CachedOp(mx.sym.Variable("x") * mx.sym.Variable("w"))
    with mx.autograd.record():
        y = net(x, w)
    writing(gate, x)
    y.backward()
    assert w.grad.asnumpy().tolist() == NEW


def test_gradients_wait_for_their_arrays(gate):
    x = mx.nd.array(OLD)
    x.attach_grad()
    with mx.autograd.record():
        y = x * 2
    writing(gate, x.grad)
    y.backward()
    assert x.grad.asnumpy().tolist() == [2] * 4


def test_others_see_no_memory_in_flight():
    """As long as another library sees an array, programs that use it run in turn."""
    x, out = mx.nd.array(OLD), mx.nd.zeros((4,))

    def copies():
        return begin(lambda a, b: b.__setitem__(..., a), reads=[x], writes=[out])
    assert copies()
    for see in (np.asarray, lambda x: np.asarray(x)[1:], lambda x: np.from_dlpack(x)[1:],
                lambda x: x.to_dlpack_for_read()):
        seen = see(x)
        assert not copies() and out.asnumpy().tolist() == OLD
        del seen
        gc.collect()
        assert copies()
    np.asarray(x)[0] = 9  # shares memory, as ever
    assert copies() and out.asnumpy().tolist() == [9, 2, 3, 4]
    theirs = np.ones(4, "f4")
    for array in (mx.nd.from_numpy(theirs), mx.nd.from_dlpack(np.ones(4, "f4")).reshape(4)):
        assert not begin(lambda a: None, writes=[array]) and plain(array)


def test_dropped_arrays_are_free(gate):
    x = mx.nd.array(OLD)
    ref = weakref.ref(x._data)
    writing(gate, x)
    del x
    gc.collect()
    assert ref() is not None
    mx.nd.waitall()
    assert ref() is None and not streams.flying


def test_arrays_that_shared_memory_before_anybody_asked_are_found(monkeypatch, gate):
    monkeypatch.setattr(flight, "_noting", False)
    monkeypatch.setattr(flight, "_entered", set())
    monkeypatch.setattr(flight, "_sharers", {})
    x = mx.nd.array(OLD)
    view, part = x.detach(), x[2:]
    gc.freeze()
    writing(gate, x)
    assert part.asnumpy().tolist() == NEW[2:] and view.asnumpy().tolist() == NEW


def test_what_others_saw_before_there_were_programs_is_never_in_flight(monkeypatch):
    x = mx.nd.array(OLD)
    with monkeypatch.context() as patch:
        patch.setattr(streams, "_streams", [])
        np.asarray(x)
        np.asarray(x)
    assert not begin(lambda raw: None, writes=[x])
    key = id(x._data)
    assert len(streams._seen[key]) == 1
    del x
    assert key not in streams._seen


def test_sharers_are_forgotten(gate):
    begin(lambda raw: None, writes=[mx.nd.zeros((1,))])  # somebody asks
    flight._sort()
    before = len(flight._sharers)
    x = mx.nd.zeros((8, 4))
    views = [x[i] for i in range(8)]
    flight._sort()
    assert len(flight._sharers) == before + 1
    del views, x
    assert len(flight._sharers) == before
    for _ in range(3 * flight._MANY):
        mx.nd.zeros((2, 2))[0]
    assert len(flight._noted) <= flight._MANY
