"""Samples of the family "optimizer": one step each, from states that are not zero."""
import numpy as np

from . import Sample, rand

_W, _G = rand(3, 4), rand(3, 4, seed=1, low=-2, high=2)
_S = [rand(3, 4, seed=i, low=0.1) for i in range(2, 6)]     # states that must be positive: mean squares
_M = [rand(3, 4, seed=i) for i in range(12, 16)]            # states of any sign: momenta
_BASE = {"lr": 0.1}
_SCALED = {"lr": 0.1, "wd": 0.02, "rescale_grad": 0.5}
_CLIPPED = {**_SCALED, "clip_gradient": 0.4}
_HALF = {"rtol": 2e-3, "atol": 1e-3}
_N = np.square(_M[0]) + 0.05                                # so that n - g^2 > 0 for rmspropalex


def _half(*arrays):
    return [x.astype("float16") for x in arrays]


def _mixed(name, *states, tail=(), **attrs):
    """A sample in mixed precision: `weight32` is close to, not equal to, the rounded weight."""
    return Sample(name, [*_half(_W, _G), *states, _W, *tail], attrs, **_HALF)


SAMPLES = [Sample(name, [_W, _G, *states], {**attrs, **more})
           for name, states, more in (
               ("sgd_update", [], {}), ("sgd_mom_update", _M[:1], {"momentum": 0.9}),
               ("nag_mom_update", _M[:1], {"momentum": 0.9}), ("signsgd_update", [], {}),
               ("signum_update", _M[:1], {"momentum": 0.9, "wd_lh": 0.03}), ("adam_update", [_M[0], _S[0]], {}),
               ("rmsprop_update", _S[:1], {"gamma1": 0.9}), ("rmspropalex_update", [_N, *_M[:2]], {}),
               ("ftrl_update", [_M[0], _S[0]], {"lamda1": 0.3}),
               ("ftml_update", [_S[0], _S[1], _M[0]], {"t": 3}))
           for attrs in (_BASE, _SCALED, _CLIPPED)]
for _sample in SAMPLES:  # MXNet gives this one argument a name of its own
    if _sample.op == "ftml_update" and "clip_gradient" in _sample.attrs:
        _sample.attrs["clip_grad"] = _sample.attrs.pop("clip_gradient")
SAMPLES += [Sample(name, [_W, _G, *states], {**_BASE, "clip_weights": 0.3})
            for name, states in (("rmsprop_update", _S[:1]), ("rmspropalex_update", [_N, *_M[:2]]))]
SAMPLES += [Sample("sgd_mom_update", [rand(5), rand(5, seed=1), rand(5, seed=2)], {"lr": 0.5, "lazy_update": False}),
            Sample("sgd_update", [x.astype("float64") for x in (_W, _G)], _CLIPPED),
            Sample("sgd_mom_update", _half(_W, _G, _M[0]), {**_CLIPPED, "momentum": 0.5}, **_HALF),
            Sample("adam_update", [_W, _G, _M[0], _S[0]], {"lr": 0.01, "beta1": 0.5, "beta2": 0.7, "epsilon": 0.1})]
SAMPLES += [_mixed("mp_sgd_update", **_CLIPPED), _mixed("mp_sgd_mom_update", _M[0], momentum=0.9, **_CLIPPED),
            _mixed("mp_nag_mom_update", _M[0], momentum=0.9, **_CLIPPED)]

# layerwise and decoupled
_ADAMW = {"lr": 0.1, "wd": 0.02, "eta": 0.5}
_SCALE = np.array([0.5], "float32")
SAMPLES += [Sample("_adamw_update", [_W, _G, _M[0], _S[0], _SCALE], {**_ADAMW, **more})
            for more in ({}, {"clip_gradient": 0.4})]
SAMPLES += [Sample("_adamw_update", [_W, _G, _M[0], _S[0], np.array([scale], "float32")], _ADAMW, oracle=False,
                   reference=lambda w, g, mean, var, scale: (w, mean, var))  # skipped; MXNet leaves the output unset
            for scale in (0, np.inf, np.nan)]
SAMPLES += [_mixed("_mp_adamw_update", _M[0], _S[0], tail=[_SCALE], **_ADAMW)]
_PHASE1 = {"t": 2, "wd": 0.02, "rescale_grad": 0.5}
SAMPLES += [Sample("lamb_update_phase1", [_W, _G, _M[0], _S[0]], {**_PHASE1, **more})
            for more in ({}, {"bias_correction": False}, {"clip_gradient": 0.4, "beta1": 0.7, "epsilon": 0.01})]
_R1, _R2 = np.array([1.5], "float32"), np.array([2.5], "float32")
SAMPLES += [Sample("lamb_update_phase2", [_W, _G, r1, r2], {"lr": 0.1, **more})
            for r1, r2, more in ((_R1, _R2, {}), (0 * _R1, _R2, {}), (_R1, 0 * _R2, {}),
                                 (_R1, _R2, {"lower_bound": 2.0}), (_R1, _R2, {"upper_bound": 1.0}))]
SAMPLES += [_mixed("mp_lamb_update_phase1", _M[0], _S[0], **_PHASE1),
            Sample("mp_lamb_update_phase2", [*_half(_W), _G, _R1, _R2, _W], {"lr": 0.1}, **_HALF)]

# dense AdaGrad: MXNet has it for row-sparse gradients only
SAMPLES += [
    Sample("_sparse_adagrad_update", [_W, _G, _S[0]], {"lr": 0.1, "rescale_grad": 0.5, "epsilon": 1e-3}, oracle=False,
           reference=lambda w, g, h: (w - 0.1 * g / 2 / np.sqrt(h + g * g / 4 + 1e-3), h + g * g / 4)),
    Sample("_contrib_group_adagrad_update", [_W, _G, rand(3, 1, low=0.1)], {"lr": 0.1, "epsilon": 1e-3}, oracle=False,
           reference=lambda w, g, h: (w - 0.1 * g / np.sqrt(h + (g * g).mean(1, keepdims=True) + 1e-3),
                                      h + (g * g).mean(1, keepdims=True)))]

# Many weights at once. MXNet infers the shapes from out= alone, which samples do not have; asked by hand, it agrees.

def _each(update, members, *per_weight, mixed=False, extra=0):
    """A reference from `update` of one weight: (weight, grad, states, numbers...) -> (new weight, new states...)."""
    def reference(*inputs):
        groups = [inputs[i:i + members] for i in range(0, len(inputs) - extra, members)]
        found = []
        for i, group in enumerate(groups):
            numbers = [values[i] for values in per_weight]
            if mixed:
                _, grad, *states, weight = group
                new, *states = update(weight, grad.astype("float32"), *states, *numbers)
                found.append((new, *states, new))
            else:
                found.append(update(*group, *numbers))
        return (*(each[0] for each in found), *(state for each in found for state in each[1:]))
    return reference


def _sgd(w, g, lr, wd):
    return (w - lr * (np.clip(0.5 * g, -0.4, 0.4) + wd * w),)


def _sgd_mom(w, g, mom, lr, wd):
    mom = 0.9 * mom - lr * (np.clip(0.5 * g, -0.4, 0.4) + wd * w)
    return w + mom, mom


def _adamw(w, g, mean, var, lr, wd, eta):
    mean, var = 0.9 * mean + 0.1 * 0.5 * g, 0.999 * var + 0.001 * (0.5 * g)**2
    return w - eta * (lr * mean / (np.sqrt(var) + 1e-8) + wd * w), mean, var


def _lamb(w, g, mean, var, lr, wd, t):
    mean, var = 0.9 * mean + 0.1 * 0.5 * g, 0.999 * var + 0.001 * (0.5 * g)**2
    step = mean / (1 - 0.9**t) / (np.sqrt(var / (1 - 0.999**t)) + 1e-6) + wd * w
    return w - lr * np.clip(np.linalg.norm(w), 0.5, 1.5) / np.linalg.norm(step) * step, mean, var


_V, _H = rand(2, 1, 3), rand(2, 1, 3, seed=1)
_VM, _VS = rand(2, 1, 3, seed=2), rand(2, 1, 3, seed=3, low=0.1)
_LRS, _WDS = (0.1, 0.2), (0.0, 0.02)
_COMMON = {"rescale_grad": 0.5, "clip_gradient": 0.4, "num_weights": 2}
_RATES = [np.array(_LRS, "float32"), np.array(_WDS, "float32")]
for _name, _update, _inputs in (
        ("sgd_update", _sgd, [_W, _G, _V, _H]), ("sgd_mom_update", _sgd_mom, [_W, _G, _M[0], _V, _H, _VM]),
        ("mp_sgd_update", _sgd, [*_half(_W, _G), _W, *_half(_V, _H), _V]),
        ("mp_sgd_mom_update", _sgd_mom, [*_half(_W, _G), _M[0], _W, *_half(_V, _H), _VM, _V])):
    _attrs = {**_COMMON, **({"momentum": 0.9} if "mom" in _name else {})}
    _mp = "mp" in _name
    for _prefix, _rates, _lists in (("", [], {"lrs": _LRS, "wds": _WDS}), ("preloaded_", _RATES, {})):
        SAMPLES.append(Sample(
            f"{_prefix}multi_{_name}", [*_inputs, *_rates], {**_lists, **_attrs}, oracle=False,
            reference=_each(_update, len(_inputs) // 2, _LRS, _WDS, mixed=_mp, extra=len(_rates)),
            **(_HALF if _mp else {})))
_EXACT = [_W, _G, _M[0], _S[0], _V, _H, _VM, _VS]
_ROUNDED = [*_half(_W, _G), _M[0], _S[0], _W, *_half(_V, _H), _VM, _VS, _V]
_ADAMWS = {"lrs": _LRS, "wds": _WDS, "etas": (0.5, 1.0), "num_weights": 2}
_LAMBS = {"learning_rates": _LRS, "wds": _WDS, "step_count": (1, 3), "num_tensors": 2, "rescale_grad": 0.5,
          "lower_bound": 0.5, "upper_bound": 1.5}
for _prefix, _inputs in (("", _EXACT), ("mp_", _ROUNDED)):
    _members, _mp, _close = len(_inputs) // 2, bool(_prefix), _HALF if _prefix else {}
    SAMPLES += [
        Sample(f"_multi_{_prefix}adamw_update", [*_inputs, _SCALE], _ADAMWS, oracle=False, **_close,
               reference=_each(_adamw, _members, _LRS, _WDS, (0.5, 1.0), mixed=_mp, extra=1)),
        Sample(f"_multi_{_prefix}lamb_update", _inputs, _LAMBS, oracle=False, **_close,
               reference=_each(_lamb, _members, _LRS, _WDS, (1, 3), mixed=_mp))]

SAMPLES += [
    Sample("multi_sum_sq", [_W, _V, rand(5)], {"num_arrays": 3}),
    Sample("multi_lars", [np.array(x, "float32") for x in ([0.1, 0.2, 0.3], [4, 0, 2], [1, 1, 0], [0.1, 0, 0.2])],
           {"eta": 0.01, "eps": 1e-3, "rescale_grad": 0.5}),
    Sample("reset_arrays", [_W, _V], {"num_arrays": 2}, oracle=False,
           reference=lambda *data: tuple(0 * x for x in data)),
]
