"""The engines of MXNet's random numbers, and what they are shared by. Values: tests/ops/test_random_numbers.py."""
import math
import os
import threading

import numpy as np
import pytest

import cupynet as mx
from cupynet.device import parallel
from cupynet.device.random import Generator, generator, libm
from cupynet.device.random.twister import Bank, Engine

FLOAT32 = np.dtype("float32")


def words(seed, start, count):
    """What NumPy's own Mersenne Twister gives."""
    return np.random.RandomState(seed & 0xFFFFFFFF).randint(0, 2**32, start + count, np.uint32)[start:]


# ---- engines --------------------------------------------------------------------------------------

@pytest.mark.parametrize("first", [0, 635, 2**32 - 3, -127])
def test_engines_of_a_bank_draw_their_own_words(first):
    """Any engines at a time, any number of words, from any place in their states."""
    choice = np.random.RandomState(first & 0xFF)
    bank, drawn = Bank(200), np.zeros(200, int)
    bank.seed(first)
    for turn in range(40):
        start = choice.randint(0, 199)
        stop = choice.randint(start + 1, 201)
        bank.prepare(stop)
        lanes = bank.open(start, stop)
        for _ in range(choice.randint(1, 4)):
            count = choice.randint(1, 2000 if turn % 5 == 0 else 200)
            np.testing.assert_array_equal(lanes.peek(count), lanes.peek(count))
            found = lanes.take(count)
            for lane in {0, stop - start - 1, choice.randint(stop - start)}:
                engine = start + lane
                np.testing.assert_array_equal(found[lane], words(first + engine, drawn[engine], count))
            drawn[start:stop] += count
            some = np.flatnonzero(choice.rand(stop - start) < 0.5)
            lanes.ensure(1)
            for lane, word in list(zip(some.tolist(), lanes.next(some).tolist()))[:3]:
                assert word == words(first + start + lane, drawn[start + lane], 1)[0]
            drawn[start + some] += 1
        lanes.close()


def test_engines_are_seeded_when_they_are_first_used():
    bank = Bank(100)
    for count, expected in ((1, 1), (1, 1), (50, 50), (20, 50)):
        bank.prepare(count)
        assert bank._seeded == expected
    bank.seed(5)
    assert bank._seeded == 0


def test_one_engine_looks_ahead():
    engine = Engine()
    engine.seed(7)
    seen = engine.peek(2000)[0].copy()
    np.testing.assert_array_equal(seen, words(7, 0, 2000))
    engine.skip(np.array([10]))
    np.testing.assert_array_equal(engine.take(5)[0], seen[10:15])
    np.testing.assert_array_equal(engine.take(3000)[0], words(7, 15, 3000))
    engine.seed(-1)
    np.testing.assert_array_equal(engine.take(3)[0], words(-1, 0, 3))


# ---- sharing a draw -------------------------------------------------------------------------------

@pytest.mark.parametrize("count, engines, each", [
    (1, 1, 1), (64, 1, 64), (65, 2, 33), (1000, 16, 63), (65536, 1024, 64), (65537, 1009, 65), (200000, 1021, 196)])
def test_numbers_are_shared_among_the_engines(count, engines, each):
    drawn = Generator(3).uniform((count,))
    for engine in {0, engines // 2, engines - 1}:
        part = drawn[engine * each:(engine + 1) * each]
        expected = words(3 * 127 + engine, 0, each)[:len(part)].astype("f4") * np.float32(2.0**-32)
        np.testing.assert_array_equal(part, expected)
    assert -(-count // each) == engines


def test_threads_draw_what_one_would(monkeypatch):
    monkeypatch.setattr(parallel, "threads", 3)
    monkeypatch.setattr(generator, "_WORTHWHILE", 1 << 60)
    alone, shared = Generator(5), Generator(5)
    expected = [alone.normal((40000,)), alone.uniform((90000,), np.dtype("f8"))]
    monkeypatch.setattr(generator, "_WORTHWHILE", 1)
    np.testing.assert_array_equal(shared.normal((40000,)), expected[0])
    np.testing.assert_array_equal(shared.uniform((90000,), np.dtype("f8")), expected[1])


def test_draws_of_several_threads_are_not_mixed_up():
    numbers, parts = Generator(1), {}

    def draw(i):
        parts[i] = [numbers.uniform((64,)) for _ in range(30)]

    threads = [threading.Thread(target=draw, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = {x.tobytes() for part in parts.values() for x in part}
    again = Generator(1)
    assert seen == {again.uniform((64,)).tobytes() for _ in range(120)}


def test_normal_numbers_keep_both_of_a_pair_only_from_the_serial_source():
    numbers = Generator(2)
    serial = numbers.serial.normal((5,))
    single = numbers.normal((3,))
    np.testing.assert_array_equal(serial[::2], single)
    following = numbers.serial.normal((1,))[0]  # the second of the last pair is not the next draw's
    assert following not in serial and following == numbers.normal((1,))[0]


def test_large_draws_of_the_serial_source_are_made_in_parts(monkeypatch):
    expected = Generator(4).serial.normal((5001,)), Generator(4).serial.uniform((5001,), np.dtype("f8"))
    monkeypatch.setattr(generator, "_BLOCK", 256)
    np.testing.assert_array_equal(Generator(4).serial.normal((5001,)), expected[0])
    np.testing.assert_array_equal(Generator(4).serial.uniform((5001,), np.dtype("f8")), expected[1])


def test_permutations_draw_again_what_is_not_even():
    """With a bound near 2**32, words beyond the last whole multiple are refused, each used up."""
    numbers = Generator(1)
    bounds = np.full(50, 3 << 30, np.int64)
    expected = [w for w in words(127, 0, 200).tolist() if w < 3 << 30][:50]
    assert numbers.serial._choices(bounds) == expected


def test_nothing_is_drawn_for_nothing():
    numbers = Generator(1)
    for size in ((0,), (3, 0)):
        assert numbers.gamma(size, FLOAT32, 1, 1).shape == size
        for source in (numbers, numbers.serial):
            assert source.uniform(size).shape == source.normal(size).shape == size
    np.testing.assert_array_equal(numbers.uniform((2,)), Generator(1).uniform((2,)))


@pytest.mark.parametrize("shape", [-1.0, np.nan, np.inf])
def test_impossible_gamma_numbers_end(shape):
    drawn = Generator(1).gamma((2, 3), FLOAT32, np.array([shape, 2.0], "f4"), np.ones(2, "f4"))
    assert np.isnan(drawn[0]).all() and (drawn[1] > 0).all()


def test_impossible_poisson_numbers_end():
    np.testing.assert_array_equal(Generator(1).poisson((3,), np.array([np.nan, np.inf, -1], "f4")), [np.nan, np.inf, 0])


# ---- forks ----------------------------------------------------------------------------------------

def in_child(work):
    """Return the bytes that `work` gives in a forked child."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, work().tobytes())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        found = stream.read()
    os.waitpid(child, 0)
    return found


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_children_draw_their_own_numbers():
    def run():
        mx.random.seed(11)
        found = [mx.nd.random.uniform(shape=4, ctx=mx.cpu()).asnumpy().tobytes()]
        for _ in range(2):
            found.append(in_child(lambda: mx.nd.random.uniform(shape=4, ctx=mx.cpu()).asnumpy()))
            found.append(in_child(lambda: mx.nd.random.shuffle(mx.nd.arange(50, ctx=mx.cpu())).asnumpy()))
        found.append(mx.nd.random.uniform(shape=4, ctx=mx.cpu()).asnumpy().tobytes())
        return found

    first = run()
    assert len(set(first)) == len(first)
    alone = Generator(11)
    assert [first[0], first[-1]] == [alone.uniform((4,)).tobytes() for _ in range(2)]  # the parent goes on
    assert run() == first
    assert in_child(lambda: (mx.random.seed(11), mx.nd.random.uniform(shape=4, ctx=mx.cpu()).asnumpy())[1]) == first[0]


# ---- the C library --------------------------------------------------------------------------------

def test_logarithms_are_those_of_the_c_library():
    """Within a unit in the last place, exact where the result is, and rounded as the GNU C library rounds."""
    x = np.random.RandomState(0).uniform(0, 1, 20000).astype("f4")
    x = np.concatenate([x, np.exp(np.linspace(-80, 80, 20000)).astype("f4")])
    exact = np.log(x.astype("f8"))
    assert (np.abs(libm.log(x) - exact) <= np.spacing(np.abs(exact).astype("f4")) * 0.83).all()
    assert libm.log(np.array([1], "f4"))[0] == 0
    odd = np.array([0.9446688890457153, 0.8207671046257019, 0.9854914546012878], "f4")  # not the nearest numbers
    assert libm.log(odd).view("u4").tolist() == [3177784775, 3192537498, 3161420548]
    assert (libm.log(odd) != np.log(odd.astype("f8")).astype("f4")).all()


def test_log_gamma():
    x = np.array([1, 2, 3, 7, 8, 20.5, 1e4, 3e7], "f4")
    np.testing.assert_allclose(libm.log_gamma(x), [math.lgamma(v) for v in x], rtol=5e-7)
    assert libm.log_gamma(x[:2]).tolist() == [0, 0]
    bits = libm.log_gamma(np.array([20.5, 1234, 98765.4, 3e7], "f4")).view("u4").tolist()
    assert bits == [1109611381, 1173084144, 1232941464, 1307048795]
