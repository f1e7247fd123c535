"""Variance-reduced gradients: MXNet's log and weights; a store learns what one learns without."""
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetError
from cupynet.contrib.svrg_optimization.svrg_module import SVRGModule

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("svrg_programs", HERE / "svrg_programs.py")
programs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(programs)
ANSWERS = json.loads((HERE.parent / "data" / "contrib" / "svrg.json").read_text())


def told(lines):
    return [line.rpartition("=")[0] for line in lines], [float(line.rpartition("=")[2]) for line in lines]


@pytest.mark.parametrize("name", ANSWERS)
def test_the_log_is_that_of_mxnet(name):
    lines, weights = programs.fit(mx, SVRGModule, **programs.PROGRAMS[name])
    expected, expected_weights = ANSWERS[name]
    assert told(lines)[0] == told(expected)[0]
    np.testing.assert_allclose(told(lines)[1], told(expected)[1], 1e-4)
    for key, values in expected_weights.items():
        np.testing.assert_allclose(weights[key], values, 1e-4, 1e-5)


@pytest.mark.parametrize("contexts, store", [(2, "local"), (2, "device"), (1, None)])
def test_stores_change_nothing(contexts, store):
    """In MXNet the first gradient is that at weights of 0 if a store updates."""
    _, alone = programs.fit(mx, SVRGModule, freq=2)
    _, found = programs.fit(mx, SVRGModule, freq=2, contexts=contexts, kvstore=store or mx.kv.create("local"))
    for name, values in alone.items():
        np.testing.assert_allclose(found[name], values, 1e-4)


def module(**options):
    found = SVRGModule(programs.network(mx), label_names=["lin_label"], **{"update_freq": 2, **options})
    batches = programs.iterator(mx, 20, False)
    found.bind(batches.provide_data, batches.provide_label)
    found.init_params(mx.init.Uniform(0.5))
    found.init_optimizer()
    return found, batches


def test_the_first_step_goes_along_the_whole_gradient():
    found, batches = module()
    found.update_full_grads(batches)
    data, label = batches.data[0][1], batches.label[0][1]
    weight, bias = (array.asnumpy() for array in (found.get_params()[0][name] for name in ("fc_weight", "fc_bias")))
    whole = ((data @ weight.ravel() + bias - label)[:, None] * data).sum(0) / 5
    batches.reset()
    found.forward_backward(batches.next())
    found.update()
    np.testing.assert_allclose(found.get_params()[0]["fc_weight"].asnumpy()[0], weight[0] - 0.01 / 4 * whole, 1e-5)


def test_other_shapes_and_prediction():
    found, batches = module()
    assert found.predict(batches).shape == (20, 1)  # which needs no whole gradient
    found.update_full_grads(batches)
    found.reshape([("data", (2, 3))], [("lin_label", (2,))])
    found.forward_backward(mx.io.DataBatch([mx.nd.ones((2, 3))], [mx.nd.ones(2)]))
    found.update()
    assert found.get_outputs()[0].shape == (2, 1)


@pytest.mark.parametrize("value, kind", [(None, TypeError), (2.5, TypeError), (0, ValueError), (-1, ValueError)])
def test_how_often_is_a_whole_number(value, kind):
    with pytest.raises(kind, match="update_freq in SVRGModule must be"):
        module(update_freq=value)


def test_a_whole_gradient_comes_first():
    found, batches = module()
    with pytest.raises(MXNetError, match="call update_full_grads before training"):
        found.forward_backward(batches.next())
    batches.reset()
    empty = mx.io.ResizeIter(batches, 0)
    with pytest.raises(MXNetError, match="train_data has no batches"):
        found.update_full_grads(empty)
