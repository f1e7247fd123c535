"""Samples of the family "deformable"."""
import itertools

import numpy as np

from . import Sample, rand

_V1, _V2 = "_contrib_DeformableConvolution", "_contrib_ModulatedDeformableConvolution"


def _pair(attrs, name, default):
    return attrs.get(name, (default, default))


def _inputs(shape, weight, reach, **attrs):
    """Data, offsets up to `reach` pixels, and masks for a convolution with `weight` and `attrs`."""
    out = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, d, p in zip(
        shape[2:], weight.shape[2:], _pair(attrs, "stride", 1), _pair(attrs, "dilate", 1), _pair(attrs, "pad", 0))]
    elements = attrs.get("num_deformable_group", 1) * int(np.prod(weight.shape[2:]))
    return (rand(*shape), rand(shape[0], 2 * elements, *out, low=-reach, high=reach, seed=1),
            rand(shape[0], elements, *out, low=0, seed=3))


def _v1(shape, weight, reach=1.5, bias=True, **attrs):
    data, offset, _ = _inputs(shape, weight, reach, **attrs)
    attrs = {"kernel": weight.shape[2:], "num_filter": weight.shape[0], "no_bias": not bias, **attrs}
    return Sample(_V1, [data, offset, weight] + [rand(weight.shape[0], seed=2)] * bias, attrs)


def _v2(shape, weight, reach=1.5, bias=True, **attrs):
    """The same with masks, which MXNet computes on GPUs only."""
    data, offset, mask = _inputs(shape, weight, reach, **attrs)
    attrs = {"kernel": weight.shape[2:], "num_filter": weight.shape[0], "no_bias": not bias, **attrs}
    return Sample(_V2, [data, offset, mask, weight] + [rand(weight.shape[0], seed=2)] * bias, attrs, oracle=False,
                  reference=lambda *inputs: _reference(*inputs, attrs=attrs))


def _at(image, y, x):
    """Interpolate in an image that is surrounded by zeros."""
    top, left = int(np.floor(y)), int(np.floor(x))
    total = np.zeros(image.shape[0])
    for v, u in itertools.product((top, top + 1), (left, left + 1)):
        if 0 <= v < image.shape[1] and 0 <= u < image.shape[2]:
            total += image[:, v, u] * (1 - abs(y - v)) * (1 - abs(x - u))
    return total


def _reference(data, offset, mask, weight, bias=None, *, attrs):
    """Modulated deformable convolution, one element of one window at a time."""
    stride, dilate, pad = _pair(attrs, "stride", 1), _pair(attrs, "dilate", 1), _pair(attrs, "pad", 0)
    parts, groups, (filters, _, height, width) = (
        attrs.get("num_deformable_group", 1), attrs.get("num_group", 1), weight.shape)
    out = np.zeros((len(data), filters, *offset.shape[2:]))
    offset = offset.reshape(len(data), parts, height, width, 2, *offset.shape[2:])
    mask = mask.reshape(len(data), parts, height, width, *mask.shape[2:])
    for n, y, x, i, j in np.ndindex(len(data), *out.shape[2:], height, width):
        pixel = []
        for part, image in enumerate(np.split(data[n], parts)):
            dy, dx = offset[n, part, i, j, :, y, x]
            pixel.append(mask[n, part, i, j, y, x] * _at(
                image, y * stride[0] - pad[0] + i * dilate[0] + dy, x * stride[1] - pad[1] + j * dilate[1] + dx))
        for group, (channels, kernels) in enumerate(zip(np.split(np.concatenate(pixel), groups),
                                                        np.split(weight[:, :, i, j], groups))):
            out[n, group * filters // groups:(group + 1) * filters // groups, y, x] += kernels @ channels
    return out if bias is None else out + bias[:, None, None]


_FORMS = [
    ((2, 3, 6, 7), rand(4, 3, 3, 3), {}),
    ((2, 3, 6, 7), rand(4, 3, 3, 3), {"pad": (1, 1), "bias": False}),
    ((2, 2, 7, 6), rand(3, 2, 3, 2), {"stride": (2, 1), "pad": (1, 2)}),
    ((1, 2, 8, 7), rand(3, 2, 3, 3), {"dilate": (2, 1), "stride": (1, 2), "pad": (2, 0), "layout": "NCHW"}),
    ((2, 4, 5, 5), rand(4, 2, 3, 3), {"num_group": 2, "pad": (1, 1)}),
    ((2, 4, 5, 5), rand(3, 4, 2, 2), {"num_deformable_group": 2, "bias": False}),
    ((3, 6, 4, 5), rand(4, 3, 2, 3), {"num_deformable_group": 3, "num_group": 2, "pad": (0, 1)}),
    ((3, 4, 4, 4), rand(4, 1, 3, 3), {"num_deformable_group": 4, "num_group": 4, "pad": (1, 1)}),
    ((2, 3, 4, 5), rand(2, 3, 1, 1), {"reach": 7}),
    ((2, 1, 4, 1), rand(1, 1, 2, 1), {"reach": 3}),
]

SAMPLES = [make(shape, weight, **attrs) for make in (_v1, _v2) for shape, weight, attrs in _FORMS]
SAMPLES += [_v2((5, 2, 4, 4), rand(2, 2, 3, 3), pad=(1, 1), im2col_step=5, workspace=512)]

# whole numbers and the image's edges: derivatives are one-sided there, so only MXNet's are compared
_STEPS = np.array([-2, -1, -0.5, 0, 0.5, 1, 3, 3.5, 4, -np.inf, 1e30], np.float32)
_EDGES = np.stack(np.meshgrid(np.resize(_STEPS, 20), np.resize(_STEPS, 20), indexing="ij"))[:, :, :20]
SAMPLES += [
    Sample(_V1, [rand(20, 2, 4, 5), np.ascontiguousarray(_EDGES.reshape(2, 20, 4, 5).swapaxes(0, 1)), rand(3, 2, 1, 1)],
           {"kernel": (1, 1), "num_filter": 3, "no_bias": True}, numeric=("data", "weight")),
    _v1((2, 2, 5, 4), rand(2, 2, 3, 3), reach=0, pad=(1, 1)),
]
SAMPLES[-1].numeric = ("data", "weight", "bias")
SAMPLES += [Sample("_backward_DeformableConvolution", [rand(2, 3, 4, 5), rand(2, 2, 4, 5), rand(2, 2, 4, 5),
                                                       rand(3, 2, 1, 1)], {"kernel": (1, 1)}, oracle=False,
                   why="internal: checked through the operators whose gradient it is")]
