"""Symbols: composing, naming, asking, storing, and the mistakes that users make."""

import copy
import json
import pickle
import threading
import warnings

import numpy as np
import pytest

import cupynet as mx

S, nd = mx.sym, mx.nd


@pytest.fixture
def data():
    return S.Variable("data")


def mlp():
    net = S.FullyConnected(S.Variable("data"), name="fc1", num_hidden=128)
    net = S.Activation(net, name="relu1", act_type="relu")
    return S.SoftmaxOutput(S.FullyConnected(net, name="fc2", num_hidden=10), name="out")


# ---- names ----------------------------------------------------------------------------------------


def test_repr(data):
    a = S.Variable("a")
    assert repr(a) == "<Symbol a>" and repr(a + data) == "<Symbol _plus0>"
    group = S.Group([S.softmax(a, name="softmax"), S.relu(a, name="regression")])
    assert repr(group) == "<Symbol group [softmax, regression]>" and group.name is None


def test_a_second_network_gets_other_names():
    def net():
        return S.FullyConnected(S.FullyConnected(S.Variable("data"), num_hidden=2), num_hidden=2)

    assert net().list_arguments()[1] == "fullyconnected0_weight"
    assert net().list_arguments()[1] == "fullyconnected2_weight"


def test_managers_count_for_themselves(data):
    assert S.relu(data).name == "relu0"
    with mx.name.NameManager() as manager:
        assert mx.name.current() is manager
        assert S.relu(data).name == "relu0" and S.relu(data).name == "relu1"
        with mx.name.Prefix("p_"):
            assert S.relu(data).name == "p_relu0" and S.relu(data, name="mine").name == "p_mine"
    assert S.relu(data).name == "relu1"
    assert mx.name.Prefix("q_").get(None, "hint") == "q_hint0"
    assert mx.name.NameManager().get("given", "hint") == "given"


def test_names_belong_to_a_thread(data):
    S.relu(data)
    found = []
    thread = threading.Thread(target=lambda: found.append(S.relu(data).name))
    thread.start()
    thread.join()
    assert found == ["relu0"]


def test_odd_names():
    net = S.Activation(S.Variable("Previous Output"), act_type="relu", name="relu_None")
    assert net.list_arguments() == ["Previous Output"]
    assert S.load_json(net.tojson()).list_arguments() == ["Previous Output"]
    assert S.relu(net, name="").name == "relu0"  # an empty name is no name


# ---- indexing -------------------------------------------------------------------------------------


def test_indexing(data):
    parts = S.SliceChannel(data, num_outputs=3, name="cut")
    assert len(parts) == 3 and parts.name == "cut"
    assert [p.list_outputs() for p in parts] == [["cut_output0"], ["cut_output1"], ["cut_output2"]]
    assert parts["cut_output1"].list_outputs() == parts[1].list_outputs() == parts[-2].list_outputs()
    assert parts[1:].list_outputs() == ["cut_output1", "cut_output2"]
    assert S.relu(data)[0].list_outputs() == ["relu0_output"]
    *_, three = parts
    assert three.list_outputs() == ["cut_output2"]


@pytest.mark.parametrize(
    "index, error, message",
    [
        (3, IndexError, "output 3 of <Symbol cut> does not exist; it has 3"),
        (-4, IndexError, "-4"),
        ("other", ValueError, 'Cannot find output that matches name "other"'),
        (1.0, TypeError, "1.0"),
        (None, TypeError, "None"),
    ],
)
def test_indexing_errors(data, index, error, message):
    with pytest.raises(error) as raised:
        S.SliceChannel(data, num_outputs=3, name="cut")[index]
    assert message in str(raised.value) and isinstance(raised.value, mx.MXNetError)


def test_ambiguous_output():
    both = S.Group([S.Variable("a"), S.Variable("a")])
    with pytest.raises(ValueError, match='multiple outputs with name "a"'):
        both["a"]


def test_internals_and_children():
    net = mlp()
    internals = net.get_internals()
    assert internals.list_outputs() == [
        "data",
        "fc1_weight",
        "fc1_bias",
        "fc1_output",
        "relu1_output",
        "fc2_weight",
        "fc2_bias",
        "fc2_output",
        "out_label",
        "out_output",
    ]
    features = internals["relu1_output"]
    assert features.list_arguments() == ["data", "fc1_weight", "fc1_bias"]
    assert net.get_children().list_outputs() == ["fc2_output", "out_label"]
    assert S.Variable("x").get_children() is None


def test_hash_and_truth(data):
    assert len({data: 1, S.Variable("data"): 2}) == 2
    assert (data == S.Variable("other")).name == "_equal0"
    with pytest.raises(mx.base.NotImplementedForSymbol) as raised:
        bool(data)
    assert str(raised.value) == (
        'Function __bool__ (namely operator "bool") is not implemented for Symbol and only available in NDArray.'
    )


@pytest.mark.parametrize("call", ["asnumpy", "asscalar", "copy", "as_in_context", "detach", "backward", "wait_to_read"])
def test_what_only_arrays_can(data, call):
    with pytest.raises(mx.base.NotImplementedForSymbol, match=f"Function {call} is not implemented for Symbol"):
        getattr(data, call)()


@pytest.mark.parametrize("use", ["+=", "-=", "*=", "/="])
def test_no_changing_in_place(data, use):
    with pytest.raises(mx.base.NotImplementedForSymbol):
        exec(f"data {use} 1", {"data": data})


# ---- composing ------------------------------------------------------------------------------------


def test_composition_copies():
    net1 = S.FullyConnected(S.Variable("data"), name="fc1", num_hidden=10)
    net2 = S.FullyConnected(S.Variable("data2"), name="fc2", num_hidden=10)
    whole = net2(data2=net1, name="composed")
    assert whole.list_arguments() == ["data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert whole.list_outputs() == ["composed_output"]
    assert net2.list_arguments() == ["data2", "fc2_weight", "fc2_bias"] and net2.name == "fc2"
    assert net2(data2=net1).name == "fc2"


def test_composing_a_variable_and_twice(data):
    a, b = S.Variable("a"), S.Variable("b")
    assert a(a=data).name == "data"
    swapped = (a - b)(a=b, b=a)
    assert swapped.list_arguments() == ["b", "a"]
    assert (a * a)(a=data).list_arguments() == ["data"]


@pytest.mark.parametrize(
    "call, error, message",
    [
        ("net(nope=data)", mx.MXNetError, "keyword argument name nope not found. Candidate arguments: [0]x"),
        ("net(data)", mx.MXNetError, "General composition only support kwargs for now"),
        ("net(data, x=data)", TypeError, "either as positional or keyword arguments, not both"),
        ("net(x=3)", TypeError, "Compose expect `Symbol` as arguments"),
        ("net(x=S.split(data, num_outputs=2))", mx.MXNetError, "2 outputs"),
        ("S.relu(S.split(data, num_outputs=2))", mx.MXNetError, "has 2 outputs; a single one is required"),
        ("S.relu(3)", TypeError, "data is int"),
        ("S.relu(nd.ones(1))", TypeError, "NDArray"),
        ("S.relu(data, data)", TypeError, "relu"),
        ("S.Concat(data, 3)", mx.MXNetError, "Concat"),
        ("S.FullyConnected(data)", mx.MXNetError, "required argument 'num_hidden' is missing"),
        ("S.FullyConnected(data, num_hidden=2, foo=1)", mx.MXNetError, "unknown argument 'foo'"),
        ("S.FullyConnected(data, num_hidden='many')", ValueError, "num_hidden is 'many'; expected an int"),
        ("S.FullyConnected(data, num_hidden=1, attr={'foo': '1'})", mx.MXNetError, "unknown argument 'foo'"),
        ("S.FullyConnected(data, num_hidden=1, attr={'__foo__': 1})", ValueError, "Attributes need to be string"),
        ("S.FullyConnected(data, num_hidden=1, no_bias=True, bias=data)", mx.MXNetError, "bias"),
        ("S.Activation(data, act_type='relu6')", ValueError, "act_type is 'relu6'; expected one of"),
        ("S.Group([])", TypeError, "Expected a list of symbols as input"),
        ("S.Group([1])", TypeError, "list of symbols"),
        ("S.Variable(3)", TypeError, "Expect a string for variable `name`"),
        ("S.Variable('a', foo='b')", ValueError, "Attribute name=foo is not supported."),
        ("S.Variable('a', attr={'b': 3})", ValueError, "Attributes need to be string"),
        ("S.Variable('a', stype='bogus')", KeyError, "bogus"),
        ("mx.AttrScope(a=3)", ValueError, "Attributes need to be string"),
        ("mx.name.Prefix(3)", TypeError, "Prefix"),
        ("data + nd.ones(1)", TypeError, "NDArray"),
        ("data + 'a'", TypeError, ""),
        ("'a' + data", TypeError, ""),
        ("data + None", TypeError, ""),
        ("data - np.ones(3)", TypeError, ""),
        ("np.ones(3) * data", TypeError, ""),
        ("S.maximum(data, 'a')", TypeError, "not supported"),
        ("S.no_such_operator", AttributeError, "no_such_operator"),
        ("data.no_such_method", AttributeError, "no_such_method"),
        ("data.gradient(['x'])", mx.MXNetError, "gradient"),
        ("data.astype('float17')", mx.MXNetError, "float17"),
        ("data.list_attr(recursive=True)", mx.MXNetError, "attr_dict"),
        ("data._set_attr(a=3)", ValueError, "Set Attr only accepts string values"),
        ("S.histogram(data, bins=3)", ValueError, "null range is not supported"),
    ],
)
def test_composition_errors(data, call, error, message):
    with pytest.raises(error) as raised:
        eval(call, {"S": S, "mx": mx, "nd": nd, "np": np, "data": data, "net": S.relu(S.Variable("x"))})
    assert message in str(raised.value)


def test_numpy_numbers(data):
    for number in (np.float32(2), np.float64(2), np.int64(2)):
        for made in (data * number, number * data, data**number):
            assert made.list_arguments() == ["data"]
            assert float(made.attr("scalar")) == 2


# ---- attributes -----------------------------------------------------------------------------------


def test_attributes():
    x = S.Variable("x", attr={"mood": "angry", "lr_mult": "2"}, shape=(2, 0), dtype="float16", wd_mult=0.5, __own__="z")
    assert x.attr("mood") == "angry" and x.attr("nothing") is None and x.attr("__own__") == "z"
    assert x.attr("lr_mult") == x.attr("__lr_mult__") == "2" and x.attr("wd_mult") == "0.5"
    assert x.attr("__shape__") == "(2, 0)" and x.attr("__dtype__") == "2"
    x._set_attr(mood="happy", ctx_group="g")
    assert x.list_attr()["mood"] == "happy" and x.attr("__ctx_group__") == "g"


def test_setting_an_operators_attribute(data):
    net = S.FullyConnected(data, num_hidden=3, name="fc")
    assert net.infer_shape(data=(2, 4))[1] == [(2, 3)]
    net._set_attr(num_hidden="7")
    assert net.infer_shape(data=(2, 4))[1] == [(2, 7)]
    with pytest.raises(mx.MXNetError):
        net._set_attr(num_hidden="many")
    assert net.attr("num_hidden") == "7"


def test_attributes_reach_new_variables(data):
    net = S.Convolution(data, name="conv", kernel=(1, 1), num_filter=1, attr={"__mood__": "so so", "__wd_mult__": "x"})
    assert net.attr_dict()["conv_weight"] == {
        "kernel": "(1, 1)",
        "num_filter": "1",
        "__mood__": "so so",
        "__wd_mult__": "x",
        "wd_mult": "x",
    }
    net.get_internals()["conv_weight"]._set_attr(__mood__="other")
    assert net.attr("__mood__") == "so so"


def test_scopes():
    with mx.AttrScope(__group__="4", __data__="great"):
        x = S.Variable("x", attr={"__dtype__": "0", "__group__": "5"})
        with mx.AttrScope(__group__="6"):
            y = S.Variable("y")
        z = S.relu(x)
    assert x.attr("__group__") == "5" and x.attr("__data__") == "great" and y.attr("__group__") == "6"
    assert y.attr("__data__") == "great" and z.attr("__group__") == "4"
    assert S.Variable("w").attr("__group__") is None


def test_a_scope_does_not_hurt_twice():
    scope = mx.AttrScope(__a__="1")
    with scope, mx.AttrScope(__b__="2"):
        pass
    with mx.AttrScope(__b__="2"), scope:
        pass
    with scope:
        assert S.Variable("x").list_attr() == {"__a__": "1"}
    with pytest.raises(ZeroDivisionError), scope:
        raise ZeroDivisionError
    assert S.Variable("x").list_attr() == {}


def test_states_know_how_to_begin(data):
    net = S.BatchNorm(data, name="bn", moving_var=S.Variable("v", init="zeros"))
    assert net.attr_dict()["bn_moving_mean"]["__init__"] == '["zero", {}]'
    assert net.attr_dict()["v"]["__init__"] == "zeros"  # the user has said


# ---- inference ------------------------------------------------------------------------------------


def test_infer_shape():
    args, outs, aux = mlp().infer_shape(data=(100, 100))
    assert args == [(100, 100), (128, 100), (128,), (10, 128), (10,), (100,)] and outs == [(100, 10)] and aux == []
    assert mlp().infer_shape((100, 100)) == (args, outs, aux)
    with pytest.warns(UserWarning, match="Cannot decide shape"):
        assert mlp().infer_shape() == (None, None, None)


def test_infer_shape_backwards():
    a, b = S.Variable("a"), S.Variable("b")
    assert (a + b).infer_shape(a=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [])
    assert (a + b).infer_shape(a=(0, 3), b=(2, 0)) == ([(2, 3), (2, 3)], [(2, 3)], [])
    known = S.relu(a) + S.Variable("c", shape=(4, 5))
    assert known.infer_shape() == ([(4, 5), (4, 5)], [(4, 5)], [])


def test_infer_shape_partial():
    net = S.FullyConnected(S.Variable("data"), num_hidden=2, name="fc")
    args, outs, _ = net.infer_shape_partial(data=(0, 7))
    assert args == [(0, 7), (2, 7), (2,)] and outs == [(0, 2)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert net.infer_shape(data=(0, 7)) == (None, None, None)
    assert "Cannot decide shape for the following arguments" in str(caught[0].message)
    assert "data: (0, 7)" in str(caught[0].message) and "fc_weight" not in str(caught[0].message)


def test_infer_shape_contradiction(capsys):
    net = S.Variable("a") + S.Variable("b")
    with pytest.raises(mx.MXNetError) as raised:
        net.infer_shape(a=(2, 3), b=(3, 2))
    assert capsys.readouterr().out == "infer_shape error. Arguments:\n  a: (2, 3)\n  b: (3, 2)\n"
    assert str(raised.value).startswith("Error in operator _plus0: ")
    assert "(2, 3)" in str(raised.value) and "(3, 2)" in str(raised.value)


@pytest.mark.parametrize(
    "args, kwargs, error, message",
    [
        ((), {"q": (1,)}, mx.MXNetError, "Keyword argument name q not found.\nCandidate arguments:\n\t[0]x"),
        (((1,),), {"x": (1,)}, ValueError, "positional or kwargs"),
        (((1,), (2,)), {}, ValueError, "2 values for 1 arguments"),
        ((), {"x": 3}, TypeError, "x is 3; expected a shape"),
        (("abc",), {}, TypeError, "'abc'"),
        ((), {"x": (1, "a")}, TypeError, "expected a shape"),
        ((), {"x": None}, TypeError, "Arguments need to be shapes (tuple), but 'x' is <class 'NoneType'>."),
        ((), {"x": (-2, 3)}, mx.MXNetError, "shape dim size must be >= -1, while received -2"),
    ],
)
def test_infer_shape_errors(args, kwargs, error, message):
    with pytest.raises(error) as raised:
        S.relu(S.Variable("x")).infer_shape(*args, **kwargs)
    assert message in str(raised.value)


def test_inference_without_a_warning():
    symbol = S.Variable("a") + S.Variable("b")
    assert symbol._infer_shape_impl(True, a=(0, 3)) == ([(0, 3), (0, 3)], [(0, 3)], [])
    assert symbol._infer_shape_impl(False, a=(0, 3)) == symbol._infer_type_impl(False) == (None, None, None)
    assert symbol._infer_shape_impl(False, a=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [])
    assert symbol._infer_type_impl(True, a="int8") == ([np.int8, np.int8], [np.int8], [])


def test_infer_type(capsys):
    a, b = S.Variable("a"), S.Variable("b")
    assert (a + b).infer_type(a="float32") == ([np.float32, np.float32], [np.float32], [])
    assert S.Cast(a, dtype="uint8").infer_type(np.int32) == ([np.int32], [np.uint8], [])
    with pytest.warns(UserWarning, match="Cannot decide type .* as input:\n\ta: None\n\tb: None$"):
        assert (a + b).infer_type() == (None, None, None)
    assert S.Group([a, b]).infer_type_partial(a="int8")[0] == [np.int8, None]
    assert S.BatchNorm(a).infer_type(a="float16") == (
        [np.float16, np.float32, np.float32],
        [np.float16],
        [np.float32] * 2,
    )
    with pytest.raises(mx.MXNetError, match="^Error in operator _plus.*float64"):
        (a + b).infer_type(a="float32", b="float64")
    assert capsys.readouterr().out == "infer_type error. Arguments:\n  a: float32\n  b: float64\n"
    with pytest.raises(mx.MXNetError, match="float64"):
        (a + b).infer_type_partial(a="float32", b="float64")
    assert capsys.readouterr().out == ""
    with pytest.raises(mx.MXNetError, match="Keyword argument name q not found"):
        a.infer_type(q="float32")


# ---- storing --------------------------------------------------------------------------------------


def test_save_and_load(tmp_path):
    net = mlp()
    path = tmp_path / "net-symbol.json"
    net.save(str(path))
    assert path.read_text() == net.tojson()
    again = S.load(str(path))
    assert again.tojson() == net.tojson() and again.list_arguments() == net.list_arguments()
    assert again.infer_shape(data=(2, 3)) == net.infer_shape(data=(2, 3))


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s)), lambda s: S.load_json(s.tojson())]
)
def test_copies(copied):
    data = S.Variable("data", __mark__="1")
    net = S.Group([S.BatchNorm(data, name="bn"), data * 2, S.split(data, num_outputs=2)[1]])
    other = copied(net)
    assert other.tojson() == net.tojson() and other.list_auxiliary_states() == net.list_auxiliary_states()
    other.get_internals()["data"]._set_attr(__mark__="2")
    other._compose(data=S.Variable("new"))
    assert net.attr_dict()["data"]["__mark__"] == "1" and net.list_arguments()[0] == "data"


def test_a_deep_graph(tmp_path):
    """Graphs are walked without recursion."""
    net = S.Variable("x")
    for _ in range(5000):
        net = net + 1
    assert len(S.load_json(net.tojson()).get_internals().list_outputs()) == 5001
    assert copy.deepcopy(net).infer_shape(x=(2,))[1] == [(2,)]


def test_a_wide_graph():
    """Every node is visited once, however many ways lead to it."""
    net = S.Variable("x")
    for _ in range(200):
        net = net + net
    assert net.list_arguments() == ["x"] and net.infer_shape(x=(2,))[1] == [(2,)]


# ---- bad files ------------------------------------------------------------------------------------


def good():
    return {
        "nodes": [
            {"op": "null", "name": "x", "inputs": []},
            {"op": "null", "name": "y", "inputs": []},
            {"op": "elemwise_add", "name": "sum", "inputs": [[0, 0, 0], [1, 0, 0]]},
            {"op": "SliceChannel", "name": "cut", "attrs": {"num_outputs": "2"}, "inputs": [[2, 0, 0]]},
        ],
        "arg_nodes": [0, 1],
        "heads": [[3, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901]},
    }


def changed(*path, value):
    graph = good()
    place = graph
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(graph)


BAD = [
    "",
    "{",
    "[]",
    "3",
    "null",
    '"text"',
    "nonsense",
    "{}",
    '{"nodes": []}',
    '{"nodes": 3, "heads": []}',
    "[" * 100000,
    '{"nodes": [], "heads": [[0, 0, 0]]}',
    '{"nodes": [3], "heads": []}',
    '{"nodes": [{}], "heads": [[0, 0, 0]]}',
    '{"a": ' * 50000,
    "\x00",
    "NaN",
    *(
        changed("heads", value=v)
        for v in (
            None,
            3,
            {},
            [3],
            [[0]],
            [[0, 0, 0, 0]],
            [[9, 0, 0]],
            [[-1, 0, 0]],
            [[3, 2, 0]],
            [[3, -1, 0]],
            [["3", 0, 0]],
            [[3.0, 0, 0]],
            [[True, 0, 0]],
            [],
            [None],
        )
    ),
    *(
        changed("nodes", 2, "inputs", value=v)
        for v in (
            None,
            3,
            [[0, 0, 0]],
            [[0, 0, 0]] * 3,
            [[2, 0, 0]] * 2,
            [[3, 0, 0]] * 2,
            [[0, 1, 0]] * 2,
            [0, 1],
            [[0, 0, 0], None],
        )
    ),
    *(changed("nodes", 2, "op", value=v) for v in (None, 3, "", "NoSuchOperator", [])),
    *(changed("nodes", 2, "name", value=v) for v in (None, 3, [])),
    *(
        changed("nodes", 3, "attrs", value=v)
        for v in (
            3,
            [],
            "text",
            {},
            {"num_outputs": "many"},
            {"num_outputs": "-1"},
            {"num_outputs": "0"},
            {"num_outputs": "99999999999999999999"},
            {"num_outputs": "2", "zzz": "1"},
            {"num_outputs": None},
            {"num_outputs": {"a": 1}},
        )
    ),
    changed("nodes", 2, "subgraphs", value=[{}]),
    changed("unknown", value=1),
    changed("nodes", 2, value=None),
    changed("nodes", 0, "inputs", value=[[0, 0, 0]]),
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_bad_json(text):
    with pytest.raises(mx.MXNetError):
        S.load_json(text)


def test_good_json():
    assert S.load_json(json.dumps(good())).list_outputs() == ["cut_output0"]
    for field in ("arg_nodes", "node_row_ptr", "attrs"):  # not needed
        graph = good()
        graph.pop(field, None)
        assert S.load_json(json.dumps(graph)).list_arguments() == ["x", "y"]


def test_bad_files(tmp_path):
    with pytest.raises(mx.MXNetError, match="nowhere"):
        S.load(str(tmp_path / "nowhere.json"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x12")
    with pytest.raises(mx.MXNetError, match="binary"):
        S.load(str(tmp_path / "binary"))
    for wrong in (3, None, b"{}"):
        with pytest.raises(TypeError):
            S.load_json(wrong)
    for wrong in (3, None):
        with pytest.raises(TypeError):
            S.load(wrong)
        with pytest.raises(TypeError):
            S.Variable("x").save(wrong)


@pytest.mark.parametrize(
    "text, message",
    [
        (
            changed("nodes", 2, "op", value="Nope"),
            "Failed loading Op sum of type Nope: Operator Nope is not registered",
        ),
        (
            changed("nodes", 3, "attrs", value={"num_outputs": "2", "zzz": "1"}),
            "Failed loading Op cut of type SliceChannel: SliceChannel: unknown argument 'zzz'",
        ),
        (
            changed("nodes", 2, "inputs", value=[[0, 0, 0]]),
            "node 'sum' (elemwise_add) has 1 inputs, expected 2 (lhs, rhs)",
        ),
        (changed("heads", value=[[3, 2, 0]]), "heads refers to output 2 of 'cut', which does not exist"),
    ],
)
def test_messages_of_bad_files(text, message):
    with pytest.raises(mx.MXNetError) as raised:
        S.load_json(text)
    assert message in str(raised.value)


def test_attributes_of_unknown_kind_stay():
    graph = good()
    graph["nodes"][2]["attrs"] = {"__mine__": "1", "ctx_group": "dev1"}
    again = S.load_json(json.dumps(graph)).get_internals()["sum_output"]
    assert again.attr("__mine__") == "1"


# ---- operators as functions -----------------------------------------------------------------------


def test_functions_are_documented():
    assert S.FullyConnected.__name__ == "FullyConnected" and "num_hidden" in S.FullyConnected.__doc__
    import inspect

    assert list(inspect.signature(S.FullyConnected).parameters)[:4] == ["data", "weight", "bias", "num_hidden"]
    assert "FullyConnected" in dir(S) and "gemm2" in dir(S.linalg)
    assert S.FullyConnected is S.FullyConnected


def test_scalar_functions_of_numbers():
    assert S.maximum(2, 3) == 3 and S.minimum(2, 3) == 2 and S.power(2, 3) == 8 and S.hypot(3, 4) == 5


def test_values_of_two_way_functions(ctx):
    x = S.Variable("x")
    value = nd.array([1.0, 2.0, 4.0])
    cases = [
        (S.maximum(x, 2), [2, 2, 4]),
        (S.maximum(2, x), [2, 2, 4]),
        (S.minimum(x, 2), [1, 2, 2]),
        (S.power(x, 2), [1, 4, 16]),
        (S.power(2, x), [2, 4, 16]),
        (2**x, [2, 4, 16]),
        (x**2, [1, 4, 16]),
        (5 - x, [4, 3, 1]),
        (8 / x, [8, 4, 2]),
        (x % 3, [1, 2, 1]),
        (9 % x, [0, 1, 1]),
        (-x, [-1, -2, -4]),
        (abs(-x), [1, 2, 4]),
        (x > 1, [0, 1, 1]),
        (x > 1, [0, 1, 1]),
        (x <= 2, [1, 1, 0]),
        (x == 2, [0, 1, 0]),
        (x != 2, [1, 0, 1]),
        (S.hypot(x, 0), [1, 2, 4]),
        (S.maximum(x, x * 0 + 3), [3, 3, 4]),
    ]
    for symbol, want in cases:
        np.testing.assert_allclose(symbol.eval(ctx=ctx, x=value)[0].asnumpy(), want, rtol=1e-6)


def test_histogram_and_split(ctx):
    x = S.Variable("x")
    value = nd.array([0.1, 0.2, 0.6, 0.9])
    counts, edges = S.histogram(x, bins=2, range=(0, 1)).eval(ctx=ctx, x=value)
    np.testing.assert_array_equal(counts.asnumpy(), [2, 2])
    np.testing.assert_allclose(edges.asnumpy(), [0, 0.5, 1])
    parts = S.split_v2(x, (1, 3)).eval(ctx=ctx, x=value)
    assert [p.shape for p in parts] == [(1,), (2,), (1,)]


def test_debug_str():
    text = mlp().debug_str()
    assert "Variable:data\n" in text and "Op:FullyConnected, Name=fc1\n" in text and "\targ[0]=data(0)" in text


def test_attributes_by_their_short_names():
    s = mx.sym.Variable("s")
    fc = mx.sym.FullyConnected(s, num_hidden=3, name="fc", lr_mult=2, ctx_group="dev1", __mood__=1)
    expected = {"num_hidden": "3", "__lr_mult__": "2", "lr_mult": "2", "__ctx_group__": "dev1", "ctx_group": "dev1",
                "__mood__": "1"}
    assert fc.attr_dict() == dict.fromkeys(("fc_weight", "fc_bias", "fc"), expected)
    total = s + s
    total._set_attr(mood="happy")  # an operator without attributes takes any
    assert mx.sym.load_json(total.tojson()).attr("mood") == "happy"


def test_split_v2_is_a_method():
    parts = mx.sym.Variable("s").split_v2((1,), axis=1)
    assert parts.infer_shape(s=(2, 3))[1] == [(2, 1), (2, 2)]
    assert parts.tojson() != mx.sym.Variable("s").split_v2(3, axis=1).tojson()


@pytest.mark.parametrize("called", ["concat", "stack", "add_n"])
def test_a_variadic_operator_needs_an_input(called):
    with pytest.raises(mx.MXNetError, match="at least one input"):
        getattr(mx.sym, called)()
    assert mx.sym.Concat(num_args=2, name="c").list_arguments() == ["c_arg0", "c_arg1"]


def test_debug_str_is_that_of_mxnet():
    assert mx.sym.Variable("s").debug_str() == "Variable:s\n"
    text = mx.sym.Activation(mx.sym.Variable("s"), act_type="relu", name="r").debug_str()
    assert text == ("Symbol Outputs:\n\toutput[0]=r(0)\nVariable:s\n--------------------\nOp:Activation, Name=r\n"
                    "Inputs:\n\targ[0]=s(0) version=0\nAttrs:\n\tact_type=relu\n")


def test_the_innermost_scopes():
    with mx.name.Prefix("p_") as prefix, mx.AttrScope(ctx_group="dev1"):
        assert mx.name.current() is prefix
        assert mx.attribute.current().get(None) == {"ctx_group": "dev1"}
    assert mx.name.current() is not prefix and not mx.attribute.current().get(None)


def test_a_pickle_as_mxnet_makes_it():
    made = mx.sym.Symbol(None)  # MXNet 1.9.1 pickles Symbol(None) and the state {"handle": JSON}
    made.__setstate__({"handle": mx.sym.Variable("x").tojson()})
    assert made.list_arguments() == ["x"]


class TestAtomicSymbol:
    """An operator without inputs, which is given them by a call."""

    def test_inputs_by_position_and_name(self):
        atom = S.FullyConnected(S.var("d"), num_hidden=3, name="f", lr_mult="2")._gen_atomic_symbol()
        assert (atom.name, atom.list_outputs(), atom.list_inputs()) == ("", ["output"], [])
        assert atom(S.var("q")).list_inputs() == ["q", "weight", "bias"]
        named = atom(data=S.var("q"), name="zz")
        assert named.list_inputs() == ["q", "zz_weight", "zz_bias"] and named.list_outputs() == ["zz_output"]
        assert named.attr_dict()["zz_weight"]["__lr_mult__"] == "2"
        assert atom(S.var("q"), S.var("w"), S.var("b"), name="zz").list_inputs() == ["q", "w", "b"]
        with pytest.raises(mx.MXNetError, match="Incorrect number of arguments, requires 3, provided 4"):
            atom(*[S.var(name) for name in "abcd"])

    def test_several_outputs_and_inputs(self):
        rnn = S.RNN(*map(S.var, ("data", "p", "h", "c")), state_size=10, num_layers=2, bidirectional=True,
                    state_outputs=True, mode="lstm")
        assert len(rnn._gen_atomic_symbol()) == 3
        joined = S.Concat(S.var("a"), S.var("b"))._gen_atomic_symbol()(S.var("x"), S.var("y"), name="c")
        assert joined.list_inputs() == ["x", "y"] and joined.list_attr() == {"num_args": "2"}

    def test_states_begin_as_they_should(self):
        norm = S.BatchNorm(S.var("a"))._gen_atomic_symbol()(S.var("x"), name="c")
        assert norm.list_auxiliary_states() == ["c_moving_mean", "c_moving_var"]
        assert norm.attr_dict()["c_moving_var"] == {"__init__": '["one", {}]'}

    @pytest.mark.parametrize("symbol", [S.var("a"), S.Group([S.var("a"), S.var("b")])])
    def test_not_of_variables_and_groups(self, symbol):
        with pytest.raises(mx.MXNetError, match="_gen_atomic_symbol"):
            symbol._gen_atomic_symbol()


def test_what_an_operator_updates_is_a_variable():
    with pytest.raises(mx.MXNetError, match="moving_mean is the output of exp .* must be a Variable"):
        S.BatchNorm(S.var("a"), moving_mean=S.exp(S.var("b")))


def test_files_say_whether_zero_lengths_are_meant():
    symbol = S.var("a") + 1
    with mx.util.np_shape(True):
        text = symbol.tojson()
    assert text.endswith('"attrs": {\n    "is_np_shape": ["int", 1], \n    "mxnet_version": ["int", 10901]\n  }\n}')
    assert S.load_json(text).tojson() == symbol.tojson()


def test_subgraph_backends_of_mxnet_change_nothing():
    symbol = S.var("a") + 1
    assert symbol.get_backend_symbol("MKLDNN").tojson() == symbol.optimize_for("MKLDNN").tojson() == symbol.tojson()
    with pytest.raises(mx.MXNetError, match="SubgraphProperty nope is not found in SubgraphBackendRegistry"):
        symbol.get_backend_symbol("nope")


def test_candidates_of_a_sampled_loss():
    drawn, of_true, of_drawn = S.contrib.rand_zipfian(S.var("c"), 5, 100)
    assert drawn.tojson().count('"high": "4.61512051684126"') == 1
    values = S.Group([drawn, of_true, of_drawn]).eval(c=mx.nd.array([3]))
    candidates, expected = values[0].asnumpy(), values[2].asnumpy()
    assert candidates.dtype == np.int64 and candidates.min() >= 0 and candidates.max() < 100
    np.testing.assert_allclose(expected, 5 * np.log((candidates + 2) / (candidates + 1)) / np.log(101))
    np.testing.assert_allclose(values[1].asnumpy(), [5 * np.log(5 / 4) / np.log(101)])
    drawn, of_true, _ = mx.nd.contrib.rand_zipfian(mx.nd.array([3]), 5, 100)
    assert drawn.shape == (5,) and of_true.asnumpy() == values[1].asnumpy()
