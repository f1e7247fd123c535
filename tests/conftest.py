"""Switches and fixtures of the whole suite."""
import sys
from pathlib import Path

import pytest

import cupynet as mx

collect_ignore = ["doubles"]


def pytest_addoption(parser):
    parser.addoption("--ctx", default="cpu", choices=["cpu", "gpu", "fake-gpu"],
                     help="where arrays live: cpu (default), gpu, or fake-gpu (a strict double of CuPy over NumPy)")


def pytest_configure(config):
    if config.getoption("--ctx") == "fake-gpu":
        sys.path.insert(0, str(Path(__file__).parent / "doubles"))
    if config.getoption("--ctx") != "cpu":
        mx.test_utils.set_default_context(mx.gpu(0))


# Files that ask the double what it saw, and the one that starts a run on the double.
ON_THE_DOUBLE = ("test_on_cupy_double.py", "test_cuda.py")
STARTS_THE_DOUBLE = ("test_on_fake_gpu.py",)


def pytest_ignore_collect(collection_path, config):
    elsewhere = STARTS_THE_DOUBLE if config.getoption("--ctx") == "fake-gpu" else ON_THE_DOUBLE
    return True if collection_path.name in elsewhere else None


@pytest.fixture
def ctx(request):
    """The context under test."""
    return mx.cpu(0) if request.config.getoption("--ctx") == "cpu" else mx.gpu(0)


@pytest.fixture(autouse=True)
def on_the_context(ctx):
    """Let arrays that name no context live on the one under test."""
    with ctx:
        yield


@pytest.fixture(autouse=True)
def no_races(request):
    """Let nothing on the double be used by two streams at the same time."""
    yield
    if request.config.getoption("--ctx") == "fake-gpu":
        import cupy
        races, cupy.observed.races = cupy.observed.races, []
        assert not races


@pytest.fixture(autouse=True)
def fresh_names():
    """Let automatic names begin at 0 in every test."""
    with mx.name.NameManager():
        yield
