"""Random numbers: the same ones from the same seed; densities by value."""

PARAMETERS = {
    "uniform": (("low", -1.0), ("high", 2.0)),
    "normal": (("loc", 0.5), ("scale", 2.0)),
    "gamma": (("alpha", 2.0), ("beta", 0.5)),
    "exponential": (("lam", 2.0),),
    "poisson": (("lam", 3.0),),
    "negative_binomial": (("k", 3), ("p", 0.4)),
    "generalized_negative_binomial": (("mu", 2.0), ("alpha", 0.3)),
}
SAMPLED = {
    "uniform": ("normal", "uniform"),
    "normal": ("normal", "uniform"),
    "gamma": ("uniform", "uniform"),
    "exponential": ("uniform",),
    "poisson": ("uniform",),
    "negative_binomial": ("whole", "uniform"),
    "generalized_negative_binomial": ("uniform", "uniform"),
}
DENSITIES = {
    "uniform": 2,
    "normal": 2,
    "gamma": 2,
    "exponential": 1,
    "poisson": 1,
    "negative_binomial": 2,
    "generalized_negative_binomial": 2,
}


def source(name):
    def recipe(draw):
        attrs = draw.some(**dict(PARAMETERS[name]), dtype=draw.choice(("float32", "float64", "float16")))
        if draw.chance(0.9):
            attrs["shape"] = draw.choice([draw.shape(1, 3), draw.int(1, 3)])
        return [], attrs, "plain"

    return recipe


def like(name):
    def recipe(draw):
        return (
            [draw.plain(draw.shape(1, 3), draw.choice(("float32", "float64", "float16")))],
            draw.some(**dict(PARAMETERS[name])),
            "plain",
        )

    return recipe


def sample(name):
    def recipe(draw):
        shape, dtype = draw.shape(1, 2), draw.choice(("float32", "float32", "float64"))
        arrays = [
            draw.array(shape, dtype, "uniform", 0.2, 0.9)
            if kind == "uniform"
            else draw.array(shape, dtype, "whole", 1, 4)
            for kind in SAMPLED[name]
        ]
        return (
            arrays,
            draw.some(shape=draw.choice([draw.shape(1, 2), draw.int(1, 3)]), dtype=draw.choice(("float32", "float64"))),
            "plain",
        )

    return recipe


def density(name):
    def recipe(draw):
        shape = draw.shape(1, 2, size=6)
        tail = draw.shape(1, 1) if draw.chance() else []
        whole = name in ("poisson", "negative_binomial", "generalized_negative_binomial")
        value = (
            draw.array([*shape, *tail], "float32", "whole", 0, 5)
            if whole
            else draw.array([*shape, *tail], "float32", "uniform", 0.1, 2.0)
        )
        arrays = [draw.array(shape, "float32", "uniform", 0.2, 0.9) for _ in range(DENSITIES[name])]
        if name == "uniform":
            arrays = [
                draw.array(shape, "float32", "uniform", -1.0, 0.0),
                draw.array(shape, "float32", "uniform", 2.1, 3.0),
            ]
        if name == "negative_binomial":
            arrays[0] = draw.array(shape, "float32", "whole", 1, 4)
        return [value, *arrays], draw.some(is_log=draw.chance())

    return recipe


def front(name):
    """``mx.nd.random.name`` of numbers or of arrays."""

    def recipe(draw):
        parameters = [parameter for parameter, _ in PARAMETERS[name]]
        if name == "exponential":
            parameters = ["scale"]
        if draw.chance(0.6):
            arrays, attrs, _ = source(name)(draw)
            if name == "exponential" and "lam" in attrs:
                attrs["scale"] = attrs.pop("lam")
            return arrays, attrs, "plain"
        arrays, attrs, mode = sample(name)(draw)
        attrs.update({parameter: {"array": place} for place, parameter in enumerate(parameters)})
        return arrays, attrs, mode

    return recipe


def dirichlet(draw):
    batch, n = draw.shape(1, 1), draw.int(2, 3)
    tail = draw.shape(1, 1) if draw.chance() else []
    return [
        draw.array([*batch, *tail, n], "float32", "distribution"),
        draw.array([*batch, n], "float32", "uniform", 0.5, 2.0),
    ], draw.some(is_log=draw.chance())


def multinomial(draw):
    shape = draw.shape(1, 2)
    return (
        [draw.array(shape, draw.choice(("float32", "float64")), "distribution")],
        draw.some(
            shape=draw.choice([draw.int(1, 3), [2, 2]]),
            get_prob=draw.chance(),
            dtype=draw.choice(("int32", "float32", "uint8")),
        ),
        "plain",
    )


def randint(draw):
    low = draw.int(-3, 3)
    return (
        [],
        {
            "low": low,
            "high": low + draw.int(1, 5),
            **draw.some(shape=draw.choice([draw.shape(1, 3), draw.int(1, 3)]), dtype=draw.choice(("int32", "int64"))),
        },
        "plain",
    )


def shuffle(draw):
    return [draw.plain(draw.shape())], {}, "plain"


def zipfian(draw):
    most = draw.choice([draw.int(2, 9), 50, 5000])
    return [], {"range_max": most, "shape": [draw.int(1, 2), draw.int(1, 2)]}, "plain"


RECIPES = {
    **{f"random_{name}": source(name) for name in PARAMETERS},
    **{f"_internal._random_{name}": source(name) for name in PARAMETERS},
    **{f"random.{name}_like": like(name) for name in PARAMETERS},
    **{f"sample_{name}": sample(name) for name in SAMPLED},
    **{f"random_pdf_{name}": density(name) for name in DENSITIES},
    **{f"random.{name}": front(name) for name in PARAMETERS},
    "random_pdf_dirichlet": dirichlet,
    "random.multinomial": multinomial,
    "random.randint": randint,
    "random.shuffle": shuffle,
    "sample_multinomial": multinomial,
    "random_randint": randint,
    "shuffle": shuffle,
    "_internal._sample_unique_zipfian": zipfian,
}
