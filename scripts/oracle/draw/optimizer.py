"""Updates of weights: the states that they change are compared as well."""

COMMON = {"wd": (0.0, 0.1), "rescale_grad": (0.5, 1.0), "clip_gradient": (0.3, -1.0, 0.0)}
SINGLE = {  # name: (arrays, attributes that must be there, attributes that may be)
    "sgd_update": ("wg", {"lr": 0.1}, {**COMMON, "lazy_update": (True, False)}),
    "sgd_mom_update": ("wgs", {"lr": 0.1}, {**COMMON, "momentum": (0.9, 0.5), "lazy_update": (True, False)}),
    "nag_mom_update": ("wgs", {"lr": 0.1}, {**COMMON, "momentum": (0.9, 0.5)}),
    "mp_sgd_update": ("WG4", {"lr": 0.1}, COMMON),
    "mp_sgd_mom_update": ("WG44", {"lr": 0.1}, {**COMMON, "momentum": (0.9, 0.5)}),
    "mp_nag_mom_update": ("WG44", {"lr": 0.1}, {**COMMON, "momentum": (0.9, 0.5)}),
    "signsgd_update": ("wg", {"lr": 0.1}, COMMON),
    "signum_update": ("wgs", {"lr": 0.1}, {**COMMON, "momentum": (0.9, 0.5), "wd_lh": (0.0, 0.1)}),
    "adam_update": (
        "wgsp",
        {"lr": 0.1},
        {**COMMON, "beta1": (0.9, 0.5), "beta2": (0.999, 0.9), "epsilon": (1e-8, 0.1)},
    ),
    "rmsprop_update": (
        "wgp",
        {"lr": 0.1},
        {**COMMON, "gamma1": (0.9, 0.5), "epsilon": (1e-8, 0.1), "clip_weights": (0.5, -1.0)},
    ),
    "rmspropalex_update": (
        "wgPss",
        {"lr": 0.1},
        {**COMMON, "gamma1": (0.9, 0.5), "gamma2": (0.5, 0.9), "epsilon": (0.1, 1e-2), "clip_weights": (0.5, -1.0)},
    ),
    "ftrl_update": ("wgsp", {"lr": 0.1}, {**COMMON, "lamda1": (0.1, 0.01), "beta": (1.0, 0.5)}),
    "ftml_update": (
        "wgpps",
        {"lr": 0.1, "t": 3},
        {
            "wd": (0.0, 0.1),
            "rescale_grad": (0.5,),
            "clip_grad": (0.3, 0.0),
            "beta1": (0.5, 0.9),
            "beta2": (0.9,),
            "epsilon": (1e-8, 0.1),
        },
    ),
    "lamb_update_phase1": (
        "wgsp",
        {"t": 2, "wd": 0.1},
        {
            "rescale_grad": (0.5,),
            "clip_gradient": (0.3, 0.0),
            "beta1": (0.5,),
            "beta2": (0.9,),
            "epsilon": (1e-6, 0.1),
            "bias_correction": (True, False),
        },
    ),
    "lamb_update_phase2": ("wg11", {"lr": 0.1}, {"lower_bound": (0.1, -1.0), "upper_bound": (0.5, -1.0)}),
    "mp_lamb_update_phase1": (
        "WGsp4",
        {"t": 2, "wd": 0.1},
        {"rescale_grad": (0.5,), "clip_gradient": (0.3, 0.0), "beta1": (0.5,), "bias_correction": (True, False)},
    ),
    "mp_lamb_update_phase2": ("Wg114", {"lr": 0.1}, {"lower_bound": (0.1, -1.0), "upper_bound": (0.5, -1.0)}),
    "_internal._adamw_update": (
        "wgsp1",
        {"lr": 0.1, "eta": 0.5},
        {"wd": (0.1,), "clip_gradient": (0.3, 0.0), "beta1": (0.5,), "beta2": (0.9,), "epsilon": (0.1,)},
    ),
    "_internal._mp_adamw_update": ("WGsp41", {"lr": 0.1, "eta": 0.5}, {"wd": (0.1,), "clip_gradient": (0.3, 0.0)}),
}


def single(name):
    letters, needed, optional = SINGLE[name]

    def recipe(draw):
        shape = draw.shape(1, 3, size=24)
        dtype = (
            "float32" if draw.chance(0.75) or letters.upper()[0] == letters[0] else draw.choice(("float64", "float16"))
        )
        kinds = {
            "w": ("normal", dtype),
            "g": ("normal", dtype),
            "s": ("normal", dtype),
            "p": ("uniform", dtype),
            "P": ("uniform", dtype),
            "W": ("normal", "float16"),
            "G": ("normal", "float16"),
            "4": ("normal", "float32"),
        }
        arrays = []
        for letter in letters:
            if letter == "1":
                arrays.append(draw.array([1], "float32", "uniform", 0.2, 2.0))
            elif letter == "P":  # the mean square is above the square of the mean
                arrays.append(draw.array(shape, dtype, "uniform", 12.0, 14.0))
            else:
                kind, each = kinds[letter]
                arrays.append(draw.array(shape, each, kind))
        attrs = dict(needed)
        for key, values in optional.items():
            if draw.chance():
                attrs[key] = draw.choice(values)
        return arrays, {**attrs, "out": {"array": 0}} if draw.chance() else attrs, "plain"

    return recipe


def many(letters, listed, optional, number="num_weights", preloaded=False):
    def recipe(draw):
        count = draw.int(1, 3)
        arrays = []
        for _ in range(count):
            shape = draw.shape(1, 2, size=12)
            for letter in letters:
                if letter == "1":
                    arrays.append(draw.array([1], "float32", "uniform", 0.2, 2.0))
                else:
                    dtype = "float16" if letter in "WG" else "float32"
                    arrays.append(draw.array(shape, dtype, "uniform" if letter == "p" else "normal"))
        if preloaded:
            arrays += [draw.array([count], "float32", "uniform", 0.01, 0.2) for _ in range(2)]
        attrs = {number: count}
        for key in listed:
            attrs[key] = (
                [draw.int(1, 4) for _ in range(count)]
                if key == "step_count"
                else [round(draw.random.uniform(0.01, 0.3), 3) for _ in range(count)]
            )
        for key, values in optional.items():
            if draw.chance():
                attrs[key] = draw.choice(values)
        return arrays, {**attrs, "out": {"arrays": [i * len(letters) for i in range(count)]}}, "plain"

    return recipe


def with_scale(recipe):
    def more(draw):
        arrays, attrs, mode = recipe(draw)
        return [*arrays, draw.array([1], "float32", "uniform", 0.2, 1.0)], attrs, mode

    return more


SOME = {"rescale_grad": (0.5, 1.0), "clip_gradient": (0.3, -1.0, 0.0)}
MOMENTUM = {**SOME, "momentum": (0.5, 0.9)}
ADAM = {"beta1": (0.5,), "beta2": (0.9,), "epsilon": (0.1,), "clip_gradient": (0.3, 0.0)}
LAMB = {**ADAM, "rescale_grad": (0.5,), "lower_bound": (0.1,), "upper_bound": (2.0,), "bias_correction": (True, False)}


def sums(draw):
    count = draw.int(1, 3)
    return [draw.array(draw.shape(1, 3), "float32", "normal") for _ in range(count)], {"num_arrays": count}, "plain"


def lars(draw):
    n = draw.int(1, 4)
    return (
        [draw.array([n], "float32", "uniform", 0.0, 1.0) for _ in range(4)],
        {"eta": 0.1, "eps": 1e-3, **draw.some(rescale_grad=0.5)},
        "plain",
    )


def group_adagrad(draw):
    rows, columns = draw.int(1, 4), draw.int(1, 3)
    return (
        [
            draw.plain([rows, columns], "float32"),
            draw.plain([rows, columns], "float32"),
            draw.array([rows, 1], "float32", "uniform"),
        ],
        {"lr": 0.1, **draw.some(rescale_grad=0.5, clip_gradient=draw.choice([0.3, 0.0]), epsilon=0.1)},
        "plain",
    )


RECIPES = {
    **{name: single(name) for name in SINGLE},
    "contrib.group_adagrad_update": group_adagrad,
    "multi_sgd_update": many("wg", ("lrs", "wds"), SOME),
    "multi_sgd_mom_update": many("wgs", ("lrs", "wds"), MOMENTUM),
    "multi_mp_sgd_update": many("WG4", ("lrs", "wds"), SOME),
    "multi_mp_sgd_mom_update": many("WG44", ("lrs", "wds"), MOMENTUM),
    "preloaded_multi_sgd_update": many("wg", (), SOME, preloaded=True),
    "preloaded_multi_sgd_mom_update": many("wgs", (), MOMENTUM, preloaded=True),
    "preloaded_multi_mp_sgd_update": many("WG4", (), SOME, preloaded=True),
    "preloaded_multi_mp_sgd_mom_update": many("WG44", (), MOMENTUM, preloaded=True),
    "_internal._multi_adamw_update": with_scale(many("wgsp", ("lrs", "wds", "etas"), ADAM)),
    "_internal._multi_mp_adamw_update": with_scale(many("WGsp4", ("lrs", "wds", "etas"), ADAM)),
    "_internal._multi_lamb_update": many("wgsp", ("learning_rates", "wds", "step_count"), LAMB, "num_tensors"),
    "_internal._multi_mp_lamb_update": many("WGsp4", ("learning_rates", "wds", "step_count"), LAMB, "num_tensors"),
    "multi_sum_sq": sums,
    "reset_arrays": sums,
    "multi_lars": lars,
}
