"""Modules: the steps from symbol to trained network, and what goes wrong on the way."""
import itertools
import logging

import numpy as np
import pytest

import cupynet as mx


def net(names=("fc1", "fc2")):
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name=names[0])
    hidden = mx.sym.Activation(hidden, act_type="relu")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=2, name=names[1]), name="softmax")


X = np.random.RandomState(0).rand(50, 6).astype("float32")
Y = (X.sum(1) > 3).astype("float32")


def data(batch=20, **options):
    return mx.io.NDArrayIter(X, Y, batch, **options)


def bound(contexts=1, **options):
    module = mx.mod.Module(net(), context=[mx.cpu(i) for i in range(contexts)])
    module.bind(data().provide_data, data().provide_label, **options)
    module.init_params(mx.init.Xavier())
    return module


def batch(size=20, width=6):
    return mx.io.DataBatch([mx.nd.ones((size, width))], [mx.nd.zeros((size,))])


def test_each_step_needs_those_before_it():
    module = mx.mod.Module(net())
    for early in (lambda: module.forward(batch()), module.get_outputs, module.get_params, module.init_params,
                  lambda: module.data_shapes, module.update, module.init_optimizer):
        with pytest.raises(mx.MXNetError, match="call "):
            early()
    module.bind(data().provide_data, data().provide_label)
    with pytest.raises(mx.MXNetError, match="init_params"):
        module.forward(batch())
    module.init_params()
    with pytest.raises(mx.MXNetError, match="init_optimizer"):
        module.update()
    with pytest.raises(mx.MXNetError, match="inputs_need_grad"):
        module.get_input_grads()


def test_names_are_checked():
    with pytest.raises(ValueError, match="Did you mean one of"):
        mx.mod.Module(net(), data_names=["foo"])
    with pytest.warns(UserWarning, match="label_names"):
        mx.mod.Module(net(), label_names=["foo"])
    with pytest.raises(ValueError, match="fixed_param_names"):
        mx.mod.Module(net(), fixed_param_names=["zz"])
    with pytest.raises(ValueError, match="data_shapes don't match"):
        mx.mod.Module(net()).bind([("other", (3, 6))])
    with pytest.raises(ValueError, match="work loads"):
        mx.mod.Module(net(), context=[mx.cpu(0), mx.cpu(1)], work_load_list=[1])


def test_shapes_and_names():
    module = bound()
    assert module.data_names == ["data"] and module.label_names == ["softmax_label"]
    assert module.output_names == ["softmax_output"] and module.output_shapes == [("softmax_output", (20, 2))]
    assert str(module.data_shapes) == "[DataDesc[data,(20, 6),<class 'numpy.float32'>,NCHW]]"


def test_a_second_call_is_ignored(caplog):
    module = bound()
    with caplog.at_level(logging.WARNING):
        module.bind(data().provide_data, data().provide_label)
        module.init_optimizer()
        module.init_optimizer()
    assert [r.message for r in caplog.records] == ["Already bound, ignoring bind()",
                                                   "optimizer already initialized, ignoring..."]
    with pytest.warns(UserWarning, match="init_params call ignored"):
        module.init_params()


@pytest.mark.parametrize("contexts", [1, 2])
def test_gradients_of_the_contexts_are_added(contexts):
    module = bound(contexts)
    before = {name: value.copy() for name, value in module.get_params()[0].items()}
    module.init_optimizer(optimizer_params={"learning_rate": 1.0, "rescale_grad": 1.0, "wd": 0.0})
    module.forward_backward(next(data()))
    module.update()
    alone = net().bind(mx.cpu(), {**before, "data": mx.nd.array(X[:20]), "softmax_label": mx.nd.array(Y[:20])},
                       {name: mx.nd.zeros(value.shape) for name, value in before.items()})
    alone.forward(is_train=True)
    alone.backward()
    for name, value in module.get_params()[0].items():
        np.testing.assert_allclose(value.asnumpy(), (before[name] - alone.grad_dict[name]).asnumpy(), 1e-4, 1e-5)


def test_the_optimizer_that_is_made():
    module = bound()
    module.init_optimizer()
    assert module._optimizer.rescale_grad == 1 / 20 and not module._update_on_kvstore
    with pytest.warns(UserWarning, match="rescale_grad is not normalized"):
        module.init_optimizer(optimizer=mx.optimizer.SGD(), force_init=True)
    module = bound(2)
    module.init_optimizer()
    assert module._update_on_kvstore and module._optimizer.idx2name[0] == "fc1_weight"


def test_other_shapes_rebind_by_themselves():
    module = bound()
    module.forward(batch(7))
    assert module.get_outputs()[0].shape == (7, 2) and module.data_shapes[0].shape == (7, 6)
    module.forward(mx.io.DataBatch([mx.nd.ones((9, 6))]), is_train=False)  # no labels
    assert module.get_outputs()[0].shape == (9, 2)
    with pytest.raises(mx.MXNetError, match="fc1_weight"):
        module.forward(batch(7, width=5))
    module.reshape([("data", (5, 6))], [("softmax_label", (5,))])
    assert module.output_shapes == [("softmax_output", (5, 2))]


def test_predict_strips_the_padding():
    module = bound()
    whole = module.predict(data())
    assert whole.shape == (50, 2)
    parts = module.predict(data(), merge_batches=False)
    assert [part[0].shape for part in parts] == [(20, 2), (20, 2), (10, 2)]
    np.testing.assert_array_equal(mx.nd.concatenate([p[0] for p in parts]).asnumpy(), whole.asnumpy())
    assert [(i, out[0].shape, b.pad) for out, i, b in module.iter_predict(data())] == [
        (0, (20, 2), 0), (1, (20, 2), 0), (2, (10, 2), 10)]
    assert isinstance(module.predict(data(), always_output_list=True), list)
    np.testing.assert_array_equal(module.predict(X).asnumpy(), whole.asnumpy())
    with pytest.raises(ValueError, match="NDArray or DataIter"):
        module.predict("x")


def test_score_can_stop_early_and_takes_several_metrics():
    found = bound().score(data(), ["acc", "ce"], num_batch=1)
    assert [name for name, _ in found] == ["accuracy", "cross-entropy"]


def test_parameters_by_name():
    module = bound()
    args, auxs = module.get_params()
    with pytest.raises(mx.MXNetError, match="fc1_bias is not presented"):
        module.set_params({"fc1_weight": mx.nd.ones((4, 6))}, {})
    with pytest.raises(mx.MXNetError, match="fc1_weight"):
        module.set_params({"fc1_weight": mx.nd.ones((5, 6))}, {}, allow_missing=True)
    module.set_params({"fc1_bias": mx.nd.ones((4,))}, {}, allow_missing=True)
    np.testing.assert_array_equal(module.get_params()[0]["fc1_bias"].asnumpy(), np.ones(4))
    module.set_params({**args, "more": mx.nd.ones((1,))}, auxs)
    with pytest.raises(mx.MXNetError, match="more"):
        module.set_params({"more": mx.nd.ones((1,))}, {}, allow_missing=True)


@pytest.mark.filterwarnings("ignore:Parameters already initialized")
@pytest.mark.parametrize("contexts", [1, 2])
def test_checkpoints_continue_the_same_way(tmp_path, contexts):
    def trained(module, epochs):
        module.fit(data(), num_epoch=epochs, optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
        return module
    contexts = [mx.cpu(i) for i in range(contexts)]
    module = trained(mx.mod.Module(net(), context=contexts), 2)
    module.save_checkpoint(str(tmp_path / "m"), 2, save_optimizer_states=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m-0002.params", "m-0002.states", "m-symbol.json"]
    again = mx.mod.Module.load(str(tmp_path / "m"), 2, load_optimizer_states=True, context=contexts)
    trained(again, 1)
    module.fit(data(), num_epoch=1)
    for name, value in module.get_params()[0].items():
        np.testing.assert_allclose(again.get_params()[0][name].asnumpy(), value.asnumpy(), 1e-5)


def test_a_file_of_something_else_is_refused(tmp_path):
    module = bound()
    mx.nd.save(str(tmp_path / "x.params"), {"x": mx.nd.ones((1,))})
    with pytest.raises(mx.MXNetError, match="Invalid param file"):
        module.load_params(str(tmp_path / "x.params"))
    module.save_params(str(tmp_path / "y.params"))
    module.load_params(str(tmp_path / "y.params"))


def test_fixed_parameters_and_requests():
    module = mx.mod.Module(net(), fixed_param_names=["fc1_weight"])
    module.bind(data().provide_data, data().provide_label, grad_req="add")
    assert module._exec_group.grad_req == {"data": "null", "fc1_weight": "null", "fc1_bias": "add",
                                           "fc2_weight": "add", "fc2_bias": "add", "softmax_label": "null"}


def test_input_gradients_and_outputs_of_each_context():
    module = mx.mod.Module(net(), context=[mx.cpu(0), mx.cpu(1)], work_load_list=[1, 3])
    module.bind(data().provide_data, data().provide_label, inputs_need_grad=True)
    module.init_params()
    module.forward_backward(next(data()))
    assert module._exec_group.slices == [slice(0, 5), slice(5, 20)]
    assert [x.shape for x in module.get_outputs(merge_multi_context=False)[0]] == [(5, 2), (15, 2)]
    assert module.get_input_grads()[0].shape == (20, 6)
    with pytest.raises(ValueError, match="Some splits are empty"):
        mx.mod.Module(net(), context=[mx.cpu(i) for i in range(4)]).bind([("data", (3, 6))])


def test_states_stay_from_batch_to_batch():
    total = mx.sym.Variable("data") + mx.sym.Variable("state")
    module = mx.mod.Module(mx.sym.Group([mx.sym.BlockGrad(total)]), label_names=None, state_names=["state"])
    module.bind([("data", (2, 3))], for_training=False)
    module.init_params()
    module.set_states(value=1)
    for expected in (2, 3):
        module.forward(mx.io.DataBatch([mx.nd.ones((2, 3))]))
        assert (module.get_outputs()[0].asnumpy() == expected).all()
        module.set_states(states=module.get_outputs(merge_multi_context=False))
    with pytest.raises(mx.MXNetError, match="merge_multi_context"):
        module.get_states()


def test_callbacks_see_the_loop():
    seen = []
    module = mx.mod.Module(net())
    module.fit(data(), eval_data=data(), num_epoch=1, batch_end_callback=lambda p: seen.append((p.epoch, p.nbatch)),
               epoch_end_callback=[lambda e, s, a, x: seen.append(sorted(a))],
               eval_end_callback=lambda p: seen.append(p.nbatch))
    assert seen == [(0, 0), (0, 1), (0, 2), ["fc1_bias", "fc1_weight", "fc2_bias", "fc2_weight"], 3]
    with pytest.raises(ValueError, match="number of epochs"):
        module.fit(data())


# ---- bucketing ------------------------------------------------------------------------------------

def bucket(key):
    summed = mx.sym.sum(mx.sym.Embedding(mx.sym.Variable("data"), input_dim=10, output_dim=3, name="embed"), axis=1)
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(summed, num_hidden=2, name="fc"), name="softmax"), ("data",), \
        ("softmax_label",)


def bucket_batch(key, size=4):
    return mx.io.DataBatch([mx.nd.ones((size, key))], [mx.nd.zeros((size,))], bucket_key=key,
                           provide_data=[("data", (size, key))], provide_label=[("softmax_label", (size,))])


def test_buckets_share_parameters_and_optimizer(tmp_path):
    module = mx.mod.BucketingModule(bucket, default_bucket_key=5)
    with pytest.raises(mx.MXNetError, match="bind"):
        module.symbol  # noqa: B018
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    module.init_params(mx.init.One())
    module.init_optimizer(optimizer_params={"learning_rate": 1.0, "momentum": 0.9})
    weights = []
    for key in (5, 3, 5, 4):
        module.forward_backward(bucket_batch(key))
        module.update()
        weights.append(module.get_params()[0]["fc_weight"].asnumpy().copy())
    assert all((a != b).any() for a, b in itertools.pairwise(weights))
    first, other = module._buckets[5], module._buckets[3]
    assert first._exec_group.execs[0].arg_dict["fc_weight"] is other._exec_group.execs[0].arg_dict["fc_weight"]
    module.save_checkpoint(str(tmp_path / "b"), 1)
    again = mx.mod.BucketingModule.load(str(tmp_path / "b"), 1, default_bucket_key=5)
    again.bind([("data", (4, 5))], [("softmax_label", (4,))], for_training=False)
    again.init_params()
    for each in (module, again):
        each.forward(bucket_batch(3), is_train=False)
    np.testing.assert_array_equal(again.get_outputs()[0].asnumpy(), module.get_outputs()[0].asnumpy())


# ---- chains and modules in Python ------------------------------------------------------------------

@pytest.mark.filterwarnings("ignore:Parameters already initialized")
def test_a_chain_learns_what_the_whole_network_learns():
    first = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1"), act_type="relu")
    second = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc2"),
                                  name="softmax")
    chain = mx.mod.SequentialModule()
    chain.add(mx.mod.Module(first, label_names=None)).add(mx.mod.Module(second), take_labels=True, auto_wiring=True)
    whole = mx.mod.Module(net())
    chain.bind(data().provide_data, data().provide_label)
    chain.init_params(mx.init.Xavier())
    start = {name: value.copy() for name, value in chain.get_params()[0].items()}
    for module in (chain, whole):
        module.fit(data(), num_epoch=2, arg_params=start, optimizer_params={"learning_rate": 0.5})
    for name, value in whole.get_params()[0].items():
        np.testing.assert_allclose(chain.get_params()[0][name].asnumpy(), value.asnumpy(), 1e-5)
    with pytest.raises(TypeError, match='Unknown meta "foo"'):
        chain.add(whole, foo=1)


def test_a_loss_in_python():
    first = mx.mod.Module(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc"), label_names=None)
    loss = mx.mod.PythonLossModule(grad_func=lambda scores, labels: scores - labels.reshape((-1, 1)))
    chain = mx.mod.SequentialModule().add(first).add(loss, take_labels=True, auto_wiring=True)
    chain.fit(mx.io.NDArrayIter(X, X.sum(1), 10), num_epoch=60, eval_metric="mse",
              optimizer_params={"learning_rate": 0.3})
    np.testing.assert_allclose(first.get_params()[0]["fc_weight"].asnumpy(), np.ones((1, 6)), atol=0.1)
    assert loss.output_shapes == [("pyloss_output", (10, 1))]
