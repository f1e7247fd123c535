"""Optimizers against the answers of MXNet (scripts/oracle/training.py), and what only we promise."""
import json
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetTypeError, MXNetValueError

DATA = Path(__file__).resolve().parents[1] / "data" / "training"
ANSWERS = json.loads((DATA / "optimizers.json").read_text())
NAMES = {int(index): name for index, name in ANSWERS["names"].items()}
# Of float16 weights, MXNet's rounding after each operation differs from ours.
TOLERANCE = {"float16": {"rtol": 2e-3, "atol": 2e-3}, "float32": {"rtol": 2e-5, "atol": 2e-6},
             "float64": {"rtol": 2e-5, "atol": 2e-6}}


def made(name, arguments):
    given = {key: value for key, value in arguments.items() if key not in ("dtype", "single")}
    if "lr_scheduler" in given:
        schedule, values = given["lr_scheduler"]
        given["lr_scheduler"] = getattr(mx.lr_scheduler, schedule)(**values)
    return mx.optimizer.create(name, param_idx2name=NAMES, **given)


def assert_same_state(found, expected, **tolerance):
    if isinstance(expected, list) and isinstance(found, tuple):
        assert len(found) == len(expected)
        for each, other in zip(found, expected):
            assert_same_state(each, other, **tolerance)
    elif expected is None:
        assert found is None
    else:
        np.testing.assert_allclose(found.asnumpy(), np.array(expected), **tolerance)


def label(case):
    return f"{case['optimizer']}-" + ",".join(f"{key}={value}" for key, value in case["arguments"].items())


@pytest.mark.filterwarnings("ignore:Accumulating with float16")
@pytest.mark.parametrize("case", ANSWERS["cases"], ids=label)
def test_steps_are_those_of_mxnet(case):
    arguments = case["arguments"]
    given = ANSWERS["given"][case["given"]]
    dtype = arguments.get("dtype", "float32")
    update = mx.optimizer.get_updater(made(case["optimizer"], arguments))
    weights = [mx.nd.array(weight, dtype=dtype) for weight in given["weights"]]
    before = list(weights)
    indices = list(range(len(weights)))
    for step, expected in zip(given["grads"], case["weights"]):
        grads = [mx.nd.array(grad, dtype=dtype) for grad in step]
        copies = [grad.copy() for grad in grads]
        if arguments.get("single"):
            for i in indices:
                update(i, grads[i], weights[i])
        else:
            update(indices, grads, weights)
        for weight, old, grad, copy, wanted in zip(weights, before, grads, copies, expected):
            assert weight is old
            assert weight.dtype == np.dtype(dtype)
            np.testing.assert_array_equal(grad.asnumpy(), copy.asnumpy())  # left alone
            np.testing.assert_allclose(weight.asnumpy(), np.array(wanted), **TOLERANCE[dtype])
    for i, expected in zip(indices, case["states"]):
        assert_same_state(update.states[i], expected, **TOLERANCE[dtype])


@pytest.mark.parametrize("name", ANSWERS["defaults"])
def test_attributes_have_the_names_and_defaults_of_mxnet(name):
    attributes = vars(mx.optimizer.create(name))
    assert {key: attributes.get(key, "missing") for key in ANSWERS["defaults"][name]} == ANSWERS["defaults"][name]


@pytest.mark.parametrize("case", ANSWERS["multipliers"]["cases"], ids=lambda case: case["optimizer"])
def test_names_and_attributes_multiply_learning_rate_and_decay(case):
    sym = mx.sym.load_json(ANSWERS["multipliers"]["json"]) if case["symbol"] else None
    names = dict(enumerate(["fc_weight", "fc_bias", "bn_gamma", "bn_beta", "other"]))
    optimizer = mx.optimizer.create(case["optimizer"], learning_rate=0.1, wd=0.01, param_idx2name=names, sym=sym)
    if case["lr_mult"]:
        optimizer.set_lr_mult(dict(case["lr_mult"]))
        optimizer.set_wd_mult(dict(case["wd_mult"]))
    assert optimizer._get_lrs(range(6)) == pytest.approx(case["lrs"])
    assert optimizer._get_wds(range(6)) == pytest.approx(case["wds"])


def test_parameters_of_a_dict_bring_their_factors():
    class Parameter:
        lr_mult, wd_mult = 3.0, 0.5

    optimizer = mx.optimizer.SGD(learning_rate=0.1, wd=0.2, param_dict={0: Parameter()})
    assert optimizer._get_lrs([0, 1]) == pytest.approx([0.3, 0.1])
    assert optimizer._get_wds([0, 1]) == pytest.approx([0.1, 0.2])
    assert pickle.loads(pickle.dumps(optimizer)).param_dict == {}


def test_nag_takes_the_decay_of_the_momentum_from_the_new_weight():
    weight = mx.nd.array([1.0])
    nag = mx.optimizer.NAG(learning_rate=0.1, momentum=0.5, wd=0.1)
    update = mx.optimizer.get_updater(nag)
    momentum, expected = 0.0, 1.0
    for _ in range(3):
        update(0, mx.nd.array([2.0]), weight)
        slope = 0.1 * (2 + 0.1 * expected)
        ahead = 0.5 * momentum - slope
        expected += 0.5 * ahead - slope
        momentum = 0.5 * momentum - 0.1 * (2 + 0.1 * expected)
    assert weight.asscalar() == pytest.approx(expected, abs=1e-6)
    assert update.states[0].asscalar() == pytest.approx(momentum, rel=1e-5)


def test_dcasgd_with_momentum():
    weight, grad = mx.nd.array([1.0]), mx.nd.array([2.0])
    update = mx.optimizer.get_updater(mx.optimizer.DCASGD(learning_rate=0.1, momentum=0.5, lamda=0.5))
    update(0, grad, weight)
    update(0, grad, weight)
    first = -0.2
    second = 0.5 * first - 0.1 * (2 + 0.5 * 4 * first)  # the weight has moved by `first`, but seen from before that
    # At the second step the previous weight is the one from before the first step.
    assert weight.asscalar() == pytest.approx(1 + first + second, rel=1e-6)


def test_sgld_adds_noise_of_the_right_size(ctx):
    mx.random.seed(3)
    weight = mx.nd.zeros((100, 100), ctx=ctx)
    mx.optimizer.get_updater(mx.optimizer.SGLD(learning_rate=0.04))(0, mx.nd.ones((100, 100)) * 5, weight)
    values = weight.asnumpy()
    assert values.mean() == pytest.approx(-0.02 * 5, abs=0.01)
    assert values.std() == pytest.approx(0.2, rel=0.05)


# ---- making ---------------------------------------------------------------------------------------


def test_created_by_name():
    assert type(mx.optimizer.create("SGD", momentum=0.9)) is mx.optimizer.SGD
    assert type(mx.optimizer.Optimizer.create_optimizer("adam")) is mx.opt.Adam
    assert mx.optimizer.optimizer.Adam is mx.optimizer.Adam
    assert issubclass(mx.optimizer.contrib.GroupAdaGrad, mx.optimizer.Optimizer)
    assert isinstance(mx.optimizer.create("ccsgd"), mx.optimizer.SGD)


def test_registering(monkeypatch):
    monkeypatch.setattr(mx.optimizer.Optimizer, "opt_registry", dict(mx.optimizer.Optimizer.opt_registry))

    @mx.optimizer.register
    class Mine(mx.optimizer.Optimizer):
        def update(self, index, weight, grad, state):
            weight -= grad

    weight = mx.nd.ones((2,))
    mx.optimizer.get_updater(mx.optimizer.create("mine"))(0, mx.nd.ones((2,)), weight)
    assert weight.asnumpy().tolist() == [0, 0]
    with pytest.warns(UserWarning, match="New optimizer .*Mine is overriding existing"):
        mx.optimizer.register(Mine)
    with pytest.raises(MXNetTypeError, match="subclass of Optimizer"):
        mx.optimizer.register(int)


@pytest.mark.parametrize(("make", "error", "text"), [
    (lambda: mx.optimizer.create("nope"), MXNetValueError, "Cannot find optimizer nope"),
    (lambda: mx.optimizer.create(3), MXNetTypeError, "name is 3"),
    (lambda: mx.optimizer.create("sgd", nope=3), TypeError, "nope"),
    (lambda: mx.optimizer.SGD(param_idx2name=["a"]), MXNetTypeError, "should be a dict"),
    (lambda: mx.optimizer.SGD(sym="a"), MXNetTypeError, "expected a Symbol"),
    (lambda: mx.optimizer.LBSGD(batch_scale=0), MXNetValueError, "batch_scale"),
    (lambda: mx.optimizer.create("groupadagrad").create_state(0, mx.nd.ones((3,))), MXNetValueError, "two axes"),
    (lambda: mx.optimizer.create("groupadagrad", wd=0.1).update(0, mx.nd.ones((3, 2)), mx.nd.ones((3, 2)), None),
     MXNetValueError, "Weight decay is not supported"),
    (lambda: mx.optimizer.SGD().set_lr_scale({}), DeprecationWarning, "set_lr_mult"),
    (lambda: mx.optimizer.get_updater(mx.optimizer.SGD())([0, 1], [mx.nd.ones(2)], [mx.nd.ones(2)]), MXNetTypeError,
     "2 indices, 1 gradients"),
])
def test_mistakes(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_a_schedule_decides_about_the_learning_rate(capsys):
    schedule = mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=0.4)
    assert mx.optimizer.SGD(lr_scheduler=schedule).learning_rate == 0.4
    optimizer = mx.optimizer.SGD(learning_rate=0.8, lr_scheduler=schedule)
    assert "has been overwritten by ``learning_rate``" in capsys.readouterr().out
    update = mx.optimizer.get_updater(optimizer)
    for expected in (0.8, 0.4, 0.2):
        update(0, mx.nd.ones((1,)), mx.nd.ones((1,)))
        assert optimizer.learning_rate == expected
    with pytest.raises(UserWarning, match="LRScheduler of the optimizer has already been defined"):
        optimizer.set_learning_rate(1)
    optimizer = mx.optimizer.SGD(learning_rate=0.8)
    optimizer.set_learning_rate(0.3)
    assert optimizer.learning_rate == 0.3


def test_each_device_counts_its_updates():
    optimizer = mx.optimizer.SGD(begin_num_update=5)
    update = mx.optimizer.get_updater(optimizer)
    for context in (mx.cpu(0), mx.cpu(1)):
        update(0, mx.nd.ones((1,), ctx=context), mx.nd.ones((1,), ctx=context))
    assert optimizer.num_update == 6
    assert optimizer._all_index_update_counts == {0: {0: 6}, 1: {0: 6}}


def test_float16_without_an_exact_copy_is_warned_of():
    for name, said in (("sgd", "the SGD optimizer"), ("adam", "the optimizer")):
        with pytest.warns(UserWarning, match=f"multi_precision=True option of {said}"):
            mx.optimizer.create(name).create_state_multi_precision(0, mx.nd.ones((2,), dtype="float16"))


def test_lists_of_weights_of_several_dtypes():
    update = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=1, momentum=0.5))
    dtypes = ["float32", "float64"] * 5
    weights = [mx.nd.full((2,), i, dtype=dtype) for i, dtype in enumerate(dtypes)]
    update(list(range(10)), [mx.nd.ones((2,), dtype=dtype) for dtype in dtypes], weights)
    assert [w.asnumpy().tolist() for w in weights] == [[i - 1] * 2 for i in range(10)]
    update([], [], [])


def test_the_number_of_weights_at_once_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", "2")
    assert mx.optimizer.SGD().aggregate_num == 2
    assert mx.optimizer.Adam().aggregate_num == 0


# ---- states ---------------------------------------------------------------------------------------


def trained(name, **arguments):
    """Return an updater after the two steps of the oracle's files."""
    update = mx.optimizer.get_updater(mx.optimizer.create(name, **arguments))
    dtype = "float16" if arguments.get("multi_precision") else "float32"
    for step in (1, 2):
        for i in (0, 3):
            array = mx.nd.array(np.arange(6).reshape(2, 3), dtype=dtype)
            update(i, array * step - i, array / 10)
    return update


def factor():
    return mx.lr_scheduler.FactorScheduler(2, 0.5, base_lr=0.2)


FILES = [("sgd", lambda: trained("sgd", momentum=0.9), False), ("sgd_without_momentum", lambda: trained("sgd"), False),
         ("sgd_mixed", lambda: trained("sgd", momentum=0.9, multi_precision=True), False),
         ("adam", lambda: trained("adam"), False),
         ("adam_optimizer", lambda: trained("adam", wd=0.1, lr_scheduler=factor()), True),
         ("group_adagrad_optimizer", lambda: trained("groupadagrad", eps=0.5), True)]


def assert_same_updater(found, expected):
    assert list(found.states) == list(expected.states)
    for i, state in expected.states.items():
        assert_same_state(found.states[i], _plain(state), rtol=1e-3, atol=1e-3)


def _plain(state):
    return [_plain(each) for each in state] if isinstance(state, tuple) else \
        None if state is None else state.asnumpy().tolist()


@pytest.mark.parametrize(("name", "make", "whole"), FILES, ids=[name for name, _, _ in FILES])
def test_reads_the_states_of_mxnet(name, make, whole):
    expected = make()
    update = mx.optimizer.get_updater(mx.optimizer.Test())
    update.set_states((DATA / f"{name}.states").read_bytes())
    assert_same_updater(update, expected)
    if whole:
        assert type(update.optimizer) is type(expected.optimizer)
        ours, theirs = dict(vars(expected.optimizer)), dict(vars(update.optimizer))
        schedules = ours.pop("lr_scheduler"), theirs.pop("lr_scheduler")
        assert ours == theirs
        assert schedules[0] is schedules[1] is None or vars(schedules[0]) == vars(schedules[1])
        assert update.optimizer._index_update_count is update.optimizer._all_index_update_counts[0]
    else:
        assert type(update.optimizer) is mx.optimizer.Test
    # and goes on with them
    weight = mx.nd.ones((2, 3), dtype="float16" if "mixed" in name else "float32")
    if whole:
        update(3, mx.nd.ones((2, 3)), weight)


@pytest.mark.parametrize(("name", "make", "whole"), FILES, ids=[name for name, _, _ in FILES])
def test_writes_states_that_name_only_classes_of_mxnet(name, make, whole):
    expected = make()
    data = expected.get_states(dump_optimizer=whole)
    # That MXNet reads such a file is seen by: scripts/oracle/training.py FILE
    texts = {argument for code, argument, _ in pickletools.genops(data) if code.name == "BINUNICODE"}
    assert not any("cupynet" in text for text in texts)
    update = mx.optimizer.get_updater(mx.optimizer.Test())
    update.set_states(data)
    assert_same_updater(update, expected)
    assert type(update.optimizer) is (type(expected.optimizer) if whole else mx.optimizer.Test)


def test_states_move_to_the_weight(ctx):
    update = mx.optimizer.get_updater(mx.optimizer.Adam())
    update(0, mx.nd.ones((2,)), mx.nd.ones((2,)))
    update.set_states(update.get_states())
    assert update.states_synced == {0: False}
    there = mx.cpu(1) if ctx == mx.cpu(0) else ctx
    update(0, mx.nd.ones((2,), ctx=there), mx.nd.ones((2,), ctx=there))
    assert {state.context for state in update.states[0]} == {there}


def test_reads_pickles_of_other_protocols_and_of_our_own_classes():
    update = trained("adam", wd=0.1, lr_scheduler=factor())
    for protocol in range(6):
        other = mx.optimizer.get_updater(mx.optimizer.Test())
        other.set_states(pickle.dumps((update.states, update.optimizer), protocol=protocol))
        assert_same_updater(other, update)
        assert type(other.optimizer) is mx.optimizer.Adam


def test_a_registered_class_of_ones_own_comes_back(monkeypatch):
    monkeypatch.setattr(mx.optimizer.Optimizer, "opt_registry", dict(mx.optimizer.Optimizer.opt_registry))
    update = mx.optimizer.get_updater(Own())
    data = update.get_states(dump_optimizer=True)
    with pytest.raises(mx.MXNetError, match="must be registered first"):
        update.set_states(data)
    mx.optimizer.register(Own)
    update.set_states(data)
    assert type(update.optimizer) is Own
    assert update.optimizer.extra == [np.float32(0.5), {"a": (True, None, -3, 1 << 70, "ü", b"x")}]


class Own(mx.optimizer.Optimizer):
    def __init__(self):
        super().__init__()
        self.extra = [np.float32(0.5), {"a": (True, None, -3, 1 << 70, "ü", b"x")}]


class Hostile:
    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


GOOD = (DATA / "sgd.states").read_bytes()
BAD = {
    "text": b"xx", "nothing": b"", "no states": pickle.dumps(3), "a pair": pickle.dumps(({}, 3)),
    "cut": GOOD[:-30], "more": GOOD + b"x", "damaged array": GOOD.replace(b"\xc9\xfa\x93\xf9", b"\xc9\xfa\x93\x00"),
    "a call": pickle.dumps({0: Hostile(print, ("hello",))}), "a module": pickle.dumps({0: np.zeros(2)}),
    "eval": pickle.dumps({0: Hostile(eval, ("1",))}), "many zeros": pickle.dumps({0: Hostile(bytearray, (1 << 50,))}),
    "a long text": b"\x80\x04\x8d" + (1 << 60).to_bytes(8, "little") + b"x.",
    "a far memo": b"\x80\x02}r\xff\xff\xff\xff.", "no data": b"\x80\x04}(K\x00\x8c\x15mxnet.ndarray.ndarray"
    b"\x8c\x07NDArray\x93N\x85Ru.", "an array by value": b"\x80\x04}(K\x00\x8c\x15mxnet.ndarray.ndarray"
    b"\x8c\x07NDArrayx\x93K\x05\x85Ru.", "a persistent object": b"\x80\x02U\x01xQ.",
    "a deep list": b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b".",
    "arrays that share bytes": b"\x80\x04}(" + b"".join(
        b"K%c\x8c\x15mxnet.ndarray.ndarray\x8c\x07NDArray\x93N\x85R}\x8c\x06handle" % i
        + (b"h\x00" if i else b"C\x2e" + b"\xc9\xfa\x93\xf9" + bytes(42) + b"\x94") + b"sb" for i in range(9)) + b"u.",
    "an attribute": pickle.dumps({0: Hostile(getattr, ("text", "upper"))}),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_states_are_refused_and_change_nothing(name, capsys):
    update = trained("sgd", momentum=0.9)
    before, optimizer = dict(update.states), update.optimizer
    with pytest.raises(mx.MXNetError):
        update.set_states(BAD[name])
    assert capsys.readouterr().out == ""
    assert update.states == before
    assert update.optimizer is optimizer


def test_what_cannot_be_stored():
    update = mx.optimizer.get_updater(mx.optimizer.SGD())
    update.states[0] = {1, 2}
    with pytest.raises(MXNetTypeError, match="a state holds a set"):
        update.get_states()
    with pytest.raises(MXNetTypeError, match="expected bytes"):
        update.set_states("text")


@pytest.mark.parametrize("kind", ["sgd", "adam", "ftrl", "rmsprop", "signum", "ftml", "lamb", "lars", "nag", "lbsgd"])
def test_a_bound_of_zero_clips_nothing(kind):
    """As in MXNet, whose operators are not told of it."""
    weights = [mx.nd.array([1.0, -2.0]) for _ in range(2)]
    for weight, more in zip(weights, ({"clip_gradient": 0.0}, {})):
        mx.optimizer.get_updater(mx.optimizer.create(kind, **more))(0, mx.nd.array([0.5, 0.25]), weight)
    np.testing.assert_array_equal(*(weight.asnumpy() for weight in weights))
    assert (weights[0].asnumpy() != [1, -2]).all()


@pytest.mark.parametrize("kind", ["adagrad", "adadelta", "nadam", "dcasgd"])
def test_a_bound_of_zero_lets_nothing_through_where_mxnet_clips_itself(kind):
    weight = mx.nd.array([1.0, -2.0])
    mx.optimizer.get_updater(mx.optimizer.create(kind, clip_gradient=0.0))(0, mx.nd.array([0.5, 0.25]), weight)
    np.testing.assert_array_equal(weight.asnumpy(), [1, -2])


def test_any_callable_is_a_schedule():
    optimizer = mx.optimizer.SGD(lr_scheduler=lambda update: 1 / (1 + update))
    assert optimizer.lr is None
    weight, update = mx.nd.array([0.0]), mx.optimizer.get_updater(optimizer)
    for _ in range(2):
        update(0, mx.nd.array([1.0]), weight)
    assert weight.asscalar() == pytest.approx(-1 / 2 - 1 / 3) and optimizer.learning_rate == pytest.approx(1 / 3)


def test_lbsgd_asks_its_schedule_before_the_update_counts():
    schedule = mx.lr_scheduler.PolyScheduler(max_update=4, pwr=1, base_lr=0.4)
    weight, update = mx.nd.array([0.0]), mx.optimizer.get_updater(mx.optimizer.LBSGD(lr_scheduler=schedule))
    seen = [0.0]
    for _ in range(3):
        update(0, mx.nd.array([1.0]), weight)
        seen.append(float(weight.asscalar()))
    np.testing.assert_allclose(np.diff(seen), [-0.4, -0.3, -0.2], rtol=1e-5)


def test_updates_of_different_dtypes_are_not_aggregated(monkeypatch):
    dtypes = ["float32", "float64", "float32", "float16", "float64", "float16"]
    seen = []
    for name in ("multi_sgd_mom_update", "multi_mp_sgd_mom_update"):
        call = getattr(mx.nd, name)

        def spy(*arrays, call=call, **attrs):
            seen.append({w.dtype for w in attrs["out"]})
            return call(*arrays, **attrs)
        monkeypatch.setattr(mx.nd, name, spy)
    results = []
    for together in (True, False):
        update = mx.optimizer.get_updater(mx.optimizer.SGD(momentum=0.9, wd=0.1, multi_precision=True))
        weights = [mx.nd.arange(3, dtype=dtype) + i for i, dtype in enumerate(dtypes)]
        grads = [mx.nd.ones((3,), dtype=dtype) / 4 for dtype in dtypes]
        for _ in range(2):
            if together:
                update(list(range(6)), grads, weights)
            else:
                for i in range(6):
                    update(i, grads[i], weights[i])
        results.append([w.asnumpy() for w in weights])
    assert seen and all(len(kinds) == 1 for kinds in seen)
    for one, other in zip(*results):
        np.testing.assert_allclose(one, other, rtol=1e-6)
