"""What the programs of programs.py are made of: names of functions and methods, and arguments they are meant for."""

FUNCTIONS = (
    "add", "subtract", "multiply", "divide", "true_divide", "modulo", "power", "maximum", "minimum", "equal",
    "not_equal", "greater", "greater_equal", "lesser", "lesser_equal", "logical_and", "logical_or", "logical_xor",
    "hypot", "broadcast_add", "elemwise_mul", "dot",
)
METHODS = (
    "abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort as_in_context "
    "as_nd_ndarray asnumpy asscalar astype broadcast_axes broadcast_like broadcast_to cbrt ceil clip copy copyto "
    "cos cosh degrees depth_to_space detach diag exp expand_dims expm1 fix flatten flip floor log log10 log1p log2 "
    "log_softmax max mean min nanprod nansum norm one_hot ones_like pad pick prod radians rcbrt reciprocal relu "
    "repeat reshape reshape_like rint round rsqrt shape_array sigmoid sign sin sinh size_array slice slice_axis "
    "slice_assign slice_assign_scalar slice_like softmax softmin sort space_to_depth split split_v2 sqrt square "
    "squeeze sum swapaxes take tan tanh tile topk tostype transpose trunc wait_to_read zeros_like item tolist "
    "as_in_ctx attach_grad backward to_dlpack_for_read asdevice fill view"
).split()
# method -> arguments
TYPICAL = {
    "argmax": ("", "axis=0", "axis=1, keepdims=True", "0", "1", "axis=-1"),
    "argsort": ("", "axis=0", "is_ascend=False", "axis=None", "0, False", "dtype='int32'"),
    "as_in_context": ("mx.cpu(1)", "mx.cpu()", "mx.cpu_pinned()", "None", "'cpu'"),
    "astype": (
        "'float64'", "np.int32", "dtype='int32'", "'float32', copy=False", "'float32', False", "'x'", "bool", "int",
        "float", "np.dtype('uint8')", "None", "'bool'", "'int8'", "'float16'",
    ),
    "broadcast_to": ("(2, 3)", "(2, 2, 3)", "shape=(4, 3)", "2, 3", "(0, 3)", "(3, 3)", "[2, 3]", "3", "(-1, 3)"),
    "broadcast_like": (
        "x", "nd.ones((2, 3))", "other=nd.ones((3, 3))", "nd.ones((2, 3)), lhs_axes=(0,), rhs_axes=(0,)",
    ),
    "broadcast_axes": ("axis=0, size=2", "axis=(0,), size=(3,)", "0, 2", "axis=1, size=2"),
    "clip": ("0, 1", "a_min=-1, a_max=0.5", "-1, 1", "a_min=0, a_max=1, out=x", "0", "a_max=1", "None, 1"),
    "copyto": ("mx.cpu(1)", "nd.zeros(x.shape)", "x", "nd.zeros((7, 7))", "mx.cpu()", "nd.zeros(x.shape, mx.cpu(1))"),
    "diag": ("", "k=1", "-1", "1", "k=0, axis1=0, axis2=1"),
    "expand_dims": ("0", "axis=1", "-1", "axis=-2", "0, True", "axis=7", "axis=0, inplace=True", "1.0"),
    "flatten": ("", "inplace=True", "True"),
    "flip": ("0", "axis=0", "axis=-1", "axis=(0,)", "axis=1"),
    "one_hot": ("3", "depth=4", "4, 2, 0", "depth=3, on_value=5, off_value=-1, dtype='int32'"),
    "norm": ("", "ord=1", "axis=0", "ord=2, axis=1, keepdims=True", "2, 0"),
    "pad": ("mode='constant', pad_width=(0, 0, 0, 0, 1, 1, 1, 1)", "'edge', (0, 0, 0, 0, 1, 1, 1, 1)"),
    "pick": (
        "nd.array([0, 1])", "nd.array([0, 1, 1]), axis=0", "index=nd.array([1, 0]), axis=-1",
        "nd.array([0, 5]), 1, True, 'wrap'",
    ),
    "repeat": ("2", "repeats=2", "2, 0", "repeats=2, axis=1", "repeats=0", "2, axis=-1"),
    "reshape": (
        "-1", "(-1,)", "(3, 2)", "3, 2", "shape=(3, 2)", "(0, -1)", "(-2,)", "(-3,)", "(-4, 1, 2, 0)",
        "(-1, 0), reverse=True", "shape=(6,)", "", "None", "(7, 7)", "-1, 1", "[3, -1]", "(3, 2), foo=1", "(-1, -1)",
        "'(3, 2)'", "(3.0, 2)", "np.int64(-1)", "(np.int64(3), 2)", "x", "()", "(0, 0)", "0, -1", "shape=-1",
        "(3, 2), shape=(2, 3)", "(-1, -2)", "(-5,)", "1, -2, 1",
    ),
    "reshape_like": ("x", "nd.ones((3, 2))", "rhs=nd.ones((6,))", "nd.ones((1, 2, 3)), lhs_begin=0"),
    "slice": (
        "(0,), (1,)", "begin=(0, 1), end=(2, 3)", "begin=(None,), end=(None,), step=(-1,)", "0, 1", "(0,), (9,)",
        "begin=(1,), end=(0,)", "(-1,), (None,)",
    ),
    "slice_axis": ("0, 0, 1", "axis=1, begin=0, end=None", "axis=-1, begin=-2, end=-1", "axis=0, begin=1, end=1"),
    "slice_assign": (
        "nd.ones((1, 3)), (0, 0), (1, 3), (1, 1)", "x, (None,), (None,), (None,)", "x[0], (0,), (1,), (1,)",
        "1, (0,), (1,), (1,)", "x, (0,), (9,), ()",
    ),
    "slice_assign_scalar": (
        "5, (0,), (1,), (1,)", "2.5, (None,), (None,), (-1,)", "-1, (0, 1), (2, 2), (1, 1)", "5, (0,), (1,), ()",
        "True, (0,), (1,), (1,)", "None, (0,), (1,), (1,)",
    ),
    "slice_like": ("x", "nd.ones((1, 2))", "nd.ones((1, 9)), axes=(0,)", "shape_like=nd.ones((1, 1)), axes=(-1,)"),
    "split": ("1", "num_outputs=3, axis=1", "3, -1, True", "num_outputs=2, axis=0", "2", "3, axis=0"),
    "split_v2": (
        "1", "3, axis=-1", "(1,), 1", "(1, 2), axis=0", "[1]", "indices_or_sections=2, axis=0", "1, 0, True",
        "2, 0, True", "(0, 1)", "()", "7", "np.int64(1)", "1.0", "(5,)", "-1", "(-1,)",
    ),
    "squeeze": ("", "0", "axis=0", "axis=(0,)", "inplace=True", "axis=-1", "axis=1, inplace=True", "axis=(0, 1)"),
    "sum": ("", "axis=0", "axis=(0, 1)", "0, True", "axis=-1, keepdims=True", "axis=0, exclude=True", "axis=()"),
    "swapaxes": ("0, 1", "dim1=0, dim2=-1", "1, 2", "0, 0", "0, 5", "-1, -2"),
    "take": (
        "nd.array([0, 1])", "nd.array([1, 9]), 0, 'clip'", "indices=nd.array([0]), axis=1", "[0]", "0",
        "nd.array([-1, 5]), mode='wrap'", "nd.array([[0, 1]], dtype='int32'), axis=-1",
    ),
    "tile": ("2", "(2,)", "reps=(2, 1)", "(1, 1, 2)", "(0,)", "reps=2", "()", "-1"),
    "topk": (
        "", "k=2", "axis=0, k=1, ret_typ='value'", "ret_typ='both'", "k=1, ret_typ='mask'", "k=9", "k=0",
        "k=1, is_ascend=True, dtype='int32'",
    ),
    "tostype": ("'default'", "'x'", "None"),
    "transpose": (
        "", "1, 0", "(1, 0)", "axes=(1, 0)", "axes=()", "(0, 1, 2)", "2, 0, 1", "(0, 0)", "(-1, 0)", "[1, 0]",
    ),
    "attach_grad": ("", "'add'", "'null'", "'x'", "grad_req='write'", "stype='default'", "stype='x'", "1", "None"),
    "depth_to_space": ("2", "block_size=2"),
    "space_to_depth": ("2",),
    "softmax": ("", "axis=0", "temperature=2", "0", "axis=-1, dtype='float64'", "axis=5"),
    "sort": ("", "axis=0", "is_ascend=False", "axis=None", "0, False"),
    "mean": ("", "axis=0", "axis=(0, 1)", "0, True", "exclude=True, axis=0"),
    "max": ("", "axis=0", "axis=1, keepdims=True", "0"),
    "prod": ("", "axis=0", "0, True"),
    "as_in_ctx": ("mx.cpu(1)",),
}
PROPERTIES = (
    "shape", "size", "ndim", "dtype", "T", "context", "ctx", "stype", "grad", "writable", "shape[0]", "T.T", "foo",
    "real", "nbytes", "itemsize", "__class__", "__array_priority__", "dtype(1)", "shape.foo",
)
CONVERSIONS = (
    "float(x)", "int(x)", "bool(x)", "len(x)", "list(x)", "tuple(x)", "x.asnumpy()", "x.asscalar()", "x.item()",
    "[1, 2, 3, 4, 5][x]", "range(5)[x]", "np.array(x.asnumpy())", "1 if x else 0", "x in [x]", "next(iter(x))",
    "x == x", "x != x", "x is None", "x == None", "x != None", "None == x", "hash(x) == hash(x)",
    "hash(x) == hash(x.copy())", "{x: 1}[x]", "[y.shape for y in x]", "[y.asscalar() for y in x.reshape(-1)]",
    "sum(x)", "max(x)", "reversed(x)", "[y for y in reversed(x)]", "zip(x, x)", "[p + q for p, q in zip(x, x)]",
    "x[len(x) - 1]", "isinstance(x, nd.NDArray)", "type(x)", "x.asnumpy().flags.writeable", "divmod(7, x)",
    "round(x)", "complex(x)", "str(x)", "'a' in x", "all(x)", "any(x)", "x and 1", "x or 1", "x.asnumpy().dtype.name",
    "enumerate(x)", "nd.from_dlpack(x.to_dlpack_for_read())", "nd.from_dlpack(nd.to_dlpack_for_write(x))",
    "nd.from_numpy(x.asnumpy())", "nd.from_numpy(x.asnumpy(), zero_copy=False)", "x.wait_to_read()", "nd.waitall()",
    "x.wait_to_write()", "nd.from_numpy(x.asnumpy().T)", "nd.from_numpy([1])", "nd.from_dlpack(3)", "x.__len__()",
    "[*x]", "x.shape == tuple(x.shape)", "bytes(x)", "x < 1 < x",
)
COPIES = (
    "x.copyto(y)", "x.copyto(y) is y", "x.copyto(mx.cpu(1))", "x.copyto(mx.cpu()) is x", "x.copyto(None)",
    "x.copyto(3)", "x.copyto(y.astype('float64'))", "x.copyto(y.asnumpy())", "x.as_in_context(mx.cpu(1))",
    "x.as_in_context(mx.cpu(0)) is x", "x.as_in_context()", "x.as_in_context(context=mx.cpu(1)).context",
    "x.astype(y.dtype)", "x.astype('float32', copy=False) is x", "x.astype(x.dtype, copy=False) is x",
    "x.astype('float32', copy=True) is x", "x.astype(dtype='float16').dtype", "x.astype()",
    "x.tostype('default') is x", "x.tostype('default')", "copy.copy(x)", "copy.deepcopy(x)", "copy.deepcopy([x, x])",
    "copy.copy(x) is x", "pickle.loads(pickle.dumps(x))", "pickle.loads(pickle.dumps([x, y]))",
    "pickle.loads(pickle.dumps(x.as_in_context(mx.cpu(1)))).context", "x.copy() is x", "x.copy().context",
    "x.as_nd_ndarray() is x", "x.detach() is x", "nd.array(x, dtype='float64')", "nd.array(x).dtype",
    "nd.array(x, ctx=mx.cpu(1))", "x.asnumpy() is x", "x[:].copyto(y[:])", "x.copyto(y[0])", "x[0].copyto(y[0])",
    "x.copyto(y.reshape(-1))", "x.reshape(-1).copyto(y.reshape(-1))", "x.copyto(other=y)",
    "x.copyto(nd.empty(x.shape, dtype='int32'))", "x.copyto(nd.empty(x.shape, dtype='float16'))",
)
PRINTS = (
    "repr(x)", "str(x)", "'%s' % x", "f'{x}'", "f'{x!r}'", "format(x)", "format(x, '.2f')", "f'{x:.3f}'", "'%f' % x",
    "'%d' % x", "'%r' % (x,)", "'{}'.format(x)", "'{:5}'.format(x)", "f'{x.shape}'", "repr([x])", "str((x, 1))",
    "repr({'a': x})", "str(x.dtype)", "str(x.context)", "repr(x.context)", "f'{x:d}'", "f'{x:s}'",
    "f'{x.asscalar():.2f}'", "repr(x.reshape(-1)[:1])", "repr(x.as_in_context(mx.cpu(1)))", "repr(x.T)",
    "'%.2f' % x.asscalar()", "'%5s' % x", "repr(x[0])", "str(x.grad)", "'%.1e' % x", "f'{x:>40}'",
)
CALLS = (
    "nd.concatenate([x, y])", "nd.concatenate([x, x], axis=1)", "nd.concatenate([])", "nd.concatenate([x])",
    "nd.concatenate([x], always_copy=False) is x", "nd.concat(x, y, dim=0)", "nd.concat(x, x)", "nd.stack(x, x)",
    "nd.stack(x, x, axis=1)", "nd.stack([x, x])", "nd.stack(*[x, x])", "nd.concat([x, x], dim=0)",
    "nd.moveaxis(x, 0, -1)", "nd.moveaxis(x, [0, 1], [1, 0])", "nd.moveaxis(x, 0, 9)", "nd.moveaxis(x, (0,), (0, 1))",
    "nd.moveaxis(x, -1, 0)", "nd.split_v2(x, 1)", "nd.split_v2(x, (1,), axis=-1)",
    "nd.split_v2(x, 3, axis=-1, squeeze_axis=True)", "nd.split_v2(x, 7)", "nd.split_v2(x, [])", "nd.split(x, 1)",
    "nd.split(x, num_outputs=3, axis=1)", "nd.histogram(x)", "nd.histogram(x, bins=3)", "nd.histogram(x, 4, (0, 2))",
    "nd.histogram(x, nd.array([-1, 0, 1, 2]))", "nd.histogram(x, bins='a')", "nd.histogram(x, bins=3, range=(-2, 2))",
    "nd.onehot_encode(nd.array([0, 2]), nd.zeros((2, 3)))", "nd.add_n(x, x)", "nd.ElementWiseSum(x, x, x)",
    "nd.where(x, x, y)", "nd.where(x > 0, x, y)", "nd.broadcast_to(x, shape=(2, 3))", "nd.sum(x)",
    "nd.sum(data=x, axis=0)", "nd.sum(x, out=y)", "nd.sum()", "nd.sum(None)", "nd.sum([1, 2])", "nd.sum(x.asnumpy())",
    "nd.sum(x, foo=1)", "nd.square(x, out=x)", "nd.elemwise_add(x, y, out=x)", "nd.elemwise_add(lhs=x, rhs=y)",
    "nd.elemwise_add(x)", "nd.elemwise_add(x, y, x)", "nd.elemwise_add(x, lhs=x, rhs=y)", "nd.sum(x, 0, 1, 1, 1, 1)",
    "nd.dot(x, y)", "nd.dot(x, x, transpose_b=True)", "nd.dot(x, y.T)", "nd.batch_dot(x, x)", "nd.maximum(x, y)",
    "nd.maximum(x, 0)", "nd.maximum(1, x)", "nd.minimum(x, 0.5)", "nd.maximum(2, 3)", "nd.clip(x, 0, 1)",
    "nd.Cast(x, 'int32')", "nd.Cast(x, dtype=np.int32)", "nd.cast(x, dtype='float64')", "nd.Reshape(x, shape=(-1,))",
    "nd.reshape(x, shape=(0, -1))", "nd.SliceChannel(x, num_outputs=1)", "nd.identity(x)", "nd.BlockGrad(x)",
    "nd.shuffle(x).shape", "nd.L2Normalization(x)", "nd.Flatten(x)", "nd.tile(x, (2, 2))", "nd.norm(x)",
    "nd.argmax(x, axis=0)", "nd.topk(x, k=1, ret_typ='both')",
    "nd.Embedding(nd.array([0, 1]), x, input_dim=2, output_dim=3)", "nd.Activation(x, 'relu')",
    "nd.Activation(x, act_type='x')", "nd.Activation(x)",
    "nd.FullyConnected(x, nd.ones((2, 3)), nd.zeros((2,)), num_hidden=2)", "nd.take(x, nd.array([0]))",
    "nd.FullyConnected(x, nd.ones((2, 3)), num_hidden=2, no_bias=True)", "nd.gather_nd(x, nd.array([[0], [1]]))",
    "nd.SequenceMask(x)", "nd.one_hot(nd.array([0, 1]), 3)", "nd.zeros_like(x)", "nd.ones_like(data=x)",
    "nd.contrib.isnan(x)", "nd.equal(x, y)", "nd.greater(x, 1)", "nd.lesser(1, x)", "nd.logical_and(x, y)",
    "nd.negative(x)", "nd.relu(x)", "nd.sign(x)", "nd.diag(x)", "nd.flip(x, axis=0)", "nd.reverse(x, axis=(0,))",
    "nd.expand_dims(x, axis=0)", "nd.squeeze(x)", "nd.cumsum(x)", "nd.slice(x, begin=(0,), end=(1,))",
    "nd.slice_axis(x, 0, 0, 1)", "nd.abs(x)", "nd.round(x)", "nd.fix(x)", "nd.mean(x, axis=0)", "nd.max(x, axis=-1)",
    "nd.prod(x)", "nd.nansum(x)", "nd.size_array(x)", "nd.shape_array(x)", "nd.linalg.gemm2(x, x.T)", "nd.op.sum(x)",
    "nd.random.shuffle(x).dtype", "nd.contrib.arange_like(x)", "nd.repeat(x, 2)", "nd.pick(x, nd.array([0, 1]))",
    "nd.NDArray(None).shape", "nd.waitall()", "nd.concat()", "nd.stack()", "nd.add_n()", "nd.foo(x)",
)
SYMBOL_CALLS = (
    "s.list_arguments()", "s.list_outputs()", "s.list_auxiliary_states()", "s.list_inputs()", "s.name", "repr(s)",
    "len(s)", "s[0].list_outputs()", "s[5]", "s[-1].name", "s['x']", "s['fc_output'].name", "s[0:1]",
    "[o.name for o in s]", "s.num_outputs", "s.get_internals().list_outputs()", "s.get_internals()['x'].name",
    "s.get_children().list_outputs()", "s.attr('a')", "x.get_children()", "s.list_attr()", "s.attr_dict()",
    "s.list_attr(recursive=True)", "w.attr('__lr_mult__')", "w.attr('lr_mult')", "w.attr_dict()", "s._set_attr(a='1')",
    "s._set_attr(a=1)", "s.infer_shape(x=(2, 3))", "s.infer_shape(x=(4, 3))", "s.infer_shape()",
    "s.infer_shape((2, 3))", "s.infer_shape(q=(2, 3))", "s.infer_shape(x=(2, 0))", "s.infer_shape_partial(x=(2, 0))",
    "s.infer_shape_partial()", "s.infer_shape_partial(x=(0, 3))", "s.infer_shape(x='a')", "s.infer_type(x='float64')",
    "s.infer_type()", "s.infer_type('float16')", "s.infer_type_partial(x='float16')", "s.infer_type(x='x')",
    "s.infer_type(x=np.int32)", "s.tojson()", "s.debug_str()", "mx.sym.load_json(s.tojson()).tojson() == s.tojson()",
    "mx.sym.load_json('{')", "mx.sym.load_json('')", "mx.sym.load_json(3)", "s.grad(['x'])", "s.gradient('x')",
    "s.eval(x=a(1, (2, 3)), y=a(2, (2, 3)))", "s.eval(ctx=mx.cpu(1), x=a(1, (2, 3)))", "s.eval()",
    "s(x=y).list_arguments()", "s(x=y, name='c').list_outputs()", "s(q=y)", "s(y).list_arguments()", "s(1)", "s(x=1)",
    "s(x=mx.sym.exp(w)).get_internals().list_outputs()", "copy.copy(s).tojson() == s.tojson()",
    "copy.deepcopy(s).list_outputs()", "pickle.loads(pickle.dumps(s)).list_arguments()", "s == s", "s is s",
    "hash(s) == hash(s)", "bool(s)", "float(s)", "s + 'a'", "s + None", "s + nd.ones(2)", "s + np.ones(2)",
    "(s + 1).name", "(1 + s).name", "(s - s).name", "(2 - s).name", "(s / 2).name", "(2 / s).name", "(s ** 2).name",
    "(2 ** s).name", "(s % 2).name", "(3 % s).name", "(-s).name", "abs(s).name", "(s == 1).name", "(s != s).name",
    "(s > 1).name", "(s >= s).name", "(s < 1).name", "(s <= s).name", "(s * s).list_arguments()", "(s @ s)", "s & s",
    "~s", "s // 2", "not s", "s.reshape((1, -1)).name", "s.sum().name", "s.sum(axis=0).infer_shape(x=(2, 3))",
    "s.astype('float16').infer_type()", "s.T", "s.shape", "s.foo", "s.asnumpy()", "s.list_arguments",
    "mx.sym.Group([])", "mx.sym.Group(s)", "mx.sym.Group([s, 1])", "mx.sym.Group([s, x]).list_outputs()",
    "mx.sym.Variable(1)", "mx.sym.Variable('v', attr={'a': 1})", "mx.sym.Variable('v', attr={'a': '1'}).attr_dict()",
    "mx.sym.Variable('v', foo=1)", "mx.sym.Variable('v', __foo__='1').attr_dict()",
    "mx.sym.Variable('v', shape=(1, 2), dtype='int32', init='zeros').attr_dict()",
    "mx.sym.Variable('v', wd_mult=0.5, lr_mult='a').attr_dict()", "mx.sym.zeros((2, 3)).infer_shape()",
    "mx.sym.ones((2,), dtype='int32').infer_type()", "mx.sym.arange(5).eval()", "mx.sym.full((2,), 3).eval()",
    "mx.sym.eye(2).eval()", "mx.sym.linspace(0, 1, 3).eval()", "mx.sym.maximum(s, 1).name", "mx.sym.maximum(1, 2)",
    "mx.sym.pow(2, s).name", "mx.sym.hypot(s, s).name", "mx.sym.minimum(s, s).list_arguments()",
    "mx.sym.exp(s, name='e').name", "mx.sym.exp(s, foo=1).tojson()", "mx.sym.exp()", "mx.sym.exp(1)",
    "mx.sym.exp(s, s)", "mx.sym.exp(data=s, name=3)", "mx.sym.FullyConnected(s)",
    "mx.sym.FullyConnected(s, num_hidden='a')", "mx.sym.Activation(s, act_type='x')",
    "mx.sym.concat(s, s).infer_shape(x=(2, 3))",
)
EXECUTOR_CALLS = (
    "e.outputs", "e.outputs", "e.outputs", "e.grad_arrays", "e.grad_arrays", "e.grad_dict", "e.grad_dict",
    "e.arg_dict", "e.aux_dict", "e.arg_arrays", "e.aux_arrays", "e.output_dict", "[o.shape for o in e.outputs]",
    "list(e.arg_dict)", "list(e.output_dict)", "e.outputs is e.outputs", "e.arg_dict['x'] is e.arg_arrays[0]",
    "e._symbol.list_outputs()", "e.foo", "type(e)",
)
GRAPHS = (
    "x + y", "x * 2 - y", "2 / (x + 3)", "mx.sym.exp(x) * y",
    "mx.sym.FullyConnected(x, w, num_hidden=4, no_bias=True, name='fc')",
    "mx.sym.FullyConnected(x, num_hidden=2, name='fc')", "-x", "x ** 2", "mx.sym.concat(x, y, dim=0)",
    "mx.sym.sum(x * y, axis=1)", "mx.sym.Activation(x, act_type='relu')", "mx.sym.Reshape(x, shape=(-1,))",
    "mx.sym.split(x, num_outputs=3, axis=1, name='sp')", "x", "mx.sym.Group([x, y + 1])",
    "mx.sym.Group([x + 1, x + 1])", "mx.sym.dot(x, mx.sym.transpose(y))", "mx.sym.BatchNorm(x, name='bn')",
    "mx.sym.Dropout(x, p=0.0)", "mx.sym.mean(x)", "x > y", "mx.sym.SoftmaxOutput(x, name='softmax')",
    "mx.sym.make_loss(mx.sym.sum(x * x))", "x % 2", "mx.sym.broadcast_add(x, mx.sym.sum(y, axis=0, keepdims=True))",
    "mx.sym.BlockGrad(x) * y",
)
BINDINGS = (
    "s.simple_bind(mx.cpu(), x=(2, 3))", "s.simple_bind(mx.cpu(), x=(2, 3))",
    "s.simple_bind(mx.cpu(), grad_req='add', x=(2, 3))", "s.simple_bind(mx.cpu(), grad_req='null', x=(2, 3))",
    "s.simple_bind(mx.cpu(), x=(2, 3), y=(2, 3))", "s.simple_bind(mx.cpu(), x=(4, 3))", "s.simple_bind(mx.cpu())",
    "s.simple_bind(mx.cpu(), grad_req={'x': 'write', 'y': 'add'}, x=(2, 3))", "s.simple_bind(ctx=mx.cpu(1), x=(2, 3))",
    "s.bind(mx.cpu(), {'x': a(1, (2, 3)), 'y': a(2, (2, 3)), 'w': a(3, (4, 3))})",
    "s.bind(mx.cpu(), {'x': a(1, (2, 3)), 'y': a(2, (2, 3)), 'w': a(3, (4, 3))}, {'x': nd.ones((2, 3))})",
    "s.bind(mx.cpu(), [a(1, (2, 3)), a(2, (2, 3))], [nd.ones((2, 3)), nd.ones((2, 3))], ['add', 'write'])",
    "s.bind(mx.cpu(), [a(1, (2, 3))])", "s.simple_bind(mx.cpu(), type_dict={'x': 'float64'}, x=(2, 3))",
)
STEPS = (
    "e.forward()", "e.forward(is_train=True)", "e.forward(is_train=True, x=a(5, (2, 3)))",
    "e.forward(x=nd.ones((9, 9)))", "e.forward(q=nd.ones((2, 3)))", "e.forward(is_train=True); e.backward()",
    "e.forward(is_train=True); e.backward(nd.ones(e.outputs[0].shape))",
    "e.forward(is_train=True); e.backward([nd.ones(o.shape) for o in e.outputs])",
    "e.forward(); e.backward([nd.ones(o.shape) for o in e.outputs])", "e.arg_dict['x'][:] = 2", "e.outputs[0][:] = 7",
    "e.copy_params_from({'x': a(7, (2, 3))})", "e.copy_params_from({'q': nd.ones(2)})",
    "e.copy_params_from({'q': nd.ones(2)}, allow_extra_params=True)", "e = e.reshape(x=(1, 3))",
    "e = e.reshape(partial_shaping=True, x=(1, 3), y=(1, 3))",
    "e = e.reshape(allow_up_sizing=True, x=(5, 3), y=(5, 3))",
)
