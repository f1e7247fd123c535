"""Executors whose passes run while Python goes on: whatever the program does, it finds what it would find in turn."""
import gc
import random

import numpy as np
import pytest
from flights import Gate, always, begin
from forks import can_fork, holds_in_a_child

import cupynet as mx
from cupynet import cached_op
from cupynet.device import parallel, streams
from cupynet.graph.frame import Frame
from cupynet.ops import catalog
from cupynet.ops.op import Op


@pytest.fixture
def at_once(monkeypatch):
    always(monkeypatch)
    monkeypatch.setattr(parallel, "threads", 3)  # so that work is cut, however few cores there are
    monkeypatch.setattr(parallel, "_pool", None)
    monkeypatch.setattr(parallel, "WORTHWHILE", 1 << 10)
    with mx.cpu(0):
        yield
    mx.nd.waitall()
    assert not streams.flying and not streams.spoiled and not streams._failures and not parallel.claims


def both(monkeypatch, script):
    """What `script` returns with programs in turn, and with programs under way."""
    found = []
    for serial in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(streams, "serial", serial)
            mx.random.seed(5)
            with mx.name.NameManager():
                found.append(script())
            mx.nd.waitall()
    return found


# ---- the documents' training on several devices ------------------------------------------------------

def lenet():
    net = mx.sym.Variable("data")
    for filters in (4, 6):
        net = mx.sym.Convolution(data=net, kernel=(5, 5), num_filter=filters)
        net = mx.sym.Activation(data=net, act_type="tanh")
        net = mx.sym.Pooling(data=net, pool_type="max", kernel=(2, 2), stride=(2, 2))
    net = mx.sym.FullyConnected(data=mx.sym.Flatten(data=net), num_hidden=50)
    net = mx.sym.Dropout(mx.sym.BatchNorm(net, fix_gamma=False), p=0.2)
    net = mx.sym.FullyConnected(data=mx.sym.Activation(data=net, act_type="tanh"), num_hidden=10)
    return mx.sym.SoftmaxOutput(data=net, name="out")


def train(network, data_shape, data, devs, devs_power, iterations):
    """The document's function, as it stands there but for the printing."""
    batch_size = float(data_shape[0])
    workloads = [int(round(batch_size / sum(devs_power) * p)) for p in devs_power]  # noqa: RUF046
    exs = [network.simple_bind(ctx=d, data=tuple([p] + data_shape[1:])) for d, p in zip(devs, workloads)]
    args = [dict(zip(network.list_arguments(), ex.arg_arrays)) for ex in exs]
    for name in args[0]:
        arr = args[0][name]
        if "weight" in name:
            arr[:] = mx.random.uniform(-0.1, 0.1, arr.shape)
        if "bias" in name:
            arr[:] = 0
    learning_rate = 0.1
    for _ in range(iterations):
        for j in range(1, len(devs)):
            for name, src, dst in zip(network.list_arguments(), exs[0].arg_arrays, exs[j].arg_arrays):
                if "weight" in name or "bias" in name:
                    src.copyto(dst)
        x, y = data()
        for j in range(len(devs)):
            idx = range(sum(workloads[:j]), sum(workloads[:j + 1]))
            args[j]["data"][:] = x[idx, :].reshape(args[j]["data"].shape)
            args[j]["out_label"][:] = y[idx].reshape(args[j]["out_label"].shape)
            exs[j].forward(is_train=True)
            exs[j].backward()
            if j > 0:
                for name, src, dst in zip(network.list_arguments(), exs[j].grad_arrays, exs[0].grad_arrays):
                    if "weight" in name or "bias" in name:
                        dst += src.as_in_context(dst.context)
        for weight, grad in zip(exs[0].arg_arrays, exs[0].grad_arrays):
            weight[:] -= learning_rate * (grad / batch_size)
    outputs = np.concatenate([mx.nd.argmax_channel(ex.outputs[0]).asnumpy() for ex in exs])
    return [outputs, *(x.asnumpy() for ex in exs for x in (*ex.arg_arrays, *ex.grad_arrays, *ex.aux_arrays))]


@pytest.mark.parametrize("devices", [2, 3])
def test_training_on_several_contexts(at_once, monkeypatch, devices):
    rng = np.random.RandomState(0)
    x, y = rng.rand(12, 784).astype("f4"), rng.randint(0, 10, 12).astype("f4")
    begun = []
    begin = streams.Stream._begin
    monkeypatch.setattr(streams.Stream, "_begin", lambda self, task: (begun.append(self), begin(self, task)))
    in_turn, at_the_same_time = both(monkeypatch, lambda: train(
        lenet(), [12, 1, 28, 28], lambda: (x, y), [mx.cpu(i) for i in range(devices)], [1] * devices, 4))
    assert len(begun) == 2 * 4 * devices and len(set(begun)) == devices
    for one, other in zip(in_turn, at_the_same_time):
        np.testing.assert_array_equal(one, other)
    assert any(np.ptp(one) for one in in_turn)


# ---- anything --------------------------------------------------------------------------------------

class Anything:
    """Random statements: executors on several contexts, their arrays shared, viewed, written and dropped."""

    def __init__(self, seed):
        self.choice = random.Random(seed)
        self.contexts = [mx.cpu(i) for i in range(3)]
        self.arrays = {ctx: [mx.nd.random.uniform(-1, 1, (4, 2, 6, 6), ctx=ctx) for _ in range(3)]
                       for ctx in self.contexts}
        self.executors = []
        self.seen = []
        a, b, w = map(mx.sym.Variable, "abw")
        convolved = mx.sym.Convolution(a + b, w, kernel=(3, 3), pad=(1, 1), num_filter=2, no_bias=True, name="c")
        self.ops = [(mx.nd.CachedOp(mx.sym.tanh(convolved)), ["w"]),
                    (mx.nd.CachedOp(mx.sym.Pooling(a * b, kernel=(3, 3), pad=(1, 1), pool_type="max")), []),
                    (mx.nd.CachedOp(mx.sym.Dropout(a, p=0.5) * b), [])]
        self.weights = {(ctx, "w"): mx.nd.random.uniform(-1, 1, (2, 2, 3, 3), ctx=ctx) for ctx in self.contexts}
        for ctx in (*self.contexts, self.contexts[0]):
            self.bind(ctx)

    def network(self):
        net, other = mx.sym.Variable("a"), mx.sym.Variable("b")
        layers = [lambda x: mx.sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=2, no_bias=True),
                  lambda x: mx.sym.Pooling(x, kernel=(3, 3), pad=(1, 1), pool_type="avg"),
                  lambda x: mx.sym.BatchNorm(x, fix_gamma=False), lambda x: mx.sym.tanh(x) * other,
                  lambda x: mx.sym.Dropout(x, p=0.5), lambda x: x + other,
                  lambda x: mx.sym.Reshape(x, shape=(0, 0, 0, 0))]
        for _ in range(self.choice.randint(1, 3)):
            net = self.choice.choice(layers)(net)
        return net * 0.5 + other if self.choice.random() < 0.5 else net

    def bind(self, ctx):
        net = self.network()
        shapes, _, aux = net.infer_shape(**{name: (4, 2, 6, 6) for name in ("a", "b") if name in net.list_arguments()})
        pool = self.arrays[ctx]
        args = {name: self.choice.choice(pool) if shape == (4, 2, 6, 6) else
                mx.nd.random.uniform(-0.5, 0.5, shape, ctx=ctx) for name, shape in zip(net.list_arguments(), shapes)}
        grads = {name: mx.nd.zeros(x.shape, ctx) for name, x in args.items()}
        reqs = {name: self.choice.choice(["write", "add", "null"]) for name in args}
        executor = net.bind(ctx, args, grads, reqs, [mx.nd.ones(shape, ctx) for shape in aux])
        pool += executor.outputs
        pool += [g for g in grads.values() if g.shape == (4, 2, 6, 6)]
        self.executors.append((ctx, executor))

    def array(self, ctx=None):
        return self.choice.choice(self.arrays[ctx or self.choice.choice(self.contexts)])

    # what a statement can be

    def forward(self):
        ctx, executor = self.choice.choice(self.executors)
        executor.forward(is_train=self.choice.random() < 0.7)
        if self.choice.random() < 0.7:
            executor.backward([self.array(ctx) for _ in executor.outputs])

    def call(self):
        """A CachedOp, recorded or not; its gradients into arrays that others use as well."""
        ctx = self.choice.choice(self.contexts)
        op = self.choice.choice(self.ops)
        a, b = self.array(ctx), self.array(ctx)
        more = [self.weights[ctx, name] for name in op[1]]
        if self.choice.random() < 0.3:
            self.arrays[ctx].append(op[0](a, b, *more))
            return
        x, y = a.copy(), b.copy()
        x.attach_grad(self.choice.choice(["write", "add"]))
        for each in more[:1]:
            each.attach_grad()
        with mx.autograd.record():
            z = op[0](x, y, *more)
            loss = z * z if self.choice.random() < 0.5 else op[0](z, x, *more)
        self.arrays[ctx].append(z)
        if self.choice.random() < 0.5:
            self.write()
        loss.backward()
        self.arrays[ctx].append(x.grad)
        if self.choice.random() < 0.3:
            self.seen.append(x.grad.asnumpy())

    def write(self):
        array = self.array()
        self.choice.choice([
            lambda: array.__setitem__(slice(None), self.choice.random()), lambda: array.__imul__(0.5),
            lambda: array[self.choice.randrange(4)].__setitem__(slice(None), 0.25),
            lambda: array.reshape(8, -1).__iadd__(0.125), lambda: mx.nd.tanh(array, out=array),
            lambda: mx.nd.random.uniform(-1, 1, (4, 2, 6, 6), ctx=array.context, out=array),
            lambda: array.__setitem__(slice(1, 3), np.ones((2, 2, 6, 6)))])()

    def read(self):
        look = self.choice.choice([lambda x: x.asnumpy(), np.array, lambda x: (x * 2)[1:3].asnumpy(),
                                   lambda x: x.sum().asnumpy()])
        self.seen.append(look(self.array()))

    def copy(self):
        source, target = self.array(), self.array()
        if source is not target:
            source.copyto(target)

    def keep(self):
        ctx = self.choice.choice(self.contexts)
        array = self.array(ctx)
        self.arrays[ctx].append(self.choice.choice([
            lambda: array.reshape(4, 2, 6, 6), array.detach, lambda: array[:], array.copy, lambda: array - 1,
            lambda: np.asarray(array) is None or array.detach()])())

    def drop(self):
        ctx = self.choice.choice(self.contexts)
        del self.arrays[ctx][self.choice.randrange(len(self.arrays[ctx]))]
        if not self.arrays[ctx]:
            self.arrays[ctx].append(mx.nd.ones((4, 2, 6, 6), ctx))
        if self.choice.random() < 0.3:
            _, executor = self.executors.pop(self.choice.randrange(len(self.executors)))
            del executor
            self.bind(self.choice.choice(self.contexts))

    def record(self):
        ctx = self.choice.choice(self.contexts)
        x, y = self.array(ctx), self.array(ctx)
        w = x.copy()
        w.attach_grad()
        with mx.autograd.record():
            z = w * x + mx.nd.tanh(w) * y
        if self.choice.random() < 0.5:
            self.forward()
        z.backward()
        self.seen.append(w.grad.asnumpy())

    def wait(self):
        mx.nd.waitall()

    def seed(self):
        mx.random.seed(self.choice.randrange(10))

    def run(self, length):
        statements = [*[self.forward] * 6, *[self.call] * 3, *[self.write] * 3, self.read, self.copy, self.copy,
                      self.keep, self.drop, self.record, self.wait, self.seed]
        for _ in range(length):
            self.choice.choice(statements)()
        return [*self.seen, *(x.asnumpy() for ctx in self.contexts for x in self.arrays[ctx])]


@pytest.mark.parametrize("seed", range(25))
def test_anything(at_once, monkeypatch, seed):
    in_turn, at_the_same_time = both(monkeypatch, lambda: Anything(seed).run(60))
    assert len(in_turn) == len(at_the_same_time)
    for one, other in zip(in_turn, at_the_same_time):
        np.testing.assert_array_equal(one, other)


# ---- errors, forks, monitors -------------------------------------------------------------------------

def root(ctx, n=2):
    """An executor that fails where its matrix has no Cholesky factor."""
    net = mx.sym.tanh(mx.sym.linalg.potrf(mx.sym.Variable("a"), name="root"))
    executor = net.simple_bind(ctx, a=(n, n))
    executor.arg_dict["a"][:] = np.eye(n)
    return executor


@pytest.mark.parametrize("wait", [lambda ex: ex.outputs[0].asnumpy(), lambda ex: ex.grad_arrays[0].asnumpy(),
                                  lambda ex: mx.nd.waitall()])
def test_an_error_names_the_operator_and_the_executor_goes_on(at_once, wait):
    executor, other = root(mx.cpu(0)), root(mx.cpu(1))
    for each in (executor, other):
        each.forward(is_train=True)
        each.backward(mx.nd.ones((2, 2), each.outputs[0].context))
    right = executor.grad_arrays[0].asnumpy()
    executor.arg_dict["a"][:] = -1
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 2)))  # does not run
    other.forward()
    with pytest.raises(mx.MXNetError, match="Error in operator root: _linalg_potrf"):
        wait(executor)
    mx.nd.waitall()
    np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), right)
    with pytest.raises(mx.MXNetError, match="call forward first; there was none, or it failed"):
        executor.backward(mx.nd.ones((2, 2)))
    executor.arg_dict["a"][:] = np.eye(2)
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 2)))
    np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), right)
    np.testing.assert_allclose(other.outputs[0].asnumpy(), np.tanh(np.eye(2)), 1e-6)


def test_programs_of_a_users_code_run_in_the_thread_that_calls(at_once):
    import threading
    seen = []

    @mx.operator.register("where_am_i")
    class Where(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            class Forward(mx.operator.CustomOp):
                def forward(self, is_train, req, in_data, out_data, aux):
                    seen.append(threading.get_ident())
                    self.assign(out_data[0], req[0], in_data[0])
            return Forward()
    x = mx.sym.Variable("x")
    executor = mx.sym.Custom(mx.sym.tanh(x), op_type="where_am_i").bind(mx.cpu(0), {"x": mx.nd.ones((2,))})
    executor.forward()
    watched = mx.sym.tanh(x).bind(mx.cpu(1), {"x": mx.nd.ones((2,), mx.cpu(1))})
    watched.set_monitor_callback(lambda name, array: seen.append(threading.get_ident()))
    watched.forward()
    assert seen == [threading.get_ident()] * 2


@can_fork
def test_a_forked_child_goes_on_with_the_same_executors(at_once):
    rng = np.random.RandomState(0)
    executors = [lenet().simple_bind(mx.cpu(i), data=(4, 1, 28, 28)) for i in range(2)]
    for executor in executors:
        for array in executor.arg_arrays:
            array[:] = rng.uniform(-0.1, 0.1, array.shape)

    def step():
        for executor in executors:
            executor.forward()
        return [executor.outputs[0].asnumpy().tobytes() for executor in executors]
    expected = step()
    for executor in executors:
        executor.forward()
    assert holds_in_a_child(lambda: step() == expected) and step() == expected


def test_a_dropped_executor_is_gone_when_its_pass_ends(at_once):
    executor = lenet().simple_bind(mx.cpu(0), data=(4, 1, 28, 28))
    import weakref
    ref = weakref.ref(executor._frame)
    gc.disable()
    try:
        executor.forward()
        del executor
        mx.nd.waitall()
        assert ref() is None
    finally:
        gc.enable()


# ---- which kernels split ---------------------------------------------------------------------------

def test_operators_that_split_say_so(monkeypatch):
    """Whether a program's products are cut depends on it, so it must not be forgotten."""
    running, found = [], set()
    run, split = Op.run, parallel.split

    def runs(self, *args, **kwargs):
        running.append(self)
        try:
            return run(self, *args, **kwargs)
        finally:
            running.pop()

    def splits(*args, **kwargs):
        found.add(running[-1].name)
        return split(*args, **kwargs)
    monkeypatch.setattr(Op, "run", runs)
    monkeypatch.setattr(parallel, "split", splits)
    from ops.test_samples import ALL, gradients, head_gradient
    from ops.test_samples import run as run_sample
    for _, _, sample in ALL:
        op = catalog.get(sample.op)
        attrs = op.parse(sample.attrs)
        results = run_sample(op, attrs, sample.inputs, sample)
        if op.differentiable and op.splits:
            gradients(op, attrs, sample.inputs, results, [head_gradient(r.shape, r.dtype) for r in results])
    assert found == {op.name for op in catalog.ops() if op.splits}


# ---- CachedOps -------------------------------------------------------------------------------------

@pytest.fixture
def slow(at_once, monkeypatch):
    """Let programs under way stand until somebody waits for one: what does not wait finds nothing computed."""
    gate, run = Gate(monkeypatch), Frame.run

    def runs(self, calls):
        if streams._here.worker:
            gate.stand()
        run(self, calls)
    monkeypatch.setattr(Frame, "run", runs)
    return gate


def doubled():
    return mx.nd.CachedOp(mx.sym.tanh(mx.sym.Variable("x") * 2))


def slope(x):
    return 2 * (1 - np.tanh(2 * x) ** 2)


@pytest.fixture
def x():
    array = mx.nd.array([0.1, -0.2, 0.3])
    array.attach_grad()
    return array


X = np.array([0.1, -0.2, 0.3], "f4")


def test_calls_and_their_gradients_are_under_way(slow, x):
    net = doubled()
    with mx.autograd.record():
        y = net(x)
        z = net(y)
    assert not slow.is_open and y.shape == (3,) and z.dtype == np.float32
    np.testing.assert_allclose(z.asnumpy(), np.tanh(2 * np.tanh(2 * X)), 1e-5)
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), slope(np.tanh(2 * X)) * slope(X), 1e-4)


def test_operators_wait_for_gradients_that_come_from_calls(slow, x):
    net = doubled()
    with mx.autograd.record():
        z = net(mx.nd.sin(x))
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), slope(np.sin(X)) * np.cos(X), 1e-4)


def test_sums_wait_for_gradients_that_come_from_calls(slow, x):
    first, second = doubled(), doubled()
    with mx.autograd.record():
        z = first(x) + second(x) * x
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), slope(X) * (1 + X) + np.tanh(2 * X), 1e-4)


def test_sums_wait_for_the_gradient_that_came_first(slow, x):
    with mx.autograd.record():
        triple = x * 3
        z = triple + doubled()(x)  # the call's gradient comes first, and the other needs no waiting
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), slope(X) + 3, 1e-4)


def test_second_gradients_take_what_was_drawn(slow, x):
    with mx.autograd.record():
        y = mx.nd.CachedOp(mx.sym.Dropout(mx.sym.Variable("x"), p=0.5))(x)
        first = mx.autograd.grad(y, [x], create_graph=True)[0]
    np.testing.assert_allclose(first.asnumpy() * X, y.asnumpy(), 1e-5)


def test_gradients_that_are_asked_for_are_there(slow, x):
    with mx.autograd.record():
        z = doubled()(x)
    found = mx.autograd.grad(z, x)
    np.testing.assert_allclose(found[0].asnumpy() if isinstance(found, list) else found.asnumpy(), slope(X), 1e-4)


def test_second_gradients_wait_for_the_first_pass(slow, x):
    with mx.autograd.record():
        z = doubled()(x)
        first = mx.autograd.grad(z, [x], create_graph=True)[0]
    first.backward()
    t = np.tanh(2 * X)
    np.testing.assert_allclose(x.grad.asnumpy(), -8 * t * (1 - t * t), 1e-4)


def test_gradients_go_to_other_contexts(slow):
    x = mx.nd.array(X, mx.cpu(1))
    x.attach_grad()
    with mx.autograd.record():
        z = doubled()(x.as_in_context(mx.cpu(0)))
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), slope(X), 1e-4)


def test_states_are_updated(slow):
    net = mx.nd.CachedOp(mx.sym.BatchNorm(mx.sym.Variable("x"), momentum=0.5, name="bn"))
    x, ones, zeros, mean, var = (mx.nd.array(v) for v in ([[1, 2], [3, 6]], [1, 1], [0, 0], [0, 0], [1, 1]))
    with mx.autograd.record():
        net(x, ones, zeros, mean, var)
    np.testing.assert_allclose(mean.asnumpy(), [1, 2])


@pytest.mark.parametrize("wait", [lambda y: y.asnumpy(), lambda y: y.backward(), lambda y: mx.nd.waitall()])
def test_a_call_that_fails_says_so_at_the_wait(at_once, wait):
    net = mx.nd.CachedOp(mx.sym.tanh(mx.sym.linalg.potrf(mx.sym.Variable("a"), name="root")))
    a = mx.nd.array(-np.eye(2))
    a.attach_grad()
    with mx.autograd.record():
        y = net(a)
    with pytest.raises(mx.MXNetError, match="Error in operator root: _linalg_potrf"):
        wait(y)
    mx.nd.waitall()
    assert net(mx.nd.array(np.eye(2))).asnumpy().shape == (2, 2)


def test_a_gradient_of_a_failed_pass_is_not_used(at_once, monkeypatch, x):
    backward = Frame.backward

    def fails(self, heads=None):
        if any(step.op.name == "cbrt" for step in self.plan.graph.steps):
            raise mx.MXNetError("the pass is broken")
        backward(self, heads)
    monkeypatch.setattr(Frame, "backward", fails)
    with mx.autograd.record():
        z = mx.nd.CachedOp(mx.sym.cbrt(mx.sym.Variable("y")))(doubled()(x))
    with pytest.raises(mx.MXNetError, match="the pass is broken"):
        z.backward()
    mx.nd.waitall()


def test_states_of_a_call_that_fails_are_not_to_be_read(at_once):
    root = mx.sym.linalg.potrf(mx.sym.BatchNorm(mx.sym.Variable("x"), name="bn"), name="root")
    net = mx.nd.CachedOp(mx.sym.tanh(root))
    x, ones, zeros, mean, var = (mx.nd.array(v) for v in ([[1, 2], [3, 6]], [1, 1], [0, 0], [0, 0], [1, 1]))
    with mx.autograd.train_mode():
        net(x, ones, zeros, mean, var)
    np.testing.assert_array_equal(x.asnumpy(), [[1, 2], [3, 6]])
    with pytest.raises(mx.MXNetError, match="Error in operator root"):
        mean.asnumpy()


def test_gradients_under_way_are_waited_for_before_they_are_cast(at_once, monkeypatch):
    gate, array = Gate(monkeypatch), mx.nd.zeros(3)
    raw = array._data

    def fill(target):
        gate.stand()
        target[...] = 2
    assert begin(fill, writes=[array])
    assert cached_op._cast(raw, "float64").tolist() == [2, 2, 2]


class Half(mx.autograd.Function):
    """Takes half precision, and gives gradients of single precision."""

    def forward(self, x):
        return x * 1

    def backward(self, grad):
        return mx.nd.array([1e5, 2], dtype="float32")


def test_gradients_are_cast_to_the_type_of_the_output(at_once):
    x = mx.nd.array([1, 2], dtype="float16")
    x.attach_grad()
    with mx.autograd.record():
        y = Half()(mx.nd.CachedOp(mx.sym.Variable("x") * 0.5)(x))
    y.backward()
    assert x.grad.asnumpy().tolist() == [np.inf, 1]
