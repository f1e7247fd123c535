"""Every operator on its samples: values, declared shapes and types, gradients."""
from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path

import numpy as np
import pytest
import samples

import cupynet as mx
from cupynet import device
from cupynet.device.random import Generator
from cupynet.ndarray.invoke import invoke
from cupynet.ops import catalog
from cupynet.ops.gradient import RawFunctions, kept_by_rules, pull_back
from cupynet.ops.infer import infer_shapes, infer_types, known
from cupynet.symbol.compose import compose

FAMILIES = [module.name for module in pkgutil.iter_modules(samples.__path__)]
ALL = [(family, i, sample) for family in FAMILIES
       for i, sample in enumerate(importlib.import_module(f"samples.{family}").SAMPLES)]
EACH = pytest.mark.parametrize("family, index, sample", ALL, ids=[f"{f}-{i}-{s.op}" for f, i, s in ALL])
F = RawFunctions(device.get("cpu", 0))


def frozen(array):
    """A read-only copy, so that a kernel that writes to its inputs fails."""
    array = np.array(array)
    array.flags.writeable = False
    return array


def run(op, attrs, inputs, sample):
    return op.run(np, "cpu", [frozen(x) for x in inputs], attrs, train=sample.train,
                  rng=Generator(7))


def head_gradient(shape, dtype):
    """The head gradient that the oracle script used: repeatable, irregular, of both signs."""
    n = int(np.prod(shape))
    return (((np.arange(n) * 5) % 7 - 3) / 4 + 0.1).reshape(shape).astype(dtype)


_answers = {}


def answers(family):
    if family not in _answers:
        path = Path(__file__).parents[1] / "data" / "oracle" / f"{family}.npz"
        _answers[family] = dict(np.load(path)) if path.exists() else {}
    return _answers[family]


@EACH
def test_declared_shape_and_type(family, index, sample):
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    results = run(op, attrs, sample.inputs, sample)
    names = op.output_names(attrs)
    assert len(results) == len(names) + len(op.mutated_indices(op.active_inputs(attrs, len(sample.inputs))))
    shapes, outs = [x.shape for x in sample.inputs], [None] * len(names)
    infer_shapes(op, attrs, shapes, outs)
    assert [o if known(o) else r.shape for o, r in zip(outs, results)] == [r.shape for r in results[:len(names)]]
    assert shapes == [x.shape for x in sample.inputs]
    dtypes, outs = [x.dtype for x in sample.inputs], [None] * len(names)
    infer_types(op, attrs, dtypes, outs)
    assert outs == [r.dtype for r in results[:len(names)]]


@EACH
def test_results_are_arrays_of_their_own(family, index, sample):
    """Kernels change no input, and what they return shares no memory with inputs, unless declared, nor among itself."""
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    inputs = [frozen(x) for x in sample.inputs]
    results = op.run(np, "cpu", inputs, attrs, train=sample.train, rng=Generator(7),
                     device=device.get("cpu", 0))
    outputs = results[:len(op.output_names(attrs))]
    for i, result in enumerate(outputs):
        assert not any(np.shares_memory(result, other) for other in outputs[i + 1:])
        for place, x in enumerate(inputs):
            assert not np.shares_memory(result, x) or (op.view and place == 0 and len(outputs) == 1), op.inputs


@EACH
def test_shape_rule_accepts_what_is_unknown(family, index, sample):
    """With nothing known the rule neither raises nor invents; with the outputs known it agrees with the inputs."""
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    n_out = len(op.output_names(attrs))
    infer_shapes(op, attrs, [None] * len(sample.inputs), [None] * n_out)
    infer_types(op, attrs, [None] * len(sample.inputs), [None] * n_out)
    shapes = [x.shape for x in sample.inputs]
    outs = [None] * n_out
    infer_shapes(op, attrs, list(shapes), outs)
    backwards = [None] * len(shapes)
    infer_shapes(op, attrs, backwards, list(outs))
    for found, true in zip(backwards, shapes):
        assert found is None or (len(found) == len(true) and all(f in (None, t) for f, t in zip(found, true)))


@EACH
def test_values(family, index, sample):
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    results = run(op, attrs, sample.inputs, sample)
    stored = answers(family)
    if sample.oracle:
        assert f"{index}/meta" in stored, "no stored answer: run scripts/oracle/answers.py"
        meta = json.loads(str(stored[f"{index}/meta"]))
        assert meta["id"] == sample.id, "the stored answers are stale: run scripts/oracle/answers.py"
        for i in range(meta["outs"]):
            expected = stored[f"{index}/out{i}"]
            assert results[i].shape == expected.shape and results[i].dtype == expected.dtype
            np.testing.assert_allclose(results[i], expected, sample.rtol, sample.atol, err_msg=f"output {i}")
    if sample.reference is not None:
        expected = sample.reference(*sample.inputs)
        for result, each in zip(results, expected if isinstance(expected, tuple) else (expected,)):
            np.testing.assert_allclose(result, each, sample.rtol, sample.atol)
    assert sample.oracle or sample.reference or sample.why, "nothing says what the values should be"


def gradients(op, attrs, inputs, results, heads):
    wanted = [np.asarray(x).dtype.kind == "f" for x in inputs]
    ins, outs = kept_by_rules(op, attrs, wanted)
    return pull_back(op, attrs, F, heads, [frozen(x) if i in ins else None for i, x in enumerate(inputs)],
                     [frozen(r) if i in outs else None for i, r in enumerate(results)],
                     [x.shape for x in inputs], [x.dtype for x in inputs], wanted)


@EACH
def test_gradients_are_those_of_mxnet(family, index, sample):
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    stored = answers(family)
    if not op.differentiable or not sample.oracle:
        return
    results = run(op, attrs, sample.inputs, sample)
    visible = op.visible_count(attrs)
    found = gradients(op, attrs, sample.inputs, results,
                      [head_gradient(r.shape, r.dtype) for r in results[:visible]])
    for i, gradient in enumerate(found):
        expected = stored.get(f"{index}/grad{i}")
        if expected is None:
            continue
        gradient = np.zeros_like(sample.inputs[i]) if gradient is None else gradient
        assert gradient.shape == expected.shape
        np.testing.assert_allclose(gradient, expected, max(sample.rtol, 1e-3), max(sample.atol, 1e-4),
                                   err_msg=f"gradient of {op.inputs[min(i, len(op.inputs) - 1)]}")


@EACH
def test_gradients_are_those_of_finite_differences(family, index, sample):
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    if not op.differentiable or sample.numeric == ():
        return
    inputs = [x.astype("float64") if x.dtype.kind == "f" else x for x in sample.inputs]
    results = run(op, attrs, inputs, sample)
    visible = op.visible_count(attrs)
    heads = [head_gradient(r.shape, r.dtype) for r in results[:visible]]
    found = gradients(op, attrs, inputs, results, heads)
    names = op.active_inputs(attrs, len(inputs))
    for i, x in enumerate(inputs):
        if x.dtype.kind != "f" or names[i] in (*op.nograd, *op.mutates):
            continue
        if sample.numeric is not None and names[i] not in sample.numeric:
            continue
        gradient = np.zeros_like(x) if found[i] is None else found[i]
        assert gradient.shape == x.shape
        places = np.random.RandomState(index).permutation(x.size)[:12]  # enough to catch a wrong rule
        for place in places:
            step = 1e-5
            sums = []
            for sign in (1, -1):
                moved = x.copy()
                moved.reshape(-1)[place] += sign * step
                shifted = run(op, attrs, [*inputs[:i], moved, *inputs[i + 1:]], sample)
                sums.append(sum(float((h * r).sum()) for h, r in zip(heads, shifted)))
            numeric = (sums[0] - sums[1]) / (2 * step)
            assert abs(numeric - gradient.reshape(-1)[place]) <= 1e-4 + 1e-3 * abs(numeric), (
                f"gradient of {names[i]} at {np.unravel_index(place, x.shape)}")


def bound(sample, symbol, ctx):
    """An executor of `symbol` on the sample's inputs, and the names of its variables in the order of the inputs."""
    names = [f"x{i}" for i in range(len(sample.inputs))]
    values = {n: mx.nd.array(x, ctx, x.dtype) for n, x in zip(names, sample.inputs)}
    args = {n: values[n] for n in symbol.list_arguments()}
    grads = {n: mx.nd.zeros(v.shape, ctx, v.dtype) for n, v in args.items() if v._data.dtype.kind == "f"}
    aux = {n: values[n] for n in symbol.list_auxiliary_states()}
    return symbol.bind(ctx, args, grads, "write", aux), names


@EACH
def test_eager_and_symbolic_execution_agree(family, index, sample, ctx):
    """The same values and gradients from raw kernels, from recorded NDArrays and from a compiled executor."""
    op = catalog.get(sample.op)
    attrs = op.parse(sample.attrs)
    if op.takes_rng:
        return  # draws differ from call to call; tests/ops/test_random.py looks at their statistics
    raw = run(op, attrs, sample.inputs, sample)
    visible = op.visible_count(attrs)
    heads = [head_gradient(r.shape, r.dtype) for r in raw[:visible]]
    expected = gradients(op, attrs, sample.inputs, raw, heads) if op.differentiable else []

    arrays = [mx.nd.array(x, ctx, x.dtype) for x in sample.inputs]
    floats = [x for x in arrays if x._data.dtype.kind == "f"]
    for x in floats:
        x.attach_grad()
    with mx.autograd.record(train_mode=sample.train):
        outs = invoke(op, arrays, attrs, ctx=ctx)
    outs = outs if isinstance(outs, list) else [outs]
    for out, value in zip(outs, raw):
        assert out.dtype == value.dtype.type
        np.testing.assert_allclose(out.asnumpy(), value, max(sample.rtol, 1e-4), max(sample.atol, 1e-5))
    head_arrays = [mx.nd.array(h, ctx, h.dtype) for h in heads]
    if op.differentiable and outs and outs[0]._entry is not None:
        mx.autograd.backward(outs, head_arrays)
        for x, gradient in zip(arrays, expected):
            if x.grad is not None and gradient is not None:
                np.testing.assert_allclose(x.grad.asnumpy(), gradient, max(sample.rtol, 1e-3), max(sample.atol, 1e-4))

    variables = [mx.sym.Variable(f"x{i}") for i in range(len(sample.inputs))]
    named = {} if op.variadic else dict(zip(op.active_inputs(attrs, len(variables)), variables))
    symbol = compose(op, op.name, named, variables if op.variadic else [], sample.attrs)
    if not outs or any(x.size == 0 for x in (*sample.inputs, *raw)) or dynamic(op, attrs, sample):
        return  # executors need shapes that are known beforehand, and 0 means unknown to them
    executor, names = bound(sample, symbol, ctx)
    for repetition in range(2):  # the second run sees the buffers that the first one left
        if op.mutates:
            executor, names = bound(sample, symbol, ctx)
        executor.forward(is_train=sample.train)
        for out, value in zip(executor.outputs, raw):
            np.testing.assert_allclose(out.asnumpy(), value, max(sample.rtol, 1e-4), max(sample.atol, 1e-5),
                                       err_msg=f"run {repetition}")
        executor.backward(head_arrays)
        for name, gradient in zip(names, expected):
            found = executor.grad_dict.get(name)
            if found is not None:
                gradient = np.zeros(found.shape) if gradient is None else gradient
                np.testing.assert_allclose(found.asnumpy(), gradient, max(sample.rtol, 1e-3), max(sample.atol, 1e-4),
                                           err_msg=f"gradient, run {repetition}")


def dynamic(op, attrs, sample):
    """Whether the shape of an output depends on the values of the inputs."""
    outs = [None] * len(op.output_names(attrs))
    infer_shapes(op, attrs, [x.shape for x in sample.inputs], outs)
    return not all(map(known, outs))


def test_every_operator_has_a_sample():
    sampled = {catalog.get(sample.op).name for _, _, sample in ALL}
    missing = sorted(op.name for op in catalog.ops() if op.name not in sampled
                     and op.resolver is None)  # an open operator is what its calls make of it
    assert not missing, f"operators without a sample: {missing}"


def test_every_declaration_is_complete():
    catalog.check_all()
