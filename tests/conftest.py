"""Switches and fixtures of the whole suite."""
import pytest

import cupynet as mx


def pytest_addoption(parser):
    parser.addoption("--ctx", default="cpu", choices=["cpu", "gpu"], help="where arrays live: cpu (default) or gpu")


def pytest_configure(config):
    if config.getoption("--ctx") == "gpu":
        mx.test_utils.set_default_context(mx.gpu(0))


@pytest.fixture
def ctx(request):
    """The context under test."""
    return mx.gpu(0) if request.config.getoption("--ctx") == "gpu" else mx.cpu(0)


@pytest.fixture(autouse=True)
def on_the_context(ctx):
    """Let arrays that name no context live on the one under test."""
    with ctx:
        yield


@pytest.fixture(autouse=True)
def fresh_names():
    """Let automatic names begin at 0 in every test."""
    with mx.name.NameManager():
        yield
