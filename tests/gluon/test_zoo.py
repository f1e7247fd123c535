"""Networks of the zoo have MXNet's names, shapes, structure and graphs; their files are found or asked for."""
import hashlib
import json
from pathlib import Path

import pytest

import cupynet as mx
from cupynet.gluon.model_zoo import get_model, model_store, vision

from .networks_of_the_zoo import digest

ANSWERS = json.loads((Path(__file__).parents[1] / "data" / "gluon-zoo.json").read_text())
LARGE = ("101", "152", "161", "169", "201")  # built of the same blocks as smaller ones, only more of them


@pytest.mark.parametrize("name", [name for name in ANSWERS if not any(each in name for each in LARGE)])
def test_structure(name):
    assert digest(mx, name) == ANSWERS[name]


@pytest.mark.parametrize("name", [name for name in ANSWERS if any(each in name for each in LARGE)])
def test_large_ones_are_there(name):
    assert get_model(name, classes=10).output.weight.shape[0] == 10


def test_a_forward_pass():
    net = vision.mobilenet0_25(classes=7)
    net.initialize()
    image = mx.nd.random.uniform(shape=(1, 3, 64, 64))
    plain = net(image)
    net.hybridize()
    assert plain.shape == (1, 7)
    assert mx.test_utils.almost_equal(net(image).asnumpy(), plain.asnumpy(), 1e-4, 1e-5)


def test_unknown_names():
    with pytest.raises(ValueError, match="Model foo is not supported. Available options are\n\talexnet"):
        get_model("foo")
    with pytest.raises(ValueError, match="Pretrained model for foo is not available"):
        model_store.get_model_file("foo")
    with pytest.raises(AssertionError, match="Invalid number of layers: 19"):
        vision.get_resnet(1, 19)


def test_parameters_that_lie_there_are_read(tmp_path, monkeypatch):
    net = vision.squeezenet1_1(classes=3)
    net.initialize(mx.init.Xavier())
    net(mx.nd.ones((1, 3, 224, 224)))
    path = tmp_path / "files"
    path.mkdir()
    net.save_parameters(str(path / "squeezenet1.1-00000000.params"))
    digest = hashlib.sha1((path / "squeezenet1.1-00000000.params").read_bytes()).hexdigest()
    monkeypatch.setitem(model_store._model_sha1, "squeezenet1.1", digest)
    (path / "squeezenet1.1-00000000.params").rename(path / f"squeezenet1.1-{digest[:8]}.params")
    other = vision.squeezenet1_1(classes=3, pretrained=True, root=str(path))
    image = mx.nd.ones((1, 3, 224, 224))
    assert (other(image).asnumpy() == net(image).asnumpy()).all()
    model_store.purge(str(path))
    assert not list(path.iterdir())


def test_without_a_network_the_place_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_GLUON_REPO", "http://127.0.0.1:9/")
    with pytest.raises(mx.MXNetError, match="put by hand"):
        vision.alexnet(pretrained=True, root=str(tmp_path))
