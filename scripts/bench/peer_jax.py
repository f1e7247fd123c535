"""The workloads on JAX, on the CPU: everything but the eager operations is compiled with ``jax.jit``."""
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from worker import serve, workload

jax.config.update("jax_platforms", "cpu")
keys = iter(jax.random.split(jax.random.key(0), 1000))


def uniform(*shape):
    return jax.random.uniform(next(keys), shape, minval=-0.1, maxval=0.1)


def timed(work):
    """Run `work` and wait for its last result: JAX computes in order on one CPU device."""
    def run(times):
        for _ in range(times):
            result = work()
        jax.block_until_ready(result)
    return run


# ---- small operations --------------------------------------------------------------------------------------------

@workload("add")
def _():
    a, b = uniform(10), uniform(10)
    return timed(lambda: a + b)


@workload("add_scalar")
def _():
    a = uniform(10)
    return timed(lambda: a + 1)


# ---- large arrays ------------------------------------------------------------------------------------------------

@workload("elementwise")
def _():
    x = uniform(1000000)
    return timed(partial(jax.jit(lambda x: jnp.exp(2 * x + 1) / (x * x + 1)), x))


@workload("matmul")
def _():
    return timed(partial(jax.jit(jnp.matmul), uniform(1024, 1024), uniform(1024, 1024)))


@workload("sum")
def _():
    return timed(partial(jax.jit(lambda x: x.sum(1)), uniform(1024, 1024)))


# ---- training steps ----------------------------------------------------------------------------------------------

BATCH, RATE = 128, 0.1


def training(forward, parameters, *shape):
    x, y = uniform(BATCH, *shape), jax.random.randint(next(keys), (BATCH,), 0, 10)

    def loss(parameters, x, y):
        logp = jax.nn.log_softmax(forward(parameters, x))
        return -jnp.take_along_axis(logp, y[:, None], 1).mean()

    @partial(jax.jit, donate_argnums=0)
    def step(parameters, x, y):
        gradients = jax.grad(loss)(parameters, x, y)
        return jax.tree.map(lambda p, g: p - RATE * g, parameters, gradients)

    state = [parameters]

    def work():
        state[0] = step(state[0], x, y)
        return state[0]
    return timed(work)


@workload("mlp")
@workload("mlp_by_hand")
@workload("gluon_mlp_hybrid")
def _():
    def forward(p, x):
        return jax.nn.relu(x @ p[0] + p[1]) @ p[2] + p[3]
    return training(forward, [uniform(784, 128), uniform(128), uniform(128, 10), uniform(10)], 784)


def conv2d(x, w, b, padding="VALID"):
    return lax.conv_general_dilated(x, w, (1, 1), padding) + b[:, None, None]


def max_pool(x, size, stride):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, size, size), (1, 1, stride, stride), "VALID")


@workload("lenet")
@workload("gluon_lenet_hybrid")
def _():
    def forward(p, x):
        x = max_pool(jnp.tanh(conv2d(x, p[0], p[1])), 2, 2)
        x = max_pool(jnp.tanh(conv2d(x, p[2], p[3])), 2, 2)
        return jnp.tanh(x.reshape(BATCH, -1) @ p[4] + p[5]) @ p[6] + p[7]
    shapes = (20, 1, 5, 5), (20,), (50, 20, 5, 5), (50,), (800, 500), (500,), (500, 10), (10,)
    return training(forward, [uniform(*shape) for shape in shapes], 1, 28, 28)


# ---- layers ------------------------------------------------------------------------------------------------------

IMAGES = 32, 64, 56, 56


@workload("conv")
def _():
    forward = jax.jit(partial(conv2d, padding="SAME"))
    return timed(partial(forward, uniform(*IMAGES), uniform(64, 64, 3, 3), uniform(64)))


@workload("conv_backward")
def _():
    @jax.jit
    def both(head, *arguments):
        y, pullback = jax.vjp(partial(conv2d, padding="SAME"), *arguments)
        return y, pullback(head)
    return timed(partial(both, uniform(*IMAGES), uniform(*IMAGES), uniform(64, 64, 3, 3), uniform(64)))


@workload("max_pool")
def _():
    return timed(partial(jax.jit(partial(max_pool, size=3, stride=2)), uniform(*IMAGES)))


@workload("batch_norm")
def _():
    @jax.jit
    def batch_norm(x, gamma, beta, mean, var):
        m, v = x.mean((0, 2, 3)), x.var((0, 2, 3))
        scale = gamma * lax.rsqrt(v + 1e-3)
        y = x * scale[:, None, None] + (beta - m * scale)[:, None, None]
        return y, 0.9 * mean + 0.1 * m, 0.9 * var + 0.1 * v
    return timed(partial(batch_norm, uniform(*IMAGES), jnp.ones(64), jnp.zeros(64), jnp.zeros(64), jnp.ones(64)))


serve({"jax": jax.__version__})
