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
