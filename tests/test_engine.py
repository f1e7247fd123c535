"""``mx.engine``."""
import threading

import pytest

import cupynet as mx
from cupynet.device import streams


@pytest.fixture(autouse=True)
def lively(monkeypatch):
    monkeypatch.setattr(streams, "serial", False)
    before = mx.engine.set_bulk_size(0)
    yield
    mx.engine.set_bulk_size(before)


def test_the_number_before_comes_back():
    assert [mx.engine.set_bulk_size(n) for n in (10, 0, 15, 0)] == [0, 10, 0, 15]  # MXNet's answers


def test_scopes():
    scope = mx.engine.bulk(3)
    with scope as entered, mx.engine.bulk(5):
        assert entered is scope
        with scope:
            assert mx.engine.set_bulk_size(3) == 3
        assert mx.engine.set_bulk_size(5) == 5
    assert mx.engine.set_bulk_size(0) == 0
    with pytest.raises(ZeroDivisionError), scope:
        raise ZeroDivisionError
    assert mx.engine.set_bulk_size(0) == 0


def test_each_thread_has_its_own():
    mx.engine.set_bulk_size(7)
    found = []
    thread = threading.Thread(target=lambda: found.append(mx.engine.set_bulk_size(2)))
    thread.start()
    thread.join()
    assert found == [0] and mx.engine.set_bulk_size(0) == 7


@pytest.mark.parametrize("bad, error", [("a", TypeError), (None, TypeError), (1.5, TypeError), (-3, ValueError)])
def test_refusals(bad, error):
    with pytest.raises(error, match="set_bulk_size") as caught:
        mx.engine.set_bulk_size(bad)
    assert isinstance(caught.value, mx.MXNetError)


def test_naive_engine_takes_one_at_a_time(monkeypatch):
    monkeypatch.setattr(streams, "serial", True)
    assert [mx.engine.set_bulk_size(n) for n in (3, 5)] == [0, 0]
