# Made by scripts/stubs.py from the declarations in cupynet/ops: do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import DTypeLike

from .symbol import Symbol


def AdaptiveAvgPooling2D(
    data: Symbol | None = None,
    output_size: int | Sequence[int] = (),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Mean of nearly equal parts of every image: part i of n elements is ``[floor(i n / out), ceil((i+1) n /
    out))``.
    """

def allclose(
    a: Symbol | None = None,
    b: Symbol | None = None,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """1 if ``|a - b| <= atol + rtol |b|`` everywhere, else 0, as a uint8 array without axes."""

def arange_like(
    data: Symbol | None = None,
    start: float = 0.0,
    step: float = 1.0,
    repeat: int = 1,
    ctx: Any = ...,
    axis: int | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """``start, start + step, ...``, each `repeat` times, in the shape and dtype of `data`, or as long as its
    `axis`.
    """

def backward_gradientmultiplier(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """`data`, a gradient, multiplied by `scalar`: what ``_contrib_gradientmultiplier`` does backward."""

def backward_hawkesll(
    head: Symbol | None = None,
    lda: Symbol | None = None,
    alpha: Symbol | None = None,
    beta: Symbol | None = None,
    state: Symbol | None = None,
    lags: Symbol | None = None,
    marks: Symbol | None = None,
    valid_length: Symbol | None = None,
    max_time: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Gradients of the log-likelihood of ``_contrib_hawkesll``, whose own is `head`, by lda, alpha and beta."""

def backward_index_copy(
    head: Symbol | None = None,
    old_tensor: Symbol | None = None,
    index_vector: Symbol | None = None,
    new_tensor: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Gradients of ``_contrib_index_copy`` by the old and the new rows, from that of its output."""

def backward_quadratic(
    head: Symbol | None = None,
    data: Symbol | None = None,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Gradient of ``_contrib_quadratic`` by `data`, from that of its output."""

def BatchNormWithReLU(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    eps: float = 0.0010000000474974513,
    momentum: float = 0.899999976,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    cudnn_off: Any = ...,
    min_calib_range: Any = ...,
    max_calib_range: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Batch normalization followed by a rectifier ``max(x, 0)``."""

def BilinearResize2D(
    data: Symbol | None = None,
    like: Symbol | None = None,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal['size', 'odd_scale', 'like', 'to_even_down', 'to_even_up', 'to_odd_down', 'to_odd_up'] = 'size',
    align_corners: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Resize feature maps (N, C, H, W) by bilinear interpolation."""

def bipartite_matching(
    data: Symbol | None = None,
    is_ascend: bool = False,
    threshold: float = ...,
    topk: int = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Greedy matching of rows and columns by score: the best pair, the best pair of what is left, and so on."""

def boolean_mask(
    data: Symbol | None = None,
    index: Symbol | None = None,
    axis: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The parts of `data` along `axis` at which the vector `index` is not zero."""

def box_decode(
    data: Symbol | None = None,
    anchors: Symbol | None = None,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Literal['corner', 'center'] = 'center',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Boxes with corners from predictions relative to anchors: the inverse of box_encode."""

def box_encode(
    samples: Symbol | None = None,
    matches: Symbol | None = None,
    anchors: Symbol | None = None,
    refs: Symbol | None = None,
    means: Symbol | None = None,
    stds: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Targets of box regression: the box that an anchor is matched with, relative to the anchor, normalised."""

def box_iou(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    format: Literal['corner', 'center'] = 'corner',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Intersection over union of every box of `lhs` with every box of `rhs`."""

def box_nms(
    data: Symbol | None = None,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal['corner', 'center'] = 'corner',
    out_format: Literal['corner', 'center'] = 'corner',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Greedy non-maximum suppression: survivors by falling score, then rows of -1."""
box_non_maximum_suppression = box_nms

def calibrate_entropy(
    hist: Symbol | None = None,
    hist_edges: Symbol | None = None,
    num_quantized_bins: int = 255,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The range ``[-threshold, threshold]`` whose codes tell least apart from the numbers that a histogram counts."""

def count_sketch(
    data: Symbol | None = None,
    h: Symbol | None = None,
    s: Symbol | None = None,
    out_dim: int = ...,
    processing_batch_size: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Count sketch: every column of `data`, with a sign, is added to a column of the output."""

def DeformableConvolution(
    data: Symbol | None = None,
    offset: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    num_deformable_group: int = 1,
    workspace: Any = ...,
    no_bias: bool = False,
    layout: Literal[None, 'NCW', 'NCHW', 'NCDHW'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Convolution whose windows are bent by offsets (Dai et al., "Deformable convolutional networks", 2017)."""

def DeformablePSROIPooling(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    trans: Symbol | None = None,
    spatial_scale: float = ...,
    output_dim: int = ...,
    group_size: int = ...,
    pooled_size: int = ...,
    part_size: int = 0,
    sample_per_part: int = 1,
    trans_std: float = 0.0,
    no_trans: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Divide regions into bins that are moved by offsets, and average interpolated samples in maps of their own."""

def dequantize(
    data: Symbol | None = None,
    min_range: Symbol | None = None,
    max_range: Symbol | None = None,
    out_type: Literal['float32'] = 'float32',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The numbers that codes stand for: ``data r / 127.5`` for int8, ``data r / 255.5`` for uint8."""

def div_sqrt_dim(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """`data` divided by the square root of the length of its last axis, as attention scores are."""

def fft(
    data: Symbol | None = None,
    compute_size: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Discrete Fourier transform of real numbers along the last axis."""

def gradientmultiplier(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Identity whose gradient is multiplied by `scalar`; a negative one makes a gradient reversal layer."""

def group_adagrad_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    history: Symbol | None = None,
    lr: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    epsilon: float = 1e-05,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """AdaGrad with one step size per row: ``history += mean(g^2, over all axes but the first)``, then ``weight -=
    lr * g / sqrt(history + epsilon)``.
    """

def hawkesll(
    lda: Symbol | None = None,
    alpha: Symbol | None = None,
    beta: Symbol | None = None,
    state: Symbol | None = None,
    lags: Symbol | None = None,
    marks: Symbol | None = None,
    valid_length: Symbol | None = None,
    max_time: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Log-likelihood of marked Hawkes processes with exponential decay (A. Hawkes, "Spectra of some self-exciting
    and mutually exciting point processes", 1971).
    """

def ifft(
    data: Symbol | None = None,
    compute_size: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Real part of the inverse of ``fft``, not divided by the length, as cuFFT leaves it: ``ifft(fft(x)) = d x``."""

def index_array(
    data: Symbol | None = None,
    axes: int | Sequence[int] | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The index of every element of `data`, or the parts of it in `axes`, along a new last axis, in int64."""

def index_copy(
    old_tensor: Symbol | None = None,
    index_vector: Symbol | None = None,
    new_tensor: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """`old_tensor` with row ``index_vector[i]`` replaced by row `i` of `new_tensor`."""

def interleaved_matmul_encdec_qk(
    queries: Symbol | None = None,
    keys_values: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Attention scores ``queries @ keys.T / sqrt(size)`` of every head, for encoder-decoder attention."""

def interleaved_matmul_encdec_valatt(
    keys_values: Symbol | None = None,
    attention: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Values weighted by attention, ``attention @ values`` of every head, for encoder-decoder attention."""

def interleaved_matmul_selfatt_qk(
    queries_keys_values: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Attention scores ``queries @ keys.T / sqrt(size)`` of every head, for self-attention."""

def interleaved_matmul_selfatt_valatt(
    queries_keys_values: Symbol | None = None,
    attention: Symbol | None = None,
    heads: int = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Values weighted by attention, ``attention @ values`` of every head, for self-attention."""

def ModulatedDeformableConvolution(
    data: Symbol | None = None,
    offset: Symbol | None = None,
    mask: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    num_deformable_group: int = 1,
    workspace: Any = ...,
    no_bias: bool = False,
    im2col_step: Any = ...,
    layout: Literal[None, 'NCW', 'NCHW', 'NCDHW'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Deformable convolution that also scales every element of a window (Zhu et al., "Deformable ConvNets v2",
    2018).
    """

def MultiBoxDetection(
    cls_prob: Symbol | None = None,
    loc_pred: Symbol | None = None,
    anchor: Symbol | None = None,
    clip: bool = True,
    threshold: float = 0.01,
    background_id: int = 0,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: float | Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Detections of SSD: the best class of each anchor, its decoded box, and non-maximum suppression."""

def MultiBoxPrior(
    data: Symbol | None = None,
    sizes: float | Sequence[float] = (1.0,),
    ratios: float | Sequence[float] = (1.0,),
    clip: bool = False,
    steps: float | Sequence[float] = (-1.0, -1.0),
    offsets: float | Sequence[float] = (0.5, 0.5),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Anchor boxes around every pixel of a feature map, in parts of the image."""

def MultiBoxTarget(
    anchor: Symbol | None = None,
    label: Symbol | None = None,
    cls_pred: Symbol | None = None,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    minimum_negative_samples: int = 0,
    variances: float | Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Training targets of SSD: matches anchors with objects."""

def MultiProposal(
    cls_prob: Symbol | None = None,
    bbox_pred: Symbol | None = None,
    im_info: Symbol | None = None,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: float | Sequence[float] = (4.0, 8.0, 16.0, 32.0),
    ratios: float | Sequence[float] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Regions that may hold objects: every anchor's box, moved as predicted, and the best that overlap no better
    one.
    """

def Proposal(
    cls_prob: Symbol | None = None,
    bbox_pred: Symbol | None = None,
    im_info: Symbol | None = None,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: float | Sequence[float] = (4.0, 8.0, 16.0, 32.0),
    ratios: float | Sequence[float] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Regions that may hold objects: every anchor's box, moved as predicted, and the best that overlap no better
    one.
    """

def PSROIPooling(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    spatial_scale: float = ...,
    output_dim: int = ...,
    pooled_size: int = ...,
    group_size: int = 0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Divide regions of feature maps into bins, and average the pixels of each in maps of its own."""

def quadratic(
    data: Symbol | None = None,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Quadratic function ``a data^2 + b data + c``, elementwise: the example of MXNet's tutorial on operators."""

def quantize(
    data: Symbol | None = None,
    min_range: Symbol | None = None,
    max_range: Symbol | None = None,
    out_type: Literal['int8', 'uint8'] = 'uint8',
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Codes for `data` in a range that is given: ``data 127 / r`` for int8, ``data 255 / r`` for uint8, rounded."""

def quantize_asym(
    data: Symbol | None = None,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Codes of uint8 for all of a range that need not be symmetrical: ``data scale + shift``, rounded."""

def quantize_v2(
    data: Symbol | None = None,
    out_type: Literal['auto', 'int8', 'uint8'] = 'int8',
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Codes for `data`: ``data 127.5 / r`` for int8, ``data 255.5 / r`` for uint8, rounded."""

def quantized_act(
    data: Symbol | None = None,
    min_data: Symbol | None = None,
    max_data: Symbol | None = None,
    act_type: Literal['relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'] = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The positive codes, and 0 for the others; the range stays."""

def quantized_batch_norm(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    min_data: Symbol | None = None,
    max_data: Symbol | None = None,
    eps: float = 0.0010000000474974513,
    momentum: Any = ...,
    fix_gamma: Any = ...,
    use_global_stats: Any = ...,
    output_mean_var: Any = ...,
    axis: int = 1,
    cudnn_off: Any = ...,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Codes normalized with moving statistics, scaled and shifted by channel, in a calibrated range."""

def quantized_concat(
    *data: Symbol | Sequence[Symbol],
    dim: int = 1,
    num_args: int = ...,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Codes joined along an axis, in the widest of their ranges."""

def quantized_conv(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    min_data: Symbol | None = None,
    max_data: Symbol | None = None,
    min_weight: Symbol | None = None,
    max_weight: Symbol | None = None,
    min_bias: Symbol | None = None,
    max_bias: Symbol | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    workspace: Any = ...,
    no_bias: bool = False,
    cudnn_tune: Any = ...,
    cudnn_off: Any = ...,
    layout: Literal[None, 'NCW', 'NCHW', 'NCDHW', 'NHWC', 'NDHWC'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Convolution of codes, in whole numbers, with the bias in the same steps."""

def quantized_elemwise_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    lhs_min: Symbol | None = None,
    lhs_max: Symbol | None = None,
    rhs_min: Symbol | None = None,
    rhs_max: Symbol | None = None,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The sum of the numbers that two arrays of codes stand for."""

def quantized_elemwise_mul(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    lhs_min: Symbol | None = None,
    lhs_max: Symbol | None = None,
    rhs_min: Symbol | None = None,
    rhs_max: Symbol | None = None,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    enable_float_output: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The product of the numbers that two arrays of codes stand for."""

def quantized_embedding(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    min_weight: Symbol | None = None,
    max_weight: Symbol | None = None,
    input_dim: int = ...,
    output_dim: int = ...,
    dtype: Any = ...,
    sparse_grad: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Rows of a table of codes; the range stays."""

def quantized_flatten(
    data: Symbol | None = None,
    min_data: Symbol | None = None,
    max_data: Symbol | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Codes as a matrix with a row for each element of the first axis; the range stays."""

def quantized_fully_connected(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    bias: Symbol | None = None,
    min_data: Symbol | None = None,
    max_data: Symbol | None = None,
    min_weight: Symbol | None = None,
    max_weight: Symbol | None = None,
    min_bias: Symbol | None = None,
    max_bias: Symbol | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Affine map of codes, in whole numbers: ``data @ weight.T``, and the bias in the same steps."""

def quantized_pooling(
    data: Symbol | None = None,
    min_data: Symbol | None = None,
    max_data: Symbol | None = None,
    kernel: int | Sequence[int] = (),
    pool_type: Literal['avg', 'lp', 'max', 'sum'] = 'max',
    global_pool: bool = False,
    cudnn_off: Any = ...,
    pooling_convention: Literal['full', 'same', 'valid'] = 'valid',
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Literal[None, 'NCW', 'NCHW', 'NCDHW', 'NWC', 'NHWC', 'NDHWC'] = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The largest code of each window, or their mean, rounded with halves to the even code; the range stays."""

def quantized_rnn(
    data: Symbol | None = None,
    parameters: Symbol | None = None,
    state: Symbol | None = None,
    state_cell: Symbol | None = None,
    data_scale: Symbol | None = None,
    data_shift: Symbol | None = None,
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
    use_sequence_length: Any = ...,
    quantized: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Long short-term memory over sequences of codes ``data_scale x + data_shift`` of numbers x."""

def requantize(
    data: Symbol | None = None,
    min_range: Symbol | None = None,
    max_range: Symbol | None = None,
    out_type: Literal['auto', 'int8', 'uint8'] = 'int8',
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Codes of 8 bits for codes of 32, as layers give them, rounded: ``127 x / r`` or ``255 x / r`` for a number x."""

def ROIAlign(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    pooled_size: int | Sequence[int] = ...,
    spatial_scale: float = ...,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Divide regions of feature maps into bins, and average interpolated samples of each, without rounding."""

def round_ste(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Same as ``round``, but the gradient passes straight through, for training quantized networks."""

def RROIAlign(
    data: Symbol | None = None,
    rois: Symbol | None = None,
    pooled_size: int | Sequence[int] = ...,
    spatial_scale: float = ...,
    sampling_ratio: int = -1,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Divide turned regions of feature maps into bins, and average interpolated samples of each."""

def sign_ste(data: Symbol | None = None, *, name: str | None = None, attr: dict[str, str] | None = None) -> Symbol:
    """Same as ``sign``, but the gradient passes straight through, for training quantized networks."""

def SparseEmbedding(
    data: Symbol | None = None,
    weight: Symbol | None = None,
    input_dim: int = ...,
    output_dim: int = ...,
    dtype: DTypeLike = 'float32',
    sparse_grad: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """The same as ``Embedding``. In MXNet its gradient is sparse; here it is dense."""

def SyncBatchNorm(
    data: Symbol | None = None,
    gamma: Symbol | None = None,
    beta: Symbol | None = None,
    moving_mean: Symbol | None = None,
    moving_var: Symbol | None = None,
    eps: float = 0.00100000005,
    momentum: float = 0.899999976,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    ndev: Any = ...,
    key: Any = ...,
    *,
    name: str | None = None,
    attr: dict[str, str] | None = None,
) -> Symbol:
    """Batch normalization whose statistics are shared by all devices of a process."""

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
