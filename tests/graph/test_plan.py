"""Plans: shared by all who bind the same graph, and frugal with memory."""
import gc
import weakref

import numpy as np
import pytest
from networks import inception_bn, resnet50
from random_graphs import SHAPE, build

import cupynet as mx
from cupynet.graph import structure
from cupynet.graph.arena import ALIGNMENT, FOREVER, Tenant, place
from cupynet.graph.structure import Structure

S, nd = mx.sym, mx.nd


def net():
    hidden = S.Activation(S.FullyConnected(S.Variable("data"), num_hidden=8, name="fc1"), act_type="tanh", name="tanh")
    return S.SoftmaxOutput(S.FullyConnected(hidden, num_hidden=3, name="fc2"), name="out")


def plan_of(executor):
    return executor._frame.plan


# ---- sharing --------------------------------------------------------------------------------------


def test_one_plan_for_copies_replicas_and_shapes_seen_before(ctx):
    symbol = net()
    first = symbol.simple_bind(ctx, data=(4, 5))
    copies = [symbol.simple_bind(ctx, data=(4, 5)), net().simple_bind(ctx, data=(4, 5)),
              mx.sym.load_json(symbol.tojson()).simple_bind(ctx, data=(4, 5)),
              symbol.bind(ctx, first.arg_arrays, first.grad_arrays)]
    assert all(plan_of(each) is plan_of(first) for each in copies)
    small = first.reshape(data=(2, 5), partial_shaping=True)
    assert plan_of(small) is not plan_of(first)
    assert plan_of(small.reshape(data=(4, 5), partial_shaping=True, allow_up_sizing=True)) is plan_of(first)


@pytest.mark.parametrize("change", [
    {"grad_req": "null"}, {"grad_req": "add"}, {"grad_req": {"fc1_weight": "write"}}, {"data": (3, 5)},
    {"type_dict": {"data": "float64"}}])
def test_what_differs_has_a_plan_of_its_own(ctx, change):
    first = net().simple_bind(ctx, data=(4, 5))
    assert plan_of(net().simple_bind(ctx, **{"data": (4, 5), **change})) is not plan_of(first)


def test_frames_of_one_plan_keep_their_values_apart(ctx):
    symbol = net()
    executors = [symbol.simple_bind(ctx, data=(4, 5)) for _ in range(2)]
    for number, executor in enumerate(executors):
        for name, array in executor.arg_dict.items():
            array[:] = np.random.RandomState(number).uniform(-1, 1, array.shape) * (name != "out_label")
        executor.forward(is_train=True)
    executors[0].backward()
    gradient = executors[0].grad_dict["fc1_weight"].asnumpy()
    executors[1].backward()
    executors[0].forward(is_train=True)
    executors[0].backward()
    np.testing.assert_array_equal(executors[0].grad_dict["fc1_weight"].asnumpy(), gradient)
    assert (executors[1].grad_dict["fc1_weight"].asnumpy() != gradient).any()


def test_forgotten_plans_are_made_again(ctx, monkeypatch):
    monkeypatch.setattr(structure, "_RECENT", 1)
    first = weakref.ref(plan_of(net().simple_bind(ctx, data=(4, 5))))
    (S.Variable("a") * 2).simple_bind(ctx, a=(1,))
    gc.collect()
    assert first() is None
    assert net().simple_bind(ctx, data=(4, 5)).forward()[0].shape == (4, 3)


def test_custom_operators_share_no_plan(ctx):
    """They remember their forward pass in the operator itself."""
    class Keep(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.seen = in_data[0].asnumpy()
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], nd.array(self.seen, ctx=in_grad[0].context))

    @mx.operator.register("test_plan_keep")
    class KeepProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Keep()

    symbol = S.Custom(S.Variable("x"), op_type="test_plan_keep")
    executors = [symbol.simple_bind(ctx, x=(2,)) for _ in range(2)]
    for number, executor in enumerate(executors):
        executor.forward(is_train=True, x=nd.ones(2) * number)
    for number, executor in enumerate(executors):
        executor.backward(nd.ones(2))
        np.testing.assert_array_equal(executor.grad_arrays[0].asnumpy(), [number] * 2)


# ---- memory ---------------------------------------------------------------------------------------


def test_the_arena_keeps_apart_what_lives_at_the_same_time():
    rng = np.random.RandomState(0)
    for _ in range(50):
        tenants = []
        for _ in range(rng.randint(1, 40)):
            start = rng.randint(20)
            end = FOREVER if rng.randint(4) == 0 else start + rng.randint(8)
            tenants.append(Tenant(int(rng.choice([1, 64, 100, 1000, 20000, 50000])), start, end))
        total = place(tenants)
        for i, a in enumerate(tenants):
            assert a.offset % ALIGNMENT == 0 and a.offset + a.nbytes <= total
            for b in tenants[:i]:
                assert (a.end < b.start or b.end < a.start or a.offset + a.nbytes <= b.offset
                        or b.offset + b.nbytes <= a.offset)
        alive = [sum(t.nbytes for t in tenants if t.start <= at <= t.end) for at in range(30)]
        assert max(alive) <= total <= 2 * max(alive) + 64 * len(tenants)


def test_a_gap_is_used_before_the_end():
    wall, gone, later = Tenant(1 << 20, 0, FOREVER), Tenant(1 << 20, 0, 3), Tenant(1 << 19, 4, 5)
    assert place([wall, gone, later]) == 2 << 20


@pytest.mark.parametrize("build, batch, grad_req, most", [
    (inception_bn, 4, "null", 20), (inception_bn, 4, "write", 141),
    (resnet50, 2, "null", 15), (resnet50, 2, "write", 173)])
def test_no_more_memory_than_mxnet(build, batch, grad_req, most):
    """`most` is what ``executor.debug_str()`` of MXNet 1.9.1 says, in MB."""
    symbol = build(mx)
    shapes, _, states = symbol.infer_shape(data=(batch, 3, 224, 224))
    structure = Structure(symbol._heads)
    kinds = dict(zip((n.name for n in (*structure.arguments, *structure.auxiliary)), (*shapes, *states)))
    requests = dict.fromkeys(symbol.list_arguments(), "write") if grad_req == "write" else {}
    plan = structure.plan([(kinds[n.name], np.dtype(np.float32)) for n in structure.inputs], requests)
    assert plan.allocated <= most * 2**20
    assert plan.loose <= 0.02 * plan.allocated  # nearly all kernels write into planned memory


def overwritten_inputs(frame):
    """Yield the steps that write into memory from which another of their inputs is read."""
    plan, memory = frame.plan, frame.registers
    for each in (*plan.forward, *plan.backward):
        for out in getattr(each, "outs", ()):
            for value, slot in zip(each.step.ins if out in plan.arena else (), getattr(each, "ins", ())):
                if np.may_share_memory(memory[out], memory[slot]) and (slot not in plan.arena or
                                                                       plan.arena[slot] != plan.arena[out]):
                    yield each.step, value


def test_no_step_overwrites_what_another_input_is_a_view_of():
    """``exp(x)`` dies in a sum that reads its transpose, too: the sum cannot be computed in its place."""
    value = S.exp(S.Variable("x"))
    for other in (S.transpose(value), S.transpose(S.Reshape(value, shape=(2, 8)).reshape((4, 4)))):
        executor = S.sin(S.elemwise_sub(value, other)).simple_bind(mx.cpu(), grad_req="null", x=(4, 4))
        assert list(overwritten_inputs(executor._frame)) == []
    alone = S.sin(S.exp(S.Variable("x")) + 1).simple_bind(mx.cpu(), grad_req="null", x=(4, 4))
    assert alone._frame.plan.allocated == 64  # where nothing forbids it, all is done in one place


@pytest.mark.parametrize("seed", range(20))
def test_no_step_of_a_random_graph_does(seed):
    outputs = build(S, seed, [S.Variable(n) for n in "abc"], length=20)
    executor = S.Group(outputs).simple_bind(mx.cpu(), **dict.fromkeys(S.Group(outputs).list_arguments(), SHAPE))
    assert list(overwritten_inputs(executor._frame)) == []


def test_registers_are_dropped_with_their_last_reader(ctx):
    """What a kernel returns in memory of its own goes as soon as nobody needs it, and not with the executor."""
    x = S.Variable("x")
    executor = S.sum(S.sort(S.sort(x, name="first") * 2, name="second")).simple_bind(ctx, grad_req="null", x=(50,))
    seen = []
    frame = executor._frame
    sorts = [step for step in plan_of(executor).graph.steps if step.op.name == "sort"]
    assert not any(step.op.takes_out for step in sorts)  # else this test says nothing
    executor.set_monitor_callback(lambda name, array: seen.append(name))
    executor.forward()
    executor.set_monitor_callback(None)
    executor.forward()
    for step in sorts:
        assert frame.registers[plan_of(executor).slots[step.outs[0]]] is None
    assert plan_of(executor).loose == 50 * 4  # never both at once


def test_executors_that_share_memory(ctx):
    symbol = net()
    big = symbol.simple_bind(ctx, data=(64, 50))
    small = symbol.simple_bind(ctx, data=(32, 50), shared_exec=big)
    assert small._frame.memory is big._frame.memory
    larger = symbol.simple_bind(ctx, data=(128, 50), shared_exec=big)
    assert larger._frame.memory is not big._frame.memory
    big.forward(is_train=True)
    small.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match="another executor that shares memory"):
        big.backward()
    small.backward()
    big.forward(is_train=True)
    big.backward()


def test_a_dropped_executor_frees_its_memory_at_once(ctx):
    executor = S.Dropout(S.sort(net(), name="sorted")).simple_bind(ctx, data=(4, 5))
    executor.forward(is_train=True)
    executor.backward(nd.ones((4, 3)))
    executor.set_monitor_callback(lambda name, array: None)
    executor.forward()
    gone = [weakref.ref(executor._frame), weakref.ref(executor._frame.memory), weakref.ref(executor._watched),
            weakref.ref(executor.arg_arrays[0]), weakref.ref(executor.outputs[0])]
    gc.disable()
    try:
        del executor
        assert [ref() for ref in gone] == [None] * len(gone)
    finally:
        gc.enable()
