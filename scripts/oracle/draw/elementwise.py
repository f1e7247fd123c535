"""Functions of one element, of two, of an element and a number."""

UNARY = (
    "abs sign exp expm1 log log2 log10 log1p square sqrt rsqrt cbrt reciprocal negative sin cos tan arcsin arccos "
    "arctan sinh cosh tanh arcsinh arccosh arctanh degrees radians floor ceil trunc fix rint round relu sigmoid "
    "rcbrt softsign logical_not identity BlockGrad zeros_like ones_like erf erfinv gamma gammaln stop_gradient "
    "contrib.round_ste contrib.sign_ste contrib.div_sqrt_dim contrib.isnan contrib.isinf contrib.isfinite "
    "make_loss shape_array size_array Flatten"
).split()
ELEMENTWISE = (
    "elemwise_add elemwise_sub elemwise_mul elemwise_div _internal._mod _internal._power _internal._maximum "
    "_internal._minimum _internal._hypot _internal._equal _internal._not_equal _internal._greater "
    "_internal._greater_equal _internal._lesser _internal._lesser_equal _internal._logical_and "
    "_internal._logical_or _internal._logical_xor"
).split()
BROADCAST = (
    "broadcast_add broadcast_sub broadcast_mul broadcast_div broadcast_mod broadcast_power broadcast_maximum "
    "broadcast_minimum broadcast_hypot broadcast_equal broadcast_not_equal broadcast_greater "
    "broadcast_greater_equal broadcast_lesser broadcast_lesser_equal broadcast_logical_and "
    "broadcast_logical_or broadcast_logical_xor broadcast_plus broadcast_minus"
).split()
FUNCTIONS = (
    "add subtract multiply divide modulo power maximum minimum equal not_equal greater greater_equal lesser "
    "lesser_equal logical_and logical_or logical_xor true_divide"
).split()
SCALAR = (
    "_plus_scalar _minus_scalar _rminus_scalar _mul_scalar _div_scalar _rdiv_scalar _mod_scalar _rmod_scalar "
    "_power_scalar _rpower_scalar _maximum_scalar _minimum_scalar _hypot_scalar _equal_scalar _not_equal_scalar "
    "_greater_scalar _greater_equal_scalar _lesser_scalar _lesser_equal_scalar _logical_and_scalar "
    "_logical_or_scalar _logical_xor_scalar _scatter_plus_scalar _scatter_minus_scalar"
).split()


def unary(draw):
    return [draw.array(draw.shape())], {}


def elementwise(draw):
    shape, dtype = draw.shape(), draw.dtype()
    return [draw.array(shape, dtype), draw.array(shape, dtype)], {}


def broadcast(draw):
    one, other = draw.broadcast_pair()
    dtype = draw.dtype()
    return [draw.array(one, dtype), draw.array(other, dtype)], {}


def number(draw):
    return draw.choice([0, 1, -1, 2, 3, 0.5, -0.5, 1.5, -2, 2.0, draw.float(-3, 3), draw.int(-4, 4)])


def scalar(draw):
    attrs = {"scalar": number(draw)}
    if draw.chance(0.3):
        attrs["is_int"] = isinstance(attrs["scalar"], int)
    return [draw.array(draw.shape())], attrs


def smooth_l1(draw):
    return [draw.array(draw.shape(), draw.floating())], {"scalar": draw.choice([0.0, 1.0, 2.0, 0.5, 3, -1.0])}


def clip(draw):
    low = draw.float(-2, 1)
    return [draw.array(draw.shape())], {"a_min": low, "a_max": low + draw.float(-0.2, 2)}


def cast(draw):
    return [draw.plain(draw.shape())], {"dtype": draw.dtype()}


def amp_cast(draw):
    return [draw.plain(draw.shape())], {"dtype": draw.choice(("float16", "float32", "float64", "int32"))}


def amp_multicast(draw):
    count = draw.int(1, 3)
    return (
        [draw.array(draw.shape(), draw.floating()) for _ in range(count)],
        {"num_outputs": count, **draw.some(cast_narrow=True)},
    )


def add_n(draw):
    shape, dtype = draw.shape(), draw.dtype()
    return [draw.array(shape, dtype) for _ in range(draw.int(1, 5))], {}


def allclose(draw):
    shape, dtype = draw.shape(), draw.floating()
    one = draw.array(shape, dtype)
    other = list(one) if draw.chance() else draw.array(shape, dtype)
    return [one, other], draw.some(rtol=draw.float(0, 2), atol=draw.float(0, 2), equal_nan=draw.chance()), "plain"


def quadratic(draw):
    return [draw.array(draw.shape(), draw.dtype())], draw.attrs("contrib.quadratic")


def gradientmultiplier(draw):
    return [draw.array(draw.shape(), draw.dtype())], {"scalar": draw.float()}


def finite(draw):
    return [draw.array(draw.shape(), draw.floating())], draw.some(init_output=draw.chance()), "plain"


def many_finite(draw):
    count = draw.int(1, 3)
    return (
        [draw.array(draw.shape(), draw.floating()) for _ in range(count)],
        {"num_arrays": count, **draw.some(init_output=draw.chance())},
        "plain",
    )


def hard_sigmoid(draw):
    return [draw.array(draw.shape(), draw.floating())], draw.some(alpha=draw.float(), beta=draw.float())


RECIPES = {
    **dict.fromkeys(UNARY, unary),
    **dict.fromkeys(ELEMENTWISE, elementwise),
    "_internal._scatter_elemwise_div": elementwise,
    "_internal._grad_add": lambda draw: (*elementwise(draw), "plain"),
    **dict.fromkeys(BROADCAST, broadcast),
    **dict.fromkeys(FUNCTIONS, broadcast),
    **dict.fromkeys([f"_internal.{name}" for name in SCALAR], scalar),
    "smooth_l1": smooth_l1,
    "clip": clip,
    "Cast": cast,
    "amp_cast": amp_cast,
    "amp_multicast": amp_multicast,
    "add_n": add_n,
    "contrib.allclose": allclose,
    "contrib.quadratic": quadratic,
    "contrib.gradientmultiplier": gradientmultiplier,
    "all_finite": finite,
    "multi_all_finite": many_finite,
    "hard_sigmoid": hard_sigmoid,
}
