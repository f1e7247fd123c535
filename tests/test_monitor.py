"""Monitors of executors; the lines are those that MXNet logs."""
import logging

import numpy as np

import cupynet as mx


def executor():
    net = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1"), act_type="relu",
                            name="a")
    made = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax").simple_bind(
        mx.cpu(), data=(2, 3))
    for value in made.arg_dict.values():
        value[:] = np.arange(value.size).reshape(value.shape) / 7.0
    return made


def watched(caplog, batches=3, **options):
    mon, ex = mx.mon.Monitor(2, **options), executor()
    mon.install(ex)
    with caplog.at_level(logging.INFO):
        for _ in range(batches):
            mon.tic()
            ex.forward(is_train=True)
            mon.toc_print()
    return [record.getMessage() for record in caplog.records]


def test_every_second_batch_is_logged(caplog):
    lines = watched(caplog)
    assert lines[0] == "Batch:       1 fc1_output                     1.4164575\t"
    names = [line.split()[2] for line in lines]
    assert names == ["fc1_output", "a_output", "fc2_output", "softmax_output", "data", "fc1_weight", "fc1_bias",
                     "fc2_weight", "fc2_bias", "softmax_label"] * 2
    assert [line.split()[1] for line in lines] == ["1"] * 10 + ["3"] * 10


def test_a_pattern_an_order_and_a_statistic_of_ones_own(caplog):
    lines = watched(caplog, 1, pattern="fc1.*", sort=True, stat_func=lambda x: [mx.nd.max(x), mx.nd.min(x)])
    assert lines == ["Batch:       1 fc1_bias                       0.42857143\t0.0\t",
                     "Batch:       1 fc1_output                     2.9183674\t0.10204083\t",
                     "Batch:       1 fc1_weight                     1.5714285\t0.0\t"]


def test_inputs_of_operators(caplog):
    names = [line.split()[2] for line in watched(caplog, 1, monitor_all=True)]
    assert {"fc1_data", "a_input0", "softmax_label"} <= set(names)


# ---- the backward pass: names and order are MXNet's -------------------------------------------------------

def shown_on_the_way_back(symbol, shapes, requests="write", heads=None):
    made, seen = symbol.simple_bind(mx.current_context(), requests, **shapes), {}
    for value in made.arg_dict.values():
        value[:] = np.arange(value.size).reshape(value.shape) % 5 / 7.0 + 0.1
    made.set_monitor_callback(lambda name, array: seen.setdefault(name, array.asnumpy()))
    made.forward(is_train=True)
    before = set(seen)
    made.backward(heads)
    return made, {name: value for name, value in seen.items() if name not in before}


def test_gradients_of_every_node():
    net = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1"), act_type="relu",
                            name="a")
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")
    made, seen = shown_on_the_way_back(net, {"data": (2, 3)})
    assert list(seen) == ["softmax_backward_output0", "softmax_backward_output1", "fc2_backward_output0",
                          "fc2_backward_output1", "fc2_backward_output2", "a_backward_output", "fc1_backward_output0",
                          "fc1_backward_output1", "fc1_backward_output2"]
    for name, place in (("data", 0), ("fc1_weight", 1), ("fc1_bias", 2)):
        np.testing.assert_array_equal(seen[f"fc1_backward_output{place}"], made.grad_dict[name].asnumpy())
    hidden = made.arg_dict["fc2_weight"].asnumpy().T @ seen["softmax_backward_output0"].T
    np.testing.assert_allclose(seen["fc2_backward_output0"], hidden.T, 1e-5)
    requests = {name: "null" if name in ("data", "softmax_label") else "write" for name in net.list_arguments()}
    _, some = shown_on_the_way_back(net, {"data": (2, 3)}, requests)
    assert list(some) == list(seen) and not some["fc1_backward_output0"].any()  # nobody has asked for it


def test_gradients_that_add_up():
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    with mx.name.NameManager():
        net = mx.sym.make_loss(mx.sym.sum((x + y) * x - 2 * y / (x + 3), name="s"), name="ml")
    made, seen = shown_on_the_way_back(net, {"x": (2, 3), "y": (2, 3)})
    assert list(seen) == ["ml_backward_output", "s_backward_output", "_minus0_backward_output0",
                          "_minus0_backward_output1", "_div0_backward_output0", "_div0_backward_output1",
                          "_plusscalar0_backward_output", "_mul0_backward_output0", "_mul0_backward_output1",
                          "sum_grad_output", "_mulscalar0_backward_output"]
    np.testing.assert_array_equal(seen["sum_grad_output"], made.grad_dict["x"].asnumpy())


def test_head_gradients_and_views():
    x = mx.sym.Variable("x")
    net = mx.sym.SwapAxis(mx.sym.Reshape(mx.sym.exp(x, name="e"), shape=(3, 2), name="r"), dim1=0, dim2=1, name="t")
    made, seen = shown_on_the_way_back(net, {"x": (2, 3)}, heads=mx.nd.array([[1, 2, 3], [4, 5, 6]]))
    assert list(seen) == ["_head_grad_0_id_output", "t_backward_data", "r_backward_output", "e_backward_output"]
    np.testing.assert_array_equal(seen["r_backward_output"], [[1, 4, 2], [5, 3, 6]])
    np.testing.assert_array_equal(seen["e_backward_output"], made.grad_arrays[0].asnumpy())


def test_a_monitor_logs_gradients_too(caplog):
    mon, ex = mx.mon.Monitor(1, pattern=".*backward.*"), executor()
    mon.install(ex)
    mon.tic()
    ex.forward(is_train=True)
    ex.backward()
    assert [name for _, name, _ in mon.toc()][:3] == ["softmax_backward_output0", "softmax_backward_output1",
                                                      "fc2_backward_output0"]
