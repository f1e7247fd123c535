"""Random operators: the statistics of what they draw, and errors. Their numbers: test_random_numbers.py."""
import collections

import numpy as np
import pytest

import cupynet as mx
from cupynet.base import MXNetValueError
from cupynet.device.random import Generator
from cupynet.ops import catalog
from cupynet.ops.infer import infer_shapes

N = 20000


def draw(name, *ins, seed=3, **attrs):
    op = catalog.get(name)
    ins = [np.asarray(x) for x in ins]
    return op.run(np, "cpu", ins, op.parse(attrs), rng=Generator(seed))


# name, attributes, mean, variance
DRAWS = [
    ("uniform", {"low": -1, "high": 3}, 1, 16 / 12),
    ("normal", {"loc": 2, "scale": 3}, 2, 9),
    ("gamma", {"alpha": 3, "beta": 0.5}, 1.5, 0.75),
    ("gamma", {"alpha": 0.5, "beta": 2}, 1, 2),
    ("exponential", {"lam": 4}, 0.25, 0.0625),
    ("poisson", {"lam": 4}, 4, 4),
    ("poisson", {"lam": 0}, 0, 0),
    ("negative_binomial", {"k": 3, "p": 0.4}, 4.5, 11.25),
    ("negative_binomial", {"k": 3, "p": 1}, 0, 0),
    ("generalized_negative_binomial", {"mu": 3, "alpha": 0.4}, 3, 6.6),
    ("generalized_negative_binomial", {"mu": 3, "alpha": 0}, 3, 3),
]
ARRAYS = {"normal": ("mu", "sigma")}


def check(x, mean, variance):
    """Compare sample moments, allowing 5 standard errors (of the mean) and 10 % (of the variance)."""
    assert abs(x.mean(dtype="f8") - mean) <= 5 * np.sqrt(variance / x.size)
    assert abs(x.var(dtype="f8") - variance) <= 0.1 * variance


@pytest.mark.parametrize("name, attrs, mean, variance", DRAWS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_moments(name, attrs, mean, variance, dtype):
    x, = draw(f"_random_{name}", shape=(N // 4, 4), dtype=dtype, **attrs)
    assert x.shape == (N // 4, 4) and x.dtype == dtype
    check(x, mean, variance)


@pytest.mark.parametrize("name, attrs, mean, variance", DRAWS)
def test_moments_of_like(name, attrs, mean, variance):
    x, = draw(f"_random_{name}_like", np.zeros((4, N // 4), "f4"), **attrs)
    assert x.shape == (4, N // 4) and x.dtype == "float32"
    check(x, mean, variance)


@pytest.mark.parametrize("name, attrs, mean, variance", DRAWS)
def test_moments_for_arrays_of_parameters(name, attrs, mean, variance):
    others = {n: (a, m, v) for n, a, m, v in DRAWS if a != attrs}
    other, other_mean, other_variance = others.get(name, (attrs, mean, variance))
    parameters = [np.array([attrs[n], other[n]], "f4") for n in attrs]
    x, = draw(f"_sample_{name}", *parameters, shape=(N // 2, 2))
    assert x.shape == (2, N // 2, 2) and x.dtype == "float32"
    check(x[0], mean, variance)
    check(x[1], other_mean, other_variance)


def test_ranges():
    x, = draw("_random_uniform", low=2, high=3, shape=(N,))
    assert x.min() >= 2 and x.max() < 3
    for name in ("poisson", "negative_binomial", "generalized_negative_binomial"):
        x, = draw(f"_random_{name}", shape=(N,), **{"poisson": {}, "negative_binomial": {"p": 0.5}}.get(name, {}))
        assert x.min() == 0 and (x == np.rint(x)).all()


def test_the_seed_decides():
    first, again, other = (draw("_random_normal", shape=(5,), seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not (first == other).any()


def test_randint_is_even():
    x, = draw("_random_randint", low=-2, high=3, shape=(N,))
    assert x.dtype == "int32"
    counts = collections.Counter(x.tolist())
    assert sorted(counts) == [-2, -1, 0, 1, 2]
    assert all(abs(count - N / 5) < 5 * np.sqrt(N / 5) for count in counts.values())


@pytest.mark.parametrize("name, attrs, message", [
    ("_random_uniform", {"low": 2, "high": 1}, "needs low <= high"),
    ("_random_normal", {"scale": 0}, "got loc=0.0, scale=0.0; needs scale > 0"),
    ("_random_gamma", {"alpha": -1}, "needs alpha > 0"),
    ("_random_exponential", {"lam": 0}, "needs lam > 0"),
    ("_random_poisson", {"lam": -1}, "needs lam >= 0"),
    ("_random_negative_binomial", {"p": 0}, "needs k >= 0"),
    ("_random_randint", {"low": 4, "high": 4}, "needs low < high"),
    ("_sample_unique_zipfian", {"range_max": 3, "shape": (1, 4)}, "cannot draw 4 different classes of 3"),
    ("_sample_unique_zipfian", {"range_max": 3, "shape": 2}, "expected"),
])
def test_parameters_are_checked(name, attrs, message):
    op = catalog.get(name)
    with pytest.raises(MXNetValueError, match=f"{name}: .*{message}"):
        infer_shapes(op, op.parse(attrs), [], [None] * len(op.output_names(None)))


def test_multinomial_follows_the_probabilities():
    p = np.array([[0.1, 0.6, 0.3], [0, 0.5, 0.5], [0.25, 0, 0.75]], "f4")
    x, logs = draw("_sample_multinomial", p, shape=N, get_prob=True)
    assert x.shape == (3, N) and x.dtype == "int32" and logs.dtype == "float32"
    for row, probabilities in zip(x, p):
        np.testing.assert_allclose(np.bincount(row, minlength=3) / N, probabilities, atol=0.02)
    np.testing.assert_allclose(np.exp(logs), np.take_along_axis(p, x, 1), rtol=1e-5)


def test_multinomial_of_many_rows_stays_within_each():
    p = np.eye(1000, 7, dtype="f4") + np.eye(1000, 7, 1, dtype="f4")
    p[p.sum(1) == 0, 3] = 1
    x, = draw("_sample_multinomial", p, shape=50)
    assert (np.take_along_axis(p, x, 1) > 0).all()


def test_shuffle_moves_whole_rows_evenly():
    data = np.arange(12, dtype="f4").reshape(4, 3)
    first = collections.Counter()
    for seed in range(400):
        x, = draw("_shuffle", data, seed=seed)
        np.testing.assert_array_equal(x[x[:, 0].argsort()], data)
        first[x[0, 0]] += 1
    assert all(60 < count < 140 for count in first.values()) and len(first) == 4


def test_zipfian_draws_are_different_and_favour_the_first():
    x, tries = draw("_sample_unique_zipfian", range_max=100, shape=(300, 10))
    assert x.dtype == tries.dtype == "int64" and tries.shape == (300,)
    assert all(len(set(row)) == 10 for row in x.tolist()) and (tries >= 10).all()
    counts = np.bincount(x.reshape(-1), minlength=100)
    assert counts.size == 100 and counts[0] > counts[5] > counts[50]
    everything, _ = draw("_sample_unique_zipfian", range_max=4, shape=(1, 4))
    assert sorted(everything[0].tolist()) == [0, 1, 2, 3]


def test_negative_lengths_are_refused_by_name():
    with pytest.raises(mx.MXNetError, match="_random_uniform: shape is"):
        mx.nd.random.uniform(0, 1, (-1,))
    with pytest.raises(mx.MXNetError, match="_sample_normal.*: shape is"):
        mx.sym.random.normal(mx.sym.Variable("m"), mx.sym.Variable("s"), (-1,)).infer_shape(m=(2,))


@pytest.mark.parametrize("where", ["all", mx.cpu(1), "cpu(2)", "cpu"])
def test_a_seed_of_any_cpu_context_is_one_of_all(where):
    """All of them draw from the same source, in the order of the calls."""
    with mx.cpu():
        mx.random.seed(3)
        first = mx.nd.random.uniform(shape=4).asnumpy()
        mx.random.seed(3, where)
        again = [mx.nd.random.uniform(shape=2, ctx=each).asnumpy() for each in (mx.cpu(0), mx.cpu(1))]
    np.testing.assert_array_equal(np.concatenate(again), first)


def test_gpus_that_are_not_there_may_be_seeded():
    mx.random.seed(3, mx.gpu(77))


@pytest.mark.parametrize("seed", [1.0, "1", None, [1]])
def test_seeds_are_whole_numbers(seed):
    with pytest.raises(MXNetValueError, match="seed_state must be int"):
        mx.random.seed(seed)


def test_gpu_contexts_on_the_cpu_are_seeded_there(monkeypatch):
    monkeypatch.setenv("CUPYNET_GPU_AS_CPU", "1")
    mx.random.seed(5, mx.gpu(66))
    first = mx.nd.random.uniform(shape=3, ctx=mx.cpu()).asnumpy()
    mx.random.seed(5, mx.cpu())
    np.testing.assert_array_equal(mx.nd.random.uniform(shape=3, ctx=mx.cpu()).asnumpy(), first)


@pytest.mark.parametrize("call, message", [
    (lambda: mx.nd.random.uniform(0, mx.nd.ones(2)), "all numbers or all arrays"),
    (lambda: mx.nd.random.normal([0, 1], 1, shape=2), "must be arrays or numbers, got list"),
    (lambda: mx.nd.random.exponential(0, shape=2), "exponential: scale is 0"),
    (lambda: mx.nd.random.uniform(shape=2, dtype="int32"), "dtype is int32; expected one of float16"),
    (lambda: mx.nd.random.randint(0, 2, shape=2, dtype="float32"), "dtype is float32; expected one of int32, int64"),
    (lambda: mx.nd.random.uniform_like(mx.nd.ones(2, dtype="int32")), "data has dtype int32; expected floating point"),
])
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(mx.MXNetError, match=message):
        call()


def test_no_dtype_is_numpys_default_as_in_mxnet():
    assert mx.nd.random.uniform(shape=2, dtype=None).dtype == np.float64
    assert mx.nd.random.uniform(shape=2).dtype == np.float32


def test_draws_take_the_dtype_of_out():
    with mx.cpu():
        for dtype in ("float16", "float32", "float64"):
            mx.random.seed(3)
            out = mx.nd.zeros((3,), dtype=dtype)
            mx.nd.random.normal(1, 2, out=out)
            mx.random.seed(3)
            np.testing.assert_array_equal(mx.nd.random.normal(1, 2, shape=3, dtype=dtype).asnumpy(), out.asnumpy())
