"""Stores on one machine, against what MXNet's do."""
import numpy as np
import pytest

import cupynet as mx


def ones(value=1.0, shape=(2,), ctx=None):
    return mx.nd.ones(shape, ctx=ctx) * value


def pulled(store, key, shape=(2,)):
    out = mx.nd.zeros(shape)
    store.pull(key, out=out)
    return out.asnumpy().tolist()


@pytest.mark.parametrize("kind", ["local", "device"])
def test_what_is_pushed_is_added_up_and_stored(kind):
    store = mx.kv.create(kind)
    assert (store.type, store.rank, store.num_workers) == (kind, 0, 1)
    store.init([5, 7], [ones()] * 2)
    store.push([5, 7], [[ones()] * 2, [ones(3, ctx=mx.cpu(1)), ones(3)]])
    assert pulled(store, 5) == [2, 2] and pulled(store, 7) == [6, 6]
    store.push([5, 5], [ones(), ones(4)])
    assert pulled(store, 5) == [5, 5]
    outs = [[mx.nd.zeros((2,)), mx.nd.zeros((2,), ctx=mx.cpu(1))], [mx.nd.zeros((2,))]]
    store.pull([5, 7], out=outs)
    assert outs[0][1].asnumpy().tolist() == [5, 5] and outs[0][1].context == mx.cpu(1)
    both = [ones(), ones(4)]
    store.pushpull(5, both)
    assert [x.asnumpy().tolist() for x in both] == [[5, 5], [5, 5]]


def test_broadcast_initializes():
    store, outs = mx.kv.create(), [ones(0), ones(0)]
    store.broadcast("k", ones(3), out=outs)
    assert [x.asnumpy().tolist() for x in outs] == [[3, 3], [3, 3]]
    with pytest.raises(mx.MXNetError, match="duplicate init of key k"):
        store.init("k", ones())


def test_an_updater_changes_what_is_stored():
    store, seen = mx.kv.create(), []
    store.init("w", ones())

    def update(key, pushed, stored):
        seen.append(key)
        stored += pushed * 2
    store._set_updater(update)
    store.push("w", [ones(), ones()])
    assert pulled(store, "w") == [5, 5] and seen == ["w"]


def test_an_optimizer_and_its_states(tmp_path):
    def made():
        store = mx.kv.create()
        store.init(0, ones())
        store.set_optimizer(mx.optimizer.SGD(learning_rate=0.1, momentum=0.9))
        return store
    store, other = made(), made()
    store.push(0, ones())
    np.testing.assert_allclose(pulled(store, 0), [0.9, 0.9], 1e-6)
    store.save_optimizer_states(str(tmp_path / "s"))
    other.load_optimizer_states(str(tmp_path / "s"))
    other.push(0, ones())
    np.testing.assert_allclose(pulled(other, 0), [0.81, 0.81], 1e-6)  # with the momentum of the first store
    with pytest.raises(mx.MXNetError, match="no optimizer"):
        mx.kv.create().save_optimizer_states(str(tmp_path / "t"))


def test_two_bits_feed_the_error_back():
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    store.init("x", mx.nd.zeros((8,)))
    line = np.linspace(-1, 1, 8).astype("float32")
    found = []
    for _ in range(3):
        store.push("x", [mx.nd.array(line), mx.nd.array(line * 0.3)])
        found.append(pulled(store, "x", (8,)))
    assert found == [[-.5, -.5, 0, 0, 0, 0, .5, .5], [-1, -.5, -.5, 0, 0, .5, .5, 1],   # MXNet's
                     [-.5, -1, -.5, 0, 0, .5, 1, .5]]
    with pytest.raises(mx.MXNetError, match="not supported for this type"):
        mx.kv.create("local").set_gradient_compression({"type": "2bit"})
    with pytest.raises(mx.MXNetError, match="Unknown type"):
        store.set_gradient_compression({"type": "3bit"})


def test_stores_of_ones_own():
    @mx.kv.KVStoreBase.register
    class Mine(mx.kv.KVStoreBase):
        type = "mine"
    try:
        assert mx.kv.create("mine").type == "mine"
        with pytest.raises(mx.MXNetError, match="pushpull"):
            mx.kv.create("mine").pushpull(1, ones())
    finally:
        del mx.kv.KVStoreBase.kv_registry["mine"]


@pytest.mark.parametrize(("wrong", "words"), [
    (lambda s: s.pull(9, out=ones()), "key 9 has not been inited"),
    (lambda s: s.push(9, ones()), "key 9 has not been inited"),
    (lambda s: s.init("a", ones()), "Mixed key types"),
    (lambda s: s.push(3, ones(shape=(3,))), r"shape \(3,\), expected \(2,\)"),
    (lambda s: s.pull(3), "out is missing"),
    (lambda s: s.push(3, None), "expected NDArrays"),
    (lambda s: s.init([11, 12], [ones()]), "2 keys but 1 values"),
    (lambda s: s.init(1.5, ones()), "unexpected type for keys"),
    (lambda s: s.set_optimizer(3), "expected an Optimizer"),
    (lambda s: s.is_capable("foo"), "Unknown capability"),
    (lambda s: s.row_sparse_pull(3), "row_sparse"),
    (lambda s: mx.kv.create(3), "must be a string"),
    (lambda s: mx.kv.create("dist_sync"), "not supported yet"),
])
def test_mistakes_are_named(wrong, words):
    store = mx.kv.create()
    store.init(3, ones())
    with pytest.raises(mx.MXNetError, match=words):
        wrong(store)
    assert pulled(store, 3) == [1, 1]


def test_whether_a_training_loop_needs_a_store(monkeypatch):
    make = mx.model._create_kvstore
    assert make("local", 1, {}) == (None, False) and make(None, 2, {}) == (None, False)
    assert make("local", 2, {"w": ones()})[1] and not make("local", 2, {"w": mx.nd.empty((5000, 5000))})[1]
    assert make("device", 2, {"w": mx.nd.empty((5000, 5000))})[1]
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    assert not make("device", 2, {})[1]
    with pytest.raises(TypeError, match="KVStore, str or None"):
        make(3, 1, {})
