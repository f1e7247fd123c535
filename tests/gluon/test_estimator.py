"""Where the Estimator does on purpose what MXNet's does not (what it does as MXNet's is in sessions/estimators.py)."""
import os
import warnings

import numpy as np
import pytest

import cupynet as mx
from cupynet import gluon
from cupynet.base import MXNetError, MXNetTypeError
from cupynet.gluon.contrib import estimator as est


def data(n=10):
    arrays = mx.nd.random.uniform(shape=(n, 3)), mx.nd.zeros((n,))
    return gluon.data.DataLoader(gluon.data.ArrayDataset(*arrays), batch_size=5)


@pytest.fixture
def estimator():
    ctx = mx.context.current_context()
    net = gluon.nn.Dense(2, in_units=3)
    net.initialize(ctx=ctx)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": .1})
    made = est.Estimator(net, gluon.loss.SoftmaxCELoss(), trainer=trainer, context=ctx)
    made.logger.setLevel("ERROR")
    return made


def test_it_learns(estimator):
    before = estimator.net.weight.data().asnumpy()
    estimator.fit(data(), epochs=20)
    assert not np.allclose(before, estimator.net.weight.data().asnumpy())
    estimator.evaluate(data())
    assert estimator.val_metrics[0].get() == ("validation accuracy", 1.0)


def test_the_list_of_handlers_stays_as_it_is(estimator):
    last, first = est.LoggingHandler(), est.MetricHandler(estimator.train_metrics)
    handlers = [last, first]
    estimator.fit(data(), data(), epochs=1, event_handlers=handlers)
    assert handlers == [last, first]
    estimator.fit(data(), epochs=1, event_handlers=(last, first))


def test_a_composite_metric_among_others_is_shown_part_by_part(estimator, capsys):
    parts = mx.metric.CompositeEvalMetric([mx.metric.Accuracy(), mx.metric.TopKAccuracy(2)])
    made = est.Estimator(estimator.net, estimator.loss, train_metrics=[parts], trainer=estimator.trainer,
                         context=estimator.context)
    made.fit(data(), epochs=1)
    assert "top_k_accuracy_2: 1.0000" in capsys.readouterr().out


def test_training_again_keeps_the_newest_checkpoints(estimator, tmp_path):
    handler = est.CheckpointHandler(str(tmp_path), max_checkpoints=3)
    for _ in range(2):
        estimator.fit(data(), epochs=2, event_handlers=handler)
    assert sorted(each for each in os.listdir(tmp_path) if each.endswith(".params")) == \
        ["model-epoch0batch2.params", "model-epoch1batch4.params"]


def test_a_checkpoint_brings_back_weights_and_states(estimator, tmp_path):
    estimator.fit(data(), epochs=2, event_handlers=est.CheckpointHandler(str(tmp_path)))
    after = estimator.net.weight.data().asnumpy()
    estimator.net.weight.set_data(mx.nd.zeros((2, 3)))
    seen = []

    class Weights(est.EpochBegin):
        def epoch_begin(self, estimator, *args, **kwargs):
            seen.append(estimator.net.weight.data().asnumpy())

    estimator.fit(data(), epochs=3, event_handlers=[est.CheckpointHandler(str(tmp_path), resume_from_checkpoint=True),
                                                    Weights()])
    assert len(seen) == 1
    assert np.array_equal(seen[0], after)


@pytest.mark.parametrize("name", ["model-epoch7.params", "model-epoch6batch.params", "model-epochxbatch2.params"])
def test_a_file_that_is_no_checkpoint_is_named(estimator, tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=f"Error parsing checkpoint file.*{name}"):
        estimator.fit(data(), epochs=1, event_handlers=est.CheckpointHandler(str(tmp_path),
                                                                             resume_from_checkpoint=True))


def test_early_stopping_can_be_asked_in_validation(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.evaluate(data(), event_handlers=est.EarlyStoppingHandler(estimator.val_metrics[0], mode="max"))


@pytest.mark.parametrize("handlers", [3, object(), est.LoggingHandler])
def test_what_is_no_handler_is_shown(estimator, handlers):
    with pytest.raises(MXNetTypeError, match="handlers must be an EventHandler"):
        estimator.fit(data(), epochs=1, event_handlers=handlers)


def test_an_interval_of_no_batches_is_refused():
    with pytest.raises(MXNetError, match="log_interval must be at least 1; got 0"):
        est.LoggingHandler(0)
