"""Samples of the family "conv"."""
import numpy as np

from . import Sample, rand


def _conv(data, weight, name="Convolution", bias=True, **attrs):
    """A convolution with `num_filter` (and no_bias) filled in."""
    attrs = {"kernel": weight.shape[2:], "num_filter": weight.shape[0], **attrs}
    if bias:
        return Sample(name, [data, weight, rand(weight.shape[0], seed=2)], attrs)
    return Sample(name, [data, weight], {**attrs, "no_bias": True})


def _deconv(data, weight, groups=1, bias=False, **attrs):
    filters = weight.shape[1] * groups
    attrs = {"kernel": weight.shape[2:], "num_filter": filters, "num_group": groups, **attrs}
    if bias:
        return Sample("Deconvolution", [data, weight, rand(filters, seed=2)], {**attrs, "no_bias": False})
    return Sample("Deconvolution", [data, weight], attrs)


def _reference(data, weight, bias, stride, pad):
    """Two-dimensional convolution, one window at a time."""
    data = np.pad(data, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    kernel = weight.shape[2]
    rows, columns = ((n - kernel) // stride + 1 for n in data.shape[2:])
    out = np.empty((len(data), len(weight), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = data[:, :, i * stride:i * stride + kernel, j * stride:j * stride + kernel]
            out[:, :, i, j] = np.tensordot(window, weight, ((1, 2, 3), (1, 2, 3))) + bias
    return out


def _spread(data, weight, stride=1):
    """Channels-last deconvolution, one element at a time."""
    lengths = [stride * (n - 1) + k for n, k in zip(data.shape[1:3], weight.shape[1:3])]
    out = np.zeros((len(data), *lengths, weight.shape[3]))
    for i, j in np.ndindex(*data.shape[1:3]):
        place = (slice(None), slice(i * stride, i * stride + weight.shape[1]),
                 slice(j * stride, j * stride + weight.shape[2]))
        out[place] += np.tensordot(data[:, i, j], weight, 1)
    return out


SAMPLES = [
    _conv(rand(2, 3, 7, 6), rand(4, 3, 3, 2)),
    _conv(rand(2, 3, 7, 6), rand(4, 3, 3, 3), bias=False, stride=(2, 1), pad=(1, 2)),
    _conv(rand(2, 3, 9, 8), rand(4, 3, 3, 3), dilate=(2, 1), pad=(2, 1), stride=(1, 3)),
    _conv(rand(2, 4, 6, 6), rand(6, 2, 3, 3), num_group=2, pad=(1, 1)),
    _conv(rand(1, 4, 6, 6), rand(6, 2, 3, 3), num_group=2, pad=(1, 1), stride=(2, 2)),
    _conv(rand(3, 4, 5, 5), rand(4, 1, 3, 3), num_group=4),
    _conv(rand(3, 4, 5, 4), rand(5, 4, 1, 1)),
    _conv(rand(1, 4, 5, 4), rand(5, 4, 1, 1)),
    _conv(rand(3, 4, 5, 4), rand(6, 2, 1, 1), num_group=2, bias=False),
    _conv(rand(3, 4, 5, 4), rand(5, 4, 1, 1), stride=(2, 2)),
    _conv(rand(3, 4, 5, 4), rand(5, 4, 1, 1), pad=(1, 1)),
    _conv(rand(2, 2, 8, 8), rand(3, 2, 3, 3), pad=(3, 3)),
    _conv(rand(5, 2, 6, 6), rand(3, 2, 6, 6)),
    _conv(rand(2, 3, 9), rand(4, 3, 3), stride=(2,), pad=(1,)),
    _conv(rand(2, 3, 9), rand(4, 3, 3), dilate=(3,), layout="NCW"),
    _conv(rand(2, 2, 4, 5, 6), rand(3, 2, 2, 3, 2), pad=(1, 0, 1), stride=(1, 2, 1)),
    _conv(rand(2, 2, 4, 4, 4), rand(2, 1, 3, 3, 3), num_group=2, pad=(1, 1, 1), bias=False),
    _conv(rand(2, 3, 7, 6), rand(4, 3, 3, 2), layout="NCHW", workspace=512, cudnn_tune="off", cudnn_off=True),
    _conv(rand(33, 2, 6, 6), rand(3, 2, 3, 3)),
    _conv(rand(2, 3, 6, 6, dtype="float64"), rand(4, 3, 3, 3, dtype="float64"), bias=False, pad=(1, 1)),
    _conv(rand(2, 3, 7, 6), rand(4, 3, 3, 2), name="Convolution_v1"),
    _conv(rand(2, 4, 6, 6), rand(6, 2, 3, 3), name="Convolution_v1", num_group=2, pad=(1, 1), stride=(2, 2),
          bias=False),
    # large enough for threads, images in chunks and a remainder
    Sample("Convolution", [rand(21, 8, 12, 12), rand(16, 8, 5, 5), rand(16)], {"kernel": (5, 5), "num_filter": 16},
           numeric=(), rtol=1e-3, atol=1e-3),
    Sample("Convolution", [rand(3, 16, 24, 24), rand(16, 16, 3, 3), rand(16)],
           {"kernel": (3, 3), "num_filter": 16, "pad": (1, 1)}, numeric=(), rtol=1e-3, atol=1e-3),
    # MXNet has no host kernel for channels last or half precision
    Sample("Convolution", [rand(2, 6, 5, 3), rand(4, 3, 2, 3), rand(4)],
           {"kernel": (3, 2), "num_filter": 4, "layout": "NHWC"}, oracle=False,
           reference=lambda x, w, b: np.stack([
               np.stack([np.tensordot(x[:, i:i + 3, j:j + 2], w, ((1, 2, 3), (1, 2, 3))) + b for j in range(4)], 1)
               for i in range(4)], 1)),
    Sample("Convolution", [rand(2, 3, 6, 6, dtype="float16"), rand(4, 3, 3, 3, dtype="float16"),
                           rand(4, dtype="float16")],
           {"kernel": (3, 3), "num_filter": 4, "pad": (1, 1), "stride": (2, 2)}, oracle=False, rtol=2e-3, atol=2e-3,
           reference=lambda x, w, b: _reference(*(a.astype("float64") for a in (x, w, b)), 2, 1)),

    _deconv(rand(2, 3, 5, 4), rand(3, 4, 3, 3)),
    _deconv(rand(2, 3, 5, 4), rand(3, 4, 3, 3), bias=True, stride=(2, 2), pad=(1, 1)),
    _deconv(rand(2, 3, 5, 4), rand(3, 4, 3, 3), stride=(2, 3), pad=(1, 1), adj=(1, 2)),
    _deconv(rand(2, 4, 5, 4), rand(4, 3, 4, 4), groups=2, stride=(2, 2), pad=(1, 1), bias=True),
    _deconv(rand(2, 3, 5, 5), rand(3, 2, 3, 3), dilate=(2, 2), bias=True),
    _deconv(rand(2, 3, 5), rand(3, 2, 4), stride=(2,), pad=(1,)),
    _deconv(rand(2, 3, 3, 4, 2), rand(3, 2, 2, 2, 2), stride=(2, 1, 2)),
    _deconv(rand(2, 3, 5, 4), rand(3, 4, 1, 1), bias=True),
    _deconv(rand(9, 3, 5, 4), rand(3, 4, 3, 3), stride=(1, 1), pad=(1, 1), bias=True),
    # MXNet's host kernels know no channels last, and fail with a target shape
    Sample("Deconvolution", [rand(2, 4, 5, 3), rand(3, 3, 3, 4)],
           {"kernel": (3, 3), "num_filter": 4, "layout": "NHWC"}, oracle=False, reference=_spread),
    Sample("Deconvolution", [rand(2, 3, 5, 5), rand(3, 2, 4, 4)],
           {"kernel": (4, 4), "num_filter": 2, "stride": (2, 2), "target_shape": (11, 10)}, oracle=False,
           reference=lambda x, w: _spread(x.transpose(0, 2, 3, 1), w.transpose(0, 2, 3, 1), 2
                                          ).transpose(0, 3, 1, 2)[:, :, 1:, 1:-1]),

    Sample("im2col", [rand(2, 3, 6, 5)], {"kernel": (3, 2)}),
    Sample("im2col", [rand(2, 3, 6, 5)], {"kernel": (3, 3), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 2)}),
    # MXNet's documentation promises one and three dimensions, its kernel fails
    Sample("im2col", [rand(2, 3, 7)], {"kernel": (3,), "pad": (1,)}, oracle=False,
           reference=lambda x: np.stack([np.pad(x, ((0, 0), (0, 0), (1, 1)))[..., i:i + 7] for i in range(3)], 2
                                        ).reshape(2, 9, 7)),
    Sample("im2col", [rand(1, 2, 4, 3, 5)], {"kernel": (2, 2, 3), "stride": (2, 1, 1)}, oracle=False,
           why="the rule for each axis is that of two dimensions"),
    Sample("col2im", [rand(2, 18, 16)], {"output_size": (6, 5), "kernel": (3, 2)}),
    Sample("col2im", [rand(2, 18, 12)], {"output_size": (5, 6), "kernel": (3, 3), "stride": (2, 2), "pad": (1, 2)}),
    Sample("col2im", [rand(2, 6, 7)], {"output_size": (7,), "kernel": (3,), "pad": (1,)}, oracle=False,
           why="the gradient of im2col, which its sample checks"),
]

_HEAD, _DATA, _WEIGHT = rand(2, 4, 3, 3), rand(2, 4, 6, 5), rand(4, 2, 3, 2)
_WINDOWS = {"kernel": (3, 2), "stride": (2, 2), "dilate": (1, 2), "pad": (1, 1), "num_group": 2}
_WHY = "internal: the gradients of Convolution's own samples are its values"
SAMPLES += [
    Sample("_convolution_data_grad", [_HEAD, _WEIGHT], {**_WINDOWS, "size": (6, 5)}, oracle=False, why=_WHY),
    Sample("_convolution_data_grad", [rand(3, 2, 4, 4), rand(2, 3, 3, 3)], {"kernel": (3, 3), "size": (6, 6)},
           oracle=False, why=_WHY),
    Sample("_convolution_weight_grad", [_DATA, _HEAD], _WINDOWS, oracle=False, why=_WHY),
    Sample("_convolution_weight_grad", [rand(2, 5, 4, 3), rand(2, 4, 3, 2)], {"kernel": (2, 2), "layout": "NHWC"},
           oracle=False, why=_WHY),
]
