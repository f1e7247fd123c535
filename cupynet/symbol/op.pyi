# Made by scripts/stubs.py from the declarations in cupynet/ops: do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from .symbol import Symbol


def identity(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Copy of `data`: same shape, dtype and values."""

def linalg_det(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Determinants of square matrices: ``(..., n, n)`` gives ``(...)``, and ``(1,)`` for one matrix."""

def linalg_extractdiag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Diagonals of square matrices: ``(..., n, n)`` gives ``(..., n - |offset|)``."""

def linalg_extracttrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Triangles of square matrices, packed: lower ones row by row, upper ones column by column."""

def linalg_gelqf(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """LQ factors ``A = L @ Q``: rows of Q orthonormal, L a lower triangle."""

def linalg_gemm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    C: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sums of matrix products and matrices, ``alpha * op(A) @ op(B) + beta * C``."""

def linalg_gemm2(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Matrix products ``alpha * op(A) @ op(B)``."""

def linalg_inverse(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverses of square matrices, ``(..., n, n)``."""

def linalg_makediag(
    A: Symbol | None = None,
    offset: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Square matrices from their diagonals: ``(..., n)`` gives ``(..., n + |offset|, n + |offset|)``."""

def linalg_maketrian(
    A: Symbol | None = None,
    offset: int = 0,
    lower: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Triangular matrices from packed triangles, lower ones row by row, upper ones column by column."""

def linalg_potrf(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Cholesky factors: the lower triangles L with positive diagonals and ``L @ L.T = A``."""

def linalg_potri(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverses of symmetric positive definite matrices, ``(A @ A.T)**-1``, from their Cholesky factors A."""

def linalg_slogdet(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Signs of determinants and logarithms of their absolute values, for square matrices."""

def linalg_sumlogdiag(
    A: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sums of the logarithms of the diagonals of square matrices."""

def linalg_syevd(A: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Eigenvectors and eigenvalues of symmetric matrices, ``A = U.T @ diag(L) @ U``."""

def linalg_syrk(
    A: Symbol | None = None,
    transpose: bool = False,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Symmetric products ``alpha * A @ A.T``, or ``alpha * A.T @ A`` with `transpose`."""

def linalg_trmm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Products with triangular matrices, ``alpha * op(A) @ B``, or ``alpha * B @ op(A)`` with `rightside`."""

def linalg_trsm(
    A: Symbol | None = None,
    B: Symbol | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Solutions X of triangular systems ``op(A) @ X = alpha * B``, or ``X @ op(A) = alpha * B`` with `rightside`."""

def abs(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Absolute value, elementwise."""

def adam_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Adam (Kingma & Ba 2014) without the bias correction, which callers put into `lr`."""

def add_n(
    *args: Symbol | Sequence[Symbol],
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sum of all inputs, which have one shape and dtype."""
ElementWiseSum = add_n

def all_finite(
    data: Symbol | None = None,
    init_output: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """1 if every number in `data` is finite, else 0: float32, shape ``(1,)``."""

def amp_cast(
    data: Symbol | None = None,
    dtype: DTypeLike = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Cast of floating-point `data` to `dtype`, for automatic mixed precision; whole numbers stay as they are."""

def amp_multicast(
    *data: Symbol | Sequence[Symbol],
    cast_narrow: bool = False,
    num_outputs: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Inputs cast to one floating-point type, for automatic mixed precision."""

def arccos(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverse cosine, in radians, elementwise."""

def arccosh(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverse hyperbolic cosine, elementwise."""

def arcsin(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverse sine, in radians, elementwise."""

def arcsinh(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverse hyperbolic sine, elementwise."""

def arctan(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverse tangent, in radians, elementwise."""

def arctanh(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverse hyperbolic tangent, elementwise."""

def argmax(
    data: Symbol | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Position of the largest element along an axis; the first of several. A NaN counts as the extremum."""

def argmax_channel(
    data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Position of the largest element along axis 1, the first of several, in the dtype of `data`."""

def argmin(
    data: Symbol | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Position of the smallest element along an axis; the first of several. A NaN counts as the extremum."""

def argsort(
    data: Symbol | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    dtype: DTypeLike = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Positions that put the elements in order along an axis; equal elements keep their order."""

def batch_dot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Matrix products of two stacks of matrices, ``lhs[i] @ rhs[i]``."""

def BilinearSampler(
    data: Symbol | None = None,
    grid: Symbol | None = None,
    cudnn_off: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sample feature maps at the points of a grid, interpolating; beyond the edges there is zero."""

def BlockGrad(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Identity whose gradient is zero: stops the backward pass."""
stop_gradient = BlockGrad

def broadcast_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs + rhs``, elementwise."""
broadcast_plus = broadcast_add

def broadcast_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs / rhs``, elementwise."""

def broadcast_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs == rhs``, elementwise."""

def broadcast_greater(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs > rhs``, elementwise."""

def broadcast_greater_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs >= rhs``, elementwise."""

def broadcast_hypot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``sqrt(lhs**2 + rhs**2)``, elementwise."""

def broadcast_lesser(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs < rhs``, elementwise."""

def broadcast_lesser_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs <= rhs``, elementwise."""

def broadcast_logical_and(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs and rhs``, elementwise."""

def broadcast_logical_or(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs or rhs``, elementwise."""

def broadcast_logical_xor(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs xor rhs``, elementwise."""

def broadcast_maximum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``max(lhs, rhs)``, elementwise."""

def broadcast_minimum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``min(lhs, rhs)``, elementwise."""

def broadcast_mod(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs % rhs``, elementwise."""

def broadcast_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs * rhs``, elementwise."""

def broadcast_not_equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs != rhs``, elementwise."""

def broadcast_power(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs ** rhs``, elementwise."""

def broadcast_sub(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs - rhs``, elementwise."""
broadcast_minus = broadcast_sub

def Cast(
    data: Symbol | None = None,
    dtype: DTypeLike = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Elements of `data` converted to `dtype`; floating point is truncated towards zero for integers."""
cast = Cast

def cbrt(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Cube root, elementwise."""

def ceil(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Smallest whole number not below, elementwise."""

def clip(
    data: Symbol | None = None,
    a_min: float = ...,
    a_max: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Elements of `data` limited to ``[a_min, a_max]``. The gradient is passed where nothing was cut."""

def Correlation(
    data1: Symbol | None = None,
    data2: Symbol | None = None,
    kernel_size: int = 1,
    max_displacement: int = 1,
    stride1: int = 1,
    stride2: int = 1,
    pad_size: int = 0,
    is_multiply: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Compare patches of two feature maps at displacements up to `max_displacement` (FlowNet)."""

def cos(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Cosine of radians, elementwise."""

def cosh(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Hyperbolic cosine, elementwise."""

def Crop(
    *data: Symbol | Sequence[Symbol],
    offset: int | Sequence[int] = (0, 0),
    h_w: int | Sequence[int] = (0, 0),
    center_crop: bool = False,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Crop the last two axes of a feature map."""

def CTCLoss(
    data: Symbol | None = None,
    label: Symbol | None = None,
    data_lengths: Symbol | None = None,
    label_lengths: Symbol | None = None,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal['first', 'last'] = 'first',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Negative log-probability of label sequences, summed over all their alignments with the data."""
ctc_loss = CTCLoss

def degrees(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Radians to degrees, elementwise."""

def dot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sum of products over the last axis of `lhs` and the first axis of `rhs`."""

def elemwise_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs + rhs``, elementwise."""

def elemwise_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs / rhs``, elementwise."""

def elemwise_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs * rhs``, elementwise."""

def elemwise_sub(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lhs - rhs``, elementwise."""

def erf(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Error function ``2/sqrt(pi) * integral of exp(-t^2) from 0 to data``, elementwise."""

def erfinv(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Inverse of the error function on (-1, 1); infinite at -1 and 1, NaN beyond, elementwise."""

def exp(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Exponential, elementwise."""

def expm1(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """``exp(data) - 1``, exact near zero, elementwise."""

def fix(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Whole number towards zero, elementwise."""

def floor(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Largest whole number not above, elementwise."""

def ftml_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    d: Symbol | None = None,
    v: Symbol | None = None,
    z: Symbol | None = None,
    lr: float = ...,
    beta1: float = 0.6,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    t: int = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_grad: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Follow the moving leader (Zheng & Kwok 2017), step number `t`."""

def ftrl_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    z: Symbol | None = None,
    n: Symbol | None = None,
    lr: float = ...,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Follow the regularized leader (McMahan et al. 2013): keeps weights at exactly 0."""

def FullyConnected(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Affine map ``data @ weight.T + bias``."""

def gamma(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Gamma function; NaN at the negative whole numbers, elementwise."""

def gammaln(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Logarithm of the absolute value of the gamma function, elementwise."""

def GridGenerator(
    data: Symbol | None = None,
    transform_type: Literal['affine', 'warp'] = ...,
    target_shape: int | Sequence[int] = (0, 0),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sampling grid for BilinearSampler: x and y between -1 (left, top) and 1 (right, bottom)."""

def khatri_rao(
    *args: Symbol | Sequence[Symbol],
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Khatri-Rao product: column j is the Kronecker product of the columns j of all matrices."""

def lamb_update_phase1(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    t: int = ...,
    bias_correction: bool = True,
    wd: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """First half of LAMB (You et al. 2019): the direction ``mean / (sqrt(var) + epsilon) + wd * weight``."""

def lamb_update_phase2(
    weight: Symbol | None = None,
    g: Symbol | None = None,
    r1: Symbol | None = None,
    r2: Symbol | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Second half of LAMB: ``weight -= lr * (r1 / r2) * g``."""

def log(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Natural logarithm, elementwise."""

def log10(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Logarithm to base 10, elementwise."""

def log1p(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """``log(1 + data)``, exact near zero, elementwise."""

def log2(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Logarithm to base 2, elementwise."""

def logical_not(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """1 where `data` is zero, else 0, elementwise."""

def max(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Largest element over axes; NaN if there is one."""
max_axis = max

def mean(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mean over axes; that of whole numbers is truncated towards zero."""

def min(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Smallest element over axes; NaN if there is one."""
min_axis = min

def moments(
    data: Symbol | None = None,
    axes: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mean and variance (that of the population, ``mean((data - mean)**2)``) over axes."""

def mp_lamb_update_phase1(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    weight32: Symbol | None = None,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    t: int = ...,
    bias_correction: bool = True,
    wd: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lamb_update_phase1`` of `weight32`, the exact weight in float32; the direction is float32 as well."""

def mp_lamb_update_phase2(
    weight: Symbol | None = None,
    g: Symbol | None = None,
    r1: Symbol | None = None,
    r2: Symbol | None = None,
    weight32: Symbol | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``lamb_update_phase2`` of `weight32`, the exact weight in float32; the result is its rounding to float16."""

def mp_nag_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    weight32: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """nag_mom_update in mixed precision."""

def mp_sgd_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    weight32: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """sgd_mom_update in mixed precision."""

def mp_sgd_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    weight32: Symbol | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """sgd_update in mixed precision."""

def multi_all_finite(
    *data: Symbol | Sequence[Symbol],
    init_output: bool = True,
    num_arrays: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """1 if every number in every array of `data` is finite, else 0: float32, shape ``(1,)``."""

def multi_lars(
    lrs: Symbol | None = None,
    weights_sum_sq: Symbol | None = None,
    grads_sum_sq: Symbol | None = None,
    wds: Symbol | None = None,
    eta: float = ...,
    eps: float = ...,
    rescale_grad: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Learning rates by layerwise adaptive rate scaling (You et al. 2017)."""

def multi_mp_sgd_mom_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float],
    wds: float | Sequence[float],
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def multi_mp_sgd_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float],
    wds: float | Sequence[float],
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def multi_sgd_mom_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float],
    wds: float | Sequence[float],
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def multi_sgd_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float],
    wds: float | Sequence[float],
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def multi_sum_sq(
    *data: Symbol | Sequence[Symbol],
    num_arrays: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sum of squares of each of `num_arrays` arrays of any shapes: a float32 array of shape (num_arrays,)."""

def nag_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Nesterov's accelerated gradient: ``mom = momentum * mom - lr * (g + wd * weight)``, then ``weight += momentum
    * mom - lr * (g + wd * weight)`` (Sutskever et al. 2013).
    """

def nanprod(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Product over axes, NaN counting as one."""

def nansum(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sum over axes, NaN counting as zero."""

def negative(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Negative, elementwise."""

def norm(
    data: Symbol | None = None,
    ord: int = 2,
    axis: int | Sequence[int] | None = None,
    out_dtype: DTypeLike | None = None,
    keepdims: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Norm over axes: ``sum(|data|)`` for ``ord=1``, ``sqrt(sum(data**2))`` for ``ord=2``."""

def ones_like(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Ones of the shape and dtype of `data`."""

def preloaded_multi_mp_sgd_mom_update(
    *data: Symbol | Sequence[Symbol],
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def preloaded_multi_mp_sgd_update(
    *data: Symbol | Sequence[Symbol],
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def preloaded_multi_sgd_mom_update(
    *data: Symbol | Sequence[Symbol],
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def preloaded_multi_sgd_update(
    *data: Symbol | Sequence[Symbol],
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The update of `num_weights` weights in one call."""

def prod(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Product over axes. Its gradient is right where elements are zero, too (MXNet's is NaN there)."""

def radians(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Degrees to radians, elementwise."""

def rcbrt(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Reciprocal cube root, elementwise."""

def reciprocal(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """``1 / data``, elementwise."""

def relu(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Rectifier ``max(data, 0)``, elementwise."""

def reset_arrays(
    *data: Symbol | Sequence[Symbol],
    num_arrays: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Set `num_arrays` arrays of any shapes and dtypes to 0, in place; there is no output."""

def rint(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Nearest whole number, halves to even, elementwise."""

def rmsprop_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    n: Symbol | None = None,
    lr: float = ...,
    gamma1: float = 0.95,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """RMSProp (Tieleman & Hinton 2012): steps divided by the root of the gradients' mean square."""

def rmspropalex_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    n: Symbol | None = None,
    g: Symbol | None = None,
    delta: Symbol | None = None,
    lr: float = ...,
    gamma1: float = 0.95,
    gamma2: float = 0.9,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """RMSProp with centred gradients and momentum (Graves 2013, "Generating sequences")."""

def RNN(
    data: Symbol | None = None,
    parameters: Symbol | None = None,
    state: Symbol | None = None,
    state_cell: Symbol | None = None,
    sequence_length: Symbol | None = None,
    state_size: int = ...,
    num_layers: int = ...,
    bidirectional: bool = False,
    mode: Literal['gru', 'lstm', 'rnn_relu', 'rnn_tanh'] = ...,
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Recurrent network of several layers over a batch of sequences."""

def ROIPooling(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    pooled_size: int | Sequence[int] = ...,
    spatial_scale: float = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Divide regions of feature maps into bins, and take the maximum of each."""

def round(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Nearest whole number, halves away from zero, elementwise."""

def rsqrt(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Reciprocal square root, elementwise."""

def SequenceLast(
    data: Symbol | None = None,
    sequence_length: Symbol | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Take the last step of each sequence."""

def SequenceMask(
    data: Symbol | None = None,
    sequence_length: Symbol | None = None,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Set everything past the end of each sequence to `value`."""

def SequenceReverse(
    data: Symbol | None = None,
    sequence_length: Symbol | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Reverse each sequence in time; padding stays where it is."""

def sgd_mom_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Descent with momentum: ``mom = momentum * mom - lr * (g + wd * weight)``, ``weight += mom``."""

def sgd_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Stochastic gradient descent: ``weight -= lr * (g + wd * weight)``."""

def sigmoid(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Logistic function ``1 / (1 + exp(-data))``, elementwise."""

def sign(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Sign: -1, 0 or 1, elementwise."""

def signsgd_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Descent by the gradient's sign: ``weight = (1 - lr * wd) * weight - lr * sign(g)`` (Bernstein et al. 2018)."""

def signum_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mom: Symbol | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Descent by the sign of the momentum: ``mom = momentum * mom - (1 - momentum) * (g + wd * weight)``, then
    ``weight = (1 - lr * wd_lh) * weight + lr * sign(mom)`` (Bernstein et al. 2018).
    """

def sin(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Sine of radians, elementwise."""

def sinh(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Hyperbolic sine, elementwise."""

def smooth_l1(
    data: Symbol | None = None,
    scalar: float = 1.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Huber-like loss: ``0.5 (s x)^2`` where ``|x| < 1/s^2``, else ``|x| - 0.5/s^2``, with ``s = scalar``."""

def softsign(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """``data / (1 + |data|)``, elementwise."""

def sort(
    data: Symbol | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Elements in order along an axis."""

def SpatialTransformer(
    data: Symbol | None = None,
    loc: Symbol | None = None,
    target_shape: int | Sequence[int] = (0, 0),
    transform_type: Literal['affine'] = ...,
    sampler_type: Literal['bilinear'] = ...,
    cudnn_off: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Warp feature maps by affine maps: BilinearSampler on the grid that GridGenerator makes of `loc`."""

def sqrt(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Square root, elementwise."""

def square(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Square, elementwise."""

def sum(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Sum over axes, in the dtype of data (float16 is added up in float32)."""
sum_axis = sum

def tan(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Tangent of radians, elementwise."""

def tanh(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Hyperbolic tangent, elementwise."""

def topk(
    data: Symbol | None = None,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal['both', 'indices', 'mask', 'value'] = 'indices',
    is_ascend: bool = False,
    dtype: DTypeLike = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The `k` largest elements along an axis, largest first; of equal ones the earlier first."""

def trunc(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Whole number towards zero, elementwise."""

def zeros_like(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Zeros of the shape and dtype of `data`."""
