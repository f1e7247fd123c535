"""Custom operators: eager, recorded, symbolic; what MXNet 1.9.1 shows to the user's code; and what is refused."""
import copy
import gc
import inspect
import json
import pickle
import weakref

import numpy as np
import pytest

import cupynet as mx
from cupynet import autograd, nd, operator, sym
from cupynet.operator import CustomOp, CustomOpProp, register


@pytest.fixture(autouse=True)
def fresh_registrations(monkeypatch):
    monkeypatch.setattr(operator.custom, "_props", {})


def declare(name="test", forward=None, backward=None, op=None, top=True, **methods):
    """Register a prop whose methods and whose operator's methods are given as functions."""
    members = {key: value for key, value in (("forward", forward), ("backward", backward)) if value}
    made = op or type("Op", (CustomOp,), members)

    def init(self, **settings):
        CustomOpProp.__init__(self, need_top_grad=top)
        self.settings = settings
    methods.setdefault("create_operator", lambda self, ctx, shapes, dtypes: made())
    return register(name)(type("Prop", (CustomOpProp,), {"__init__": init, **methods}))


def twice(self, is_train, req, in_data, out_data, aux):
    self.assign(out_data[0], req[0], in_data[0] * 2)


def twice_back(self, req, out_grad, in_data, out_data, in_grad, aux):
    self.assign(in_grad[0], req[0], out_grad[0] * 2)


def array(*values, dtype="float32"):
    return nd.array(values, dtype=dtype)


def leaf(*values, req="write"):
    x = array(*values)
    x.attach_grad(req)
    return x


# ---- the softmax of the tutorials -----------------------------------------------------------------

class Softmax(CustomOp):
    """In NumPy, and without a word about the gradient of the label."""

    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        y = np.exp(x - x.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)
        self.assign(out_data[0], req[0], nd.array(y))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        label = in_data[1].asnumpy().ravel().astype(int)
        y = out_data[0].asnumpy()
        y[np.arange(label.shape[0]), label] -= 1.0
        self.assign(in_grad[0], req[0], nd.array(y))


class SoftmaxProp(CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        data_shape = in_shape[0]
        return [data_shape, (data_shape[0],)], [data_shape], []

    def infer_type(self, in_type):
        return in_type, [in_type[0]], []

    def create_operator(self, ctx, shapes, dtypes):
        return Softmax()


DATA = np.array([[1, 2, 3], [0, -1, 4]], "float32")
LABEL = np.array([2, 1], "float32")


def softmax_gradient():
    y = np.exp(DATA) / np.exp(DATA).sum(axis=1, keepdims=True)
    return y, y - np.eye(3)[LABEL.astype(int)]


def test_softmax_recorded():
    register("softmax")(SoftmaxProp)
    x, label = nd.array(DATA), nd.array(LABEL)
    x.attach_grad()
    with autograd.record():
        y = nd.Custom(x, label, op_type="softmax")
    y.backward()
    expected, gradient = softmax_gradient()
    np.testing.assert_allclose(y.asnumpy(), expected, 1e-5)
    np.testing.assert_allclose(x.grad.asnumpy(), gradient, 1e-5, 1e-7)


def test_softmax_in_a_network(ctx):
    register("softmax")(SoftmaxProp)
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc", no_bias=True)
    net = sym.Custom(data=net, name="softmax", op_type="softmax")
    assert net.list_arguments() == ["data", "fc_weight", "softmax_label"]
    assert net.list_outputs() == ["softmax_output"]
    assert net.infer_shape(data=(2, 3)) == ([(2, 3), (3, 3), (2,)], [(2, 3)], [])
    executor = net.simple_bind(ctx, data=(2, 3))
    executor.arg_dict["fc_weight"][:] = nd.array(np.eye(3))
    executor.arg_dict["softmax_label"][:] = LABEL
    expected, gradient = softmax_gradient()
    for _ in range(2):
        out, = executor.forward(is_train=True, data=DATA)
        executor.backward()  # a loss layer: no head gradients
        np.testing.assert_allclose(out.asnumpy(), expected, 1e-5)
        np.testing.assert_allclose(executor.grad_dict["data"].asnumpy(), gradient, 1e-5, 1e-6)
        np.testing.assert_allclose(executor.grad_dict["fc_weight"].asnumpy(), gradient.T @ DATA, 1e-5, 1e-6)
        assert not executor.grad_dict["softmax_label"].asnumpy().any()


def test_softmax_learns(ctx):
    register("softmax")(SoftmaxProp)
    net = sym.FullyConnected(sym.Variable("data"), num_hidden=3, name="fc")
    net = sym.Custom(net, sym.Variable("label"), op_type="softmax")
    executor = net.simple_bind(ctx, data=(30, 2), label=(30,), grad_req={"fc_weight": "write", "fc_bias": "write"})
    random = np.random.RandomState(0)
    label = np.arange(30) % 3
    data = random.normal(size=(30, 2)) * 0.3 + np.array([[0, 2], [2, 0], [-2, -2]])[label]
    for _ in range(50):
        executor.forward(is_train=True, data=data, label=label)
        executor.backward()
        for name in ("fc_weight", "fc_bias"):
            executor.arg_dict[name][:] -= 0.05 * executor.grad_dict[name]
    assert (executor.outputs[0].asnumpy().argmax(axis=1) == label).all()


# ---- several inputs and outputs, a state ----------------------------------------------------------

class Two(CustomOp):
    """``p = 2 a``, ``q = a + b``; the state counts forward passes in ones and backward passes in tens."""

    def __init__(self, log):
        self.log = log

    def forward(self, is_train, req, in_data, out_data, aux):
        self.log.append(("forward", bool(is_train), list(req), autograd.is_recording(), autograd.is_training()))
        self.assign(out_data[0], req[0], in_data[0] * 2)
        self.assign(out_data[1], req[1], in_data[0] + in_data[1])
        aux[0][:] = aux[0] + 1

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.log.append(("backward", list(req), autograd.is_recording(), autograd.is_training()))
        np.testing.assert_array_equal(out_data[1].asnumpy(), (in_data[0] + in_data[1]).asnumpy())
        self.assign(in_grad[0], req[0], out_grad[0] * 2 + out_grad[1])
        self.assign(in_grad[1], req[1], out_grad[1])
        aux[0][:] += 10


class TwoProp(CustomOpProp):
    log = []
    made = []

    def __init__(self, k="3", flag="x"):
        super().__init__()
        self.made.append((k, flag))

    def list_arguments(self):
        return ["a", "b"]

    def list_outputs(self):
        return ["p", "q"]

    def list_auxiliary_states(self):
        return ["st"]

    def infer_shape(self, in_shape):
        return [in_shape[0], in_shape[0]], [in_shape[0], in_shape[0]], [(1,)]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        self.log.append((ctx, in_shapes, in_dtypes))
        return Two(self.log)


@pytest.fixture
def two():
    TwoProp.log.clear()
    TwoProp.made.clear()
    return register("two")(TwoProp)


def test_what_the_code_sees_when_recorded(two, ctx):
    a, b, state = leaf(1, 2, 3), leaf(4, 5, 6, req="add"), array(0)
    b.grad[:] = 100
    with autograd.record():
        p, q = nd.Custom(a, b, state, op_type="two")
        z = (p * 3).sum()
    z.backward()
    assert two.log == [(ctx, [[3], [3], [1]], [0, 0, 0]), ("forward", True, ["write", "write"], False, True),
                       ("backward", ["write", "write"], False, True)]
    assert (p.asnumpy().tolist(), q.asnumpy().tolist()) == ([2, 4, 6], [5, 7, 9])
    assert (a.grad.asnumpy().tolist(), b.grad.asnumpy().tolist()) == ([6, 6, 6], [100, 100, 100])
    assert state.asscalar() == 11


def test_backward_twice_and_requests(two):
    a, b, state = array(1, 2, 3), leaf(4, 5, 6), array(0)
    with autograd.record(train_mode=False):
        q = nd.Custom(b=b, st=state, a=a, op_type="two")[1]
    q.backward(retain_graph=True)
    q.backward()
    assert [entry[1] for entry in two.log[1:]] == [False, ["null", "write"], ["null", "write"]]
    assert b.grad.asnumpy().tolist() == [1, 1, 1] and state.asscalar() == 21
    with pytest.raises(mx.MXNetError, match="retain_graph"):
        q.backward()


def test_not_recorded(two):
    state = array(0)
    p, q = nd.Custom(array(1), array(2), state, op_type="two")
    assert (p.asscalar(), q.asscalar(), state.asscalar()) == (2, 3, 1)
    assert two.log[1] == ("forward", False, ["write", "write"], False, False)


def test_gradients_of_an_executor(two, ctx):
    symbol = sym.Custom(sym.Variable("x"), op_type="two", name="cc", k=7)
    executor = symbol.simple_bind(ctx, x=(3,), grad_req={"x": "add", "cc_b": "write"})
    executor.arg_dict["x"][:], executor.arg_dict["cc_b"][:] = array(1, 2, 3), array(4, 5, 6)
    p, q = executor.forward(is_train=True)
    assert (p.asnumpy().tolist(), q.asnumpy().tolist()) == ([2, 4, 6], [5, 7, 9])
    assert list(executor.output_dict) == ["cc_p", "cc_q"] and list(executor.aux_dict) == ["cc_st"]
    for turn in (1, 2):
        executor.backward([nd.ones(3), nd.ones(3)])
        assert executor.grad_dict["x"].asnumpy().tolist() == [3 * turn] * 3
        assert executor.grad_dict["cc_b"].asnumpy().tolist() == [1, 1, 1]
        assert executor.aux_dict["cc_st"].asscalar() == 1 + 10 * turn
    assert [entry[0] for entry in two.log] == [ctx, "forward", "backward", "backward"]


def test_null_requests_and_missing_heads_in_an_executor(two, ctx):
    symbol = sym.Custom(sym.Variable("x"), op_type="two", name="cc")[0]
    executor = symbol.simple_bind(ctx, x=(3,), grad_req={"x": "null", "cc_b": "write"})
    executor.forward()
    executor.backward([nd.ones(3)])
    assert two.log[1:] == [("forward", False, ["write", "write"], False, False),
                           ("backward", ["null", "write"], False, True)]
    assert executor.grad_dict["cc_b"].asnumpy().tolist() == [0, 0, 0]


def test_one_operator_a_binding(two, ctx):
    symbol = sym.Custom(sym.Variable("x"), op_type="two", name="cc")
    first, second = symbol.simple_bind(ctx, x=(3,)), symbol.simple_bind(ctx, x=(2,))
    for executor in (first, second, first):
        executor.forward()
    assert [entry[1] for entry in two.log if entry[0] == ctx] == [[[3], [3], [1]], [[2], [2], [1]]]
    assert (first.aux_arrays[0].asscalar(), second.aux_arrays[0].asscalar()) == (2, 1)


def test_equal_nodes_are_not_merged(two, ctx):
    x, state = sym.Variable("x"), sym.Variable("state")
    both = sym.Group([sym.Custom(x, x, state, op_type="two")[1], sym.Custom(x, x, state, op_type="two")[1]])
    executor = both.simple_bind(ctx, x=(2,))
    executor.forward()
    assert executor.aux_dict["state"].asscalar() == 2


def test_names_and_json_are_those_of_mxnet(two):
    symbol = sym.Custom(sym.Variable("x"), op_type="two", name="cc", k=7)
    assert (symbol.list_arguments(), symbol.list_outputs()) == (["x", "cc_b"], ["cc_p", "cc_q"])
    assert symbol.list_auxiliary_states() == ["cc_st"]
    assert symbol.attr_dict() == {name: {"k": "7", "op_type": "two"} for name in ("cc_b", "cc_st", "cc")}
    attrs = '''"attrs": {
        "k": "7", 
        "op_type": "two"
      }, 
      "inputs": '''  # noqa: W291  MXNet's own layout
    variable = '{\n      "op": "null", \n      "name": "%s", \n      %s[]\n    }, \n    '
    assert symbol.tojson() == '{\n  "nodes": [\n    ' + variable % ("x", '"inputs": ') + variable % ("cc_b", attrs) \
        + variable % ("cc_st", attrs) + '{\n      "op": "Custom", \n      "name": "cc", \n      ' + attrs \
        + '[[0, 0, 0], [1, 0, 0], [2, 0, 1]]\n    }\n  ], \n  "arg_nodes": [0, 1, 2], \n  ' \
        '"node_row_ptr": [0, 1, 2, 3, 5], \n  "heads": [[3, 0, 0], [3, 1, 0]], \n  ' \
        '"attrs": {"mxnet_version": ["int", 10901]}\n}'
    automatic = sym.Custom(op_type="two")
    assert automatic.list_arguments() == ["custom0_a", "custom0_b"]
    assert automatic.list_outputs() == ["custom0_p", "custom0_q"]
    named = sym.Custom(b=sym.Variable("x"), st=sym.Variable("mine"), op_type="two", name="cc", flag=True)
    assert (named.list_arguments(), named.list_auxiliary_states()) == (["cc_a", "x"], ["mine"])


def test_settings_become_strings(two, ctx):
    nd.Custom(array(1), array(2), array(0), op_type="two", k=(1, 2), flag=None)
    symbol = sym.Custom(op_type="two", k=np.float32, flag=None)
    assert two.made == [("(1, 2)", "None"), ("float32", "None")]
    assert symbol.attr("flag") == "None" and symbol.attr("k") == "float32"
    symbol.simple_bind(ctx, custom0_a=(1,))
    assert set(two.made[1:]) == {("float32", "None")}


def test_free_attributes_do_not_reach_the_prop(two):
    with mx.AttrScope(ctx_group="d"):
        symbol = sym.Custom(sym.Variable("x"), op_type="two", name="cc", attr={"__lr_mult__": "2"}, __wd_mult__="3")
    assert two.made == [("3", "x")]
    assert symbol.attr("__lr_mult__") == "2" and symbol.attr("ctx_group") == "d"
    assert mx.sym.load_json(symbol.tojson()).attr("__wd_mult__") == "3"


@pytest.mark.parametrize("way", ["json", "file", "pickle", "copy"])
def test_stored_and_copied(two, ctx, tmp_path, way):
    symbol = sym.Custom(sym.Variable("x"), op_type="two", name="cc", k=7)
    if way == "json":
        found = sym.load_json(symbol.tojson())
    elif way == "file":
        symbol.save(str(tmp_path / "net.json"))
        found = sym.load(str(tmp_path / "net.json"))
    else:
        found = pickle.loads(pickle.dumps(symbol)) if way == "pickle" else copy.deepcopy(symbol)
    assert found.tojson() == symbol.tojson()
    assert set(two.made) == {("7", "x")}
    executor = found.simple_bind(ctx, x=(2,))
    out = executor.forward(x=array(1, 2), cc_b=array(3, 4))
    assert [o.asnumpy().tolist() for o in out] == [[2, 4], [4, 6]]


def test_symbol_file_from_before_states_were_stored(two):
    """Files of 0.8 list the inputs without auxiliary states, and name the attributes `param`."""
    nodes = [{"op": "null", "name": "x", "param": {}, "inputs": []},
             {"op": "null", "name": "y", "param": {}, "inputs": []},
             {"op": "Custom", "name": "cc", "param": {"op_type": "two", "k": "7"}, "inputs": [[0, 0], [1, 0]]}]
    symbol = sym.load_json(json.dumps({"nodes": nodes, "arg_nodes": [0, 1], "heads": [[2, 0]]}))
    assert (symbol.list_arguments(), symbol.list_auxiliary_states()) == (["x", "y"], ["cc_st"])
    assert two.made == [("7", "x")]


def test_monitor_sees_the_outputs(two, ctx):
    executor = sym.Custom(sym.Variable("x"), op_type="two", name="cc").simple_bind(ctx, x=(2,))
    seen = []
    executor.set_monitor_callback(lambda name, value: seen.append((name, value.asnumpy().tolist())))
    executor.forward(x=array(1, 2))
    assert seen == [("cc_p", [2, 4]), ("cc_q", [1, 2])]


# ---- what backward needs --------------------------------------------------------------------------

def test_a_state_of_the_operator_itself(ctx):
    """What forward stores in self is there in backward."""
    class Scale(CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.norm = float(in_data[0].max())
            self.assign(out_data[0], req[0], in_data[0] / self.norm)

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], out_grad[0] / self.norm)
    declare(op=Scale)
    x, y = leaf(1, 2), leaf(1, 4)
    with autograd.record():
        total = nd.Custom(x, op_type="test") + nd.Custom(y, op_type="test")
    total.backward()
    assert x.grad.asnumpy().tolist() == [0.5, 0.5] and y.grad.asnumpy().tolist() == [0.25, 0.25]


@pytest.mark.parametrize("needs, given", [
    (lambda out_grad, in_data, out_data: [*out_grad, *in_data, *out_data], (True, True, True)),
    (lambda out_grad, in_data, out_data: out_grad, (True, False, False)),
    (lambda out_grad, in_data, out_data: [out_data[0], in_data[0]], (False, True, True)),
    (lambda out_grad, in_data, out_data: [], (False, False, False)),
])
def test_backward_gets_what_it_declares(ctx, needs, given):
    seen = []

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        seen.append(tuple(part[0] is not None for part in (out_grad, in_data, out_data)))
        self.assign(in_grad[0], req[0], 5)
    declare(forward=twice, backward=backward, declare_backward_dependency=lambda self, *numbers: needs(*numbers))
    x = leaf(1, 2)
    with autograd.record():
        y = nd.Custom(x, op_type="test")
    y.backward()
    assert x.grad.asnumpy().tolist() == [5, 5]
    executor = sym.Custom(sym.Variable("x"), op_type="test").simple_bind(ctx, x=(2,))
    executor.forward()
    executor.backward(nd.ones(2) if given[0] else None)
    assert executor.grad_dict["x"].asnumpy().tolist() == [5, 5]
    assert seen == [given, given]


def test_what_is_not_declared_is_not_kept():
    declare(forward=twice, backward=twice_back, declare_backward_dependency=lambda self, grads, ins, outs: grads)
    x = leaf(1, 2)
    with autograd.record():
        y = nd.Custom(x, op_type="test")
    node, _ = y._entry
    assert {*node.ins, *node.outs} == {None}
    y.backward()
    assert x.grad.asnumpy().tolist() == [2, 2]


def test_head_gradients_are_required_unless_need_top_grad_is_false(ctx):
    declare(forward=twice, backward=twice_back)
    executor = sym.Custom(sym.Variable("x"), op_type="test").simple_bind(ctx, x=(2,))
    executor.forward()
    with pytest.raises(mx.MXNetError, match="head_gradient is required"):
        executor.backward()


def test_two_uses_add_up():
    declare(forward=twice, backward=twice_back)
    x = leaf(1, 2, 3)
    with autograd.record():
        y = nd.Custom(x, op_type="test") + nd.Custom(x, op_type="test") + x
    y.backward()
    assert x.grad.asnumpy().tolist() == [5, 5, 5]


def test_gradients_that_are_left_alone_are_zero(ctx):
    declare(forward=twice)
    x = leaf(1, 2)
    with autograd.record():
        nd.Custom(x, op_type="test").backward()
    assert x.grad.asnumpy().tolist() == [0, 0]
    executor = sym.Custom(sym.Variable("x"), op_type="test").simple_bind(ctx, x=(2,))
    executor.grad_arrays[0][:] = 7
    executor.forward()
    executor.backward(nd.ones(2))
    assert executor.grad_arrays[0].asnumpy().tolist() == [0, 0]


def test_gradients_of_higher_order_are_refused():
    declare(forward=twice, backward=twice_back)
    x = leaf(1, 2)
    with autograd.record():
        gradient = autograd.grad(nd.Custom(x, op_type="test"), x, create_graph=True)[0]
        z = gradient.sum()
    assert z.asscalar() == 4
    with pytest.raises(mx.MXNetError, match="_backward_Custom is non-differentiable"):
        z.backward()


# ---- where and on what the code runs --------------------------------------------------------------

def test_arrays_context_is_the_current_one(ctx):
    place = mx.cpu(1) if ctx.device_type == "cpu" else ctx
    seen = []

    def forward(self, is_train, req, in_data, out_data, aux):
        seen.extend([in_data[0].context, out_data[0].context, mx.current_context()])
        self.assign(out_data[0], req[0], in_data[0] + nd.ones(2))
    declare(forward=forward)
    assert nd.Custom(nd.zeros(2, place), op_type="test").context == place
    sym.Custom(sym.Variable("x"), op_type="test").bind(place, {"x": nd.zeros(2, place)}).forward()
    assert seen == [place] * 6


def test_code_may_record_by_itself():
    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].copy()
        x.attach_grad()
        with autograd.record():
            y = x * x * x
        y.backward()
        self.assign(out_data[0], req[0], x.grad)
    declare(forward=forward, backward=twice_back)
    x = leaf(1, 2)
    with autograd.record():
        y = nd.Custom(x, op_type="test")
        assert autograd.is_recording()
    y.backward()
    assert y.asnumpy().tolist() == [3, 12] and x.grad.asnumpy().tolist() == [2, 2]


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_types_follow_the_first_input(dtype, ctx):
    flags = []
    declare(forward=twice, create_operator=lambda self, ctx, shapes, dtypes: (
        flags.append(dtypes), type("Op", (CustomOp,), {"forward": twice})())[1])
    assert nd.Custom(array(1, 2, dtype=dtype), op_type="test").dtype == np.dtype(dtype)
    symbol = sym.Custom(sym.Variable("x"), op_type="test")
    assert symbol.infer_type(x=dtype)[1] == [np.dtype(dtype).type]
    executor = symbol.simple_bind(ctx, x=(2,), type_dict={"x": dtype})
    executor.forward(x=array(1, 2, dtype=dtype))
    assert executor.outputs[0].dtype == np.dtype(dtype) and executor.outputs[0].asnumpy().tolist() == [2, 4]
    assert flags == [[{"float16": 2, "float64": 1, "int32": 4}[dtype]]] * 2


def test_out_numpy_inputs_and_empty_arrays():
    declare(forward=twice)
    target = nd.zeros(2)
    assert nd.Custom(array(1, 2), op_type="test", out=target) is target
    assert target.asnumpy().tolist() == [2, 4]
    assert nd.Custom(nd.empty((0, 3)), op_type="test").shape == (0, 3)
    declare("sum", lambda self, is_train, req, in_data, out_data, aux: self.assign(out_data[0], req[0], sum(in_data)),
            list_arguments=lambda self: ["x", "y"])
    assert nd.Custom(array(1, 2), np.array([3, 4]), op_type="sum").asnumpy().tolist() == [4, 6]


def test_no_inputs():
    def infer_shape(self, in_shape):
        assert in_shape == []
        return [], [(2,)], []

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], 3)
    declare(forward=forward, list_arguments=lambda self: [], infer_shape=infer_shape,
            infer_type=lambda self, in_type: ([], [np.float32], []))
    assert nd.Custom(op_type="test").asnumpy().tolist() == [3, 3]
    assert sym.Custom(op_type="test").eval()[0].asnumpy().tolist() == [3, 3]


def test_nothing_is_left_behind():
    made = []

    def create(self, ctx, shapes, dtypes):
        op = type("Op", (CustomOp,), {"forward": twice, "backward": twice_back})()
        made.append(weakref.ref(op))
        return op
    declare(create_operator=create)
    x = leaf(1, 2)
    for _ in range(3):
        with autograd.record():
            y = nd.Custom(x, op_type="test")
        y.backward()
    del y
    gc.collect()
    assert [ref() for ref in made] == [None] * 3


# ---- inference ------------------------------------------------------------------------------------

def test_unknown_shapes_and_types():
    asked = []

    def infer_shape(self, in_shape):
        asked.append([list(s) for s in in_shape])
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]], []
    declare(list_arguments=lambda self: ["data", "label"], infer_shape=infer_shape)
    symbol = sym.Custom(sym.Variable("x"), op_type="test", name="c")
    assert symbol.infer_shape(x=(3, 2)) == ([(3, 2), (3,)], [(3, 2)], [])
    assert symbol.infer_shape_partial(x=(0, 3)) == ([(0, 3), (0,)], [(0, 3)], [])
    assert asked == [[[3, 2], []], [[-1, 3], []], [[-1, 3], [-1]]]
    assert symbol.infer_shape_partial() == ([(), ()], [()], [])
    with pytest.warns(UserWarning, match="Cannot decide shape"):
        assert symbol.infer_shape(c_label=(3,)) == (None, None, None)
    with pytest.warns(UserWarning, match="Cannot decide type"):
        assert symbol.infer_type() == (None, None, None)
    assert symbol.infer_type_partial(x="float64") == ([np.float64, None], [np.float64], [])


def test_contradictions_name_the_node():
    declare(infer_shape=lambda self, in_shape: ([(2, 2)], [(2, 2)]))
    with pytest.raises(mx.MXNetError, match=r"Custom 'c': data has shape \(3,\), expected \(2, 2\)"):
        sym.Custom(sym.Variable("x"), op_type="test", name="c").infer_shape(x=(3,))
    with pytest.raises(ValueError, match=r"Custom: data has shape \(3,\), expected \(2, 2\)"):
        nd.Custom(nd.zeros(3), op_type="test")


@pytest.mark.parametrize("method, answer, words", [
    ("infer_shape", ([(2,)], [(2,), (2,)]), "returned .* lists of .1, 2, 0.; expected lists of .1, 1, 0."),
    ("infer_shape", None, "returned None"),
    ("infer_shape", ([(2,)], None, []), "lists of .1, 0, 0."),
    ("infer_shape", ([(2,)], [2]), "gives the shape 2; expected a sequence of int"),
    ("infer_shape", ([(2,)], [()]), "does not say what shape and type its output 'output' has"),
    ("infer_type", ([np.float32], ["nonsense"], []), "'nonsense' is not a data type"),
    ("infer_storage_type", (["default"], ["row_sparse"], []), "arrays are dense"),
    ("create_operator", None, "create_operator returned None"),
    ("list_arguments", "data", "returned 'data'; expected a list of names"),
    ("list_outputs", [], "expected at least one output"),
    ("list_auxiliary_states", ["data"], "inputs of different names"),
])
def test_answers_that_make_no_sense(method, answer, words):
    declare(forward=twice, **{method: lambda self, *args: answer})
    with pytest.raises(mx.MXNetError, match=words):
        nd.Custom(nd.zeros(2), op_type="test")


# ---- errors ---------------------------------------------------------------------------------------

def raising(*args, **kwargs):
    raise KeyError("oops")


@pytest.mark.parametrize("method", ["list_arguments", "infer_shape", "infer_type", "create_operator",
                                    "declare_backward_dependency", "infer_storage_type"])
def test_an_error_in_the_prop_names_it(method):
    declare(forward=twice, **{method: raising})
    with pytest.raises(mx.MXNetError, match=rf"Custom: test\.{method} raised KeyError: 'oops'") as caught:
        nd.Custom(nd.zeros(2), op_type="test")
    assert isinstance(caught.value.__cause__, KeyError)


def test_an_error_in_the_operator_names_it(ctx):
    declare(forward=raising, backward=raising)
    with pytest.raises(mx.MXNetError, match=r"Custom: test\.forward raised KeyError: 'oops'") as caught:
        nd.Custom(nd.zeros(2), op_type="test")
    assert isinstance(caught.value.__cause__, KeyError)
    assert not autograd.is_recording() and mx.current_context() == ctx
    executor = sym.Custom(sym.Variable("x"), op_type="test").simple_bind(ctx, x=(2,))
    with pytest.raises(mx.MXNetError, match=r"Custom: test\.forward raised KeyError"):
        executor.forward()
    declare(forward=twice, backward=raising)
    x = leaf(1, 2)
    with autograd.record():
        y = nd.Custom(x, op_type="test")
    with pytest.raises(mx.MXNetError, match=r"Custom: test\.backward raised KeyError"):
        y.backward()


def test_an_error_in_inference_of_a_symbol_keeps_its_cause(ctx):
    declare(infer_shape=raising)
    symbol = sym.Custom(sym.Variable("x"), op_type="test", name="c")
    for ask in (lambda: symbol.infer_shape(x=(2,)), lambda: symbol.simple_bind(ctx, x=(2,))):
        with pytest.raises(mx.MXNetError, match=r"operator c: Custom 'c': test.infer_shape raised KeyError") as caught:
            ask()
        assert isinstance(caught.value.__cause__, KeyError)


def test_wrong_calls(two):
    x = array(1)
    with pytest.raises(TypeError, match="Custom: input 'st' is missing"):
        nd.Custom(x, x, op_type="two")
    with pytest.raises(TypeError, match=r"takes at most 3 positional arguments \(a, b, st\), got 4"):
        nd.Custom(x, x, x, x, op_type="two")
    with pytest.raises(mx.MXNetError, match="required argument 'op_type' is missing"):
        nd.Custom(x)
    for function, value in ((nd.Custom, x), (sym.Custom, sym.Variable("x"))):
        with pytest.raises(mx.MXNetError, match=r"Cannot find custom operator 'nono'; .* 'two'"):
            function(value, op_type="nono")
        with pytest.raises(mx.MXNetError, match=r"two.TwoProp raised TypeError: .* unexpected keyword argument 'zzz'"):
            function(value, op_type="two", zzz=3)
    text = sym.Custom(op_type="two", name="cc").tojson()
    with pytest.raises(mx.MXNetError, match=r"Failed loading Op cc of type Custom: .*Cannot find custom operator"):
        sym.load_json(text.replace('"two"', '"nono"'))


def test_inputs_are_read_only(ctx):
    if ctx.device_type != "cpu":
        pytest.skip("CuPy's arrays can always be written to")

    def forward(self, is_train, req, in_data, out_data, aux):
        in_data[0][:] = 3
    declare(forward=forward)
    x = array(1, 2)
    with pytest.raises(mx.MXNetError, match=r"test\.forward raised .*read-only"):
        nd.Custom(x, op_type="test")
    x += 1  # it was a view that could not be written to
    assert x.asnumpy().tolist() == [2, 3]


# ---- registration ---------------------------------------------------------------------------------

def test_register():
    declare(list_arguments=lambda self: ["u"])
    old = sym.Custom(op_type="test")
    made = declare(list_arguments=lambda self: ["v"], forward=twice)
    assert inspect.isclass(made)
    assert sym.Custom(op_type="test").list_arguments() == ["custom1_v"]
    assert old.eval(custom0_u=array(1))[0].asscalar() == 2  # what is registered when it is bound
    for wrong in (Softmax, Softmax(), lambda: None):
        with pytest.raises(TypeError, match="expected a subclass of CustomOpProp"):
            register("wrong")(wrong)


def test_documentation():
    assert "op_type" in inspect.signature(nd.Custom).parameters and "kwargs" in inspect.signature(sym.Custom).parameters
    assert "registered as `op_type`" in nd.Custom.__doc__


def test_assign():
    op, target = CustomOp(), nd.zeros(3)
    for req, expected in (("null", 0), ("write", 1), ("inplace", 1), ("add", 2)):
        op.assign(target, req, nd.ones(3))
        assert target.asnumpy().tolist() == [expected] * 3
    op.assign(target, "write", 7)
    assert target.asnumpy().tolist() == [7, 7, 7]
    op.assign(target, "write", np.arange(3))
    assert target.asnumpy().tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="req is 'bogus'"):
        op.assign(target, "bogus", 1)


def test_defaults_of_the_base_classes():
    prop = CustomOpProp()
    assert prop.infer_shape([[2, 3]]) == ([[2, 3]], [[2, 3]], [])
    assert prop.infer_type([np.float16]) == ([np.float16], [np.float16], [])
    assert prop.infer_storage_type(["default"]) == (["default"], ["default"], [])
    assert prop.infer_storage_type_backward(["default"], ["default"], ["default"], ["undefined"], []) == (
        ["default"], ["default"], ["default"], ["default"], [])
    assert prop.declare_backward_dependency([0], [1], [2]) == [0, 1, 2]
    assert CustomOpProp(need_top_grad=False).declare_backward_dependency([0], [1], [2]) == [1, 2]
    assert isinstance(prop.create_operator(None, [], []), CustomOp)
