"""Networks and states that MXNet trained and saved: they compute the same here, and are written as they were."""
import json
import re
from pathlib import Path

import numpy as np
import pytest
import trained

import cupynet as mx
from cupynet.base import MXNetError

DATA = Path(__file__).parent / "data" / "trained"
ANSWERS = json.loads((DATA / "answers.json").read_text())


@pytest.mark.parametrize("name", trained.NETWORKS)
def test_a_network_computes_what_it_did_in_mxnet(name):
    np.testing.assert_allclose(trained.outputs(mx, str(DATA / name), name), ANSWERS["outputs"][name], 1e-5, 1e-6)


def test_buckets_compute_what_they_did_in_mxnet():
    for found, expected in zip(trained.bucket_outputs(mx, str(DATA / "words")), ANSWERS["buckets"]):
        np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


@pytest.mark.parametrize("optimizer, store", trained.STATES)
def test_training_goes_on_from_states_as_in_mxnet(optimizer, store):
    found = trained.gone_on(mx, str(DATA), optimizer, store)
    for name, values in ANSWERS["gone on"][f"{optimizer}-{store}"].items():
        np.testing.assert_allclose(found[name], values, 1e-5, 1e-6)


def test_what_is_read_is_written_to_the_byte(tmp_path, caplog):
    trained.write_again(mx, str(DATA), str(tmp_path))
    files = sorted(path.name for path in DATA.iterdir() if path.name != "answers.json")
    assert files == sorted(path.name for path in tmp_path.iterdir())
    for name in files:
        if not name.endswith(".states"):
            assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name
    for optimizer, store in trained.STATES:  # pickles, which may say the same in other words
        found = trained.gone_on(mx, _with_network(tmp_path), optimizer, store)
        for name, values in ANSWERS["gone on"][f"{optimizer}-{store}"].items():
            np.testing.assert_allclose(found[name], values, 1e-5, 1e-6)


def _with_network(folder):
    assert (folder / "mlp-symbol.json").exists()
    return str(folder)


def test_keys_of_buckets_that_mxnet_cannot_read_again(tmp_path):
    def network(key):
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
        return mx.sym.SoftmaxOutput(net, name="softmax"), ("data",), ("softmax_label",)
    for keys in ([(3, 4), (5, 6)], ["long", "short"], [2.5], [2**40, 3], [(1, 2), 5]):
        module = mx.mod.BucketingModule(network, keys[0])
        module.bind([("data", (2, 4))], [("softmax_label", (2,))])
        module.init_params()
        for key in keys[1:]:
            module.switch_bucket(key, [("data", (2, 4))], [("softmax_label", (2,))])
        module.save_checkpoint(str(tmp_path / "net"), 1)
        again = mx.mod.BucketingModule.load(str(tmp_path / "net"), 1, default_bucket_key=keys[0])
        again.bind([("data", (2, 4))], [("softmax_label", (2,))])
        for key in keys:
            again.switch_bucket(key, [("data", (2, 4))], [("softmax_label", (2,))])


# ---- what cannot be read --------------------------------------------------------------------------


def module_of(folder, **options):
    return trained.bound(mx, mx.mod.Module.load(f"{folder}/mlp", 2, **options), trained.NETWORKS["mlp"][1])


def with_states(folder):
    module = module_of(folder, load_optimizer_states=True)
    trained.begin(mx, module, "momentum", "updater")
    return module


@pytest.fixture
def folder(tmp_path):
    """A folder with the perceptron and its states."""
    for name in ("mlp-symbol.json", "mlp-0002.params"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    (tmp_path / "mlp-0002.states").write_bytes((DATA / "momentum-updater.states").read_bytes())
    with_states(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["mlp-symbol.json", "mlp-0002.params", "mlp-0002.states"])
def test_a_file_that_was_cut_anywhere_is_refused(folder, name, capsys):
    whole = (folder / name).read_bytes()
    for length in sorted({*range(0, len(whole), 37), 1, len(whole) - 1}):
        (folder / name).write_bytes(whole[:length])
        with pytest.raises(MXNetError, match="load|states|symbol|NDArray file"):
            with_states(folder)


@pytest.mark.parametrize("name", ["mlp-symbol.json", "mlp-0002.params", "mlp-0002.states"])
def test_a_damaged_file_is_refused_or_read_but_nothing_else_happens(folder, name, capsys):
    whole = (folder / name).read_bytes()
    random = np.random.RandomState(5)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            damaged[random.randint(len(whole))] = random.randint(256)
        (folder / name).write_bytes(damaged)
        try:
            with_states(folder)
        except (MXNetError, UnicodeError) as error:
            assert str(error)


def another():
    """The perceptron with other names in its second layer."""
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=5, name="fc1")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="last")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def test_a_checkpoint_of_another_network_says_what_is_missing_and_what_is_more():
    module = trained.bound(mx, mx.mod.Module(another()), (6,))
    module.init_params()
    before = {name: array.asnumpy() for name, array in module.get_params()[0].items()}
    told = "^last_bias is not presented; nor are last_weight. The network has no fc_out_bias, fc_out_weight"
    with pytest.raises(MXNetError, match=told):
        module.load_params(str(DATA / "mlp-0002.params"))
    args, auxs = mx.model.load_params(str(DATA / "mlp"), 2)
    told = 'Find name "fc_out_weight" that is not in the arguments (of another network: fc_out_bias, fc_out_weight)'
    with pytest.raises(MXNetError, match=re.escape(told)):
        module.set_params(args, auxs, allow_missing=True)
    for name, array in module.get_params()[0].items():
        np.testing.assert_array_equal(array.asnumpy(), before[name])
    args = {name.replace("fc_out", "last"): array.reshape((-1,)) for name, array in args.items()}
    with pytest.raises(MXNetError, match=r"'fc1_weight' has shape \(30,\), expected \(5, 6\)"):
        module.set_params(args, auxs)


def test_states_of_another_network_are_refused(folder):
    (folder / "mlp-0002.states").write_bytes((DATA / "adam-updater.states").read_bytes())
    module = with_states(folder)
    with pytest.raises(MXNetError):
        module.forward_backward(trained.batch(mx, (6,), 0))
        module.update()
