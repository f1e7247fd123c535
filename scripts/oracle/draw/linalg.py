"""Linear algebra on batches of matrices."""

FLOAT = ("float32", "float64")


def batch(draw):
    return [draw.int(1, 3) for _ in range(draw.choice([0, 0, 1, 1, 2]))]


def product(draw, third=False):
    n, k, m = draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)
    a, b, dtype, lead = draw.chance(0.4), draw.chance(0.4), draw.choice(FLOAT), batch(draw)
    shapes = [[*lead, *([k, n] if a else [n, k])], [*lead, *([m, k] if b else [k, m])]] + [[*lead, n, m]] * third
    attrs = {
        **({"transpose_a": True} if a else {}),
        **({"transpose_b": True} if b else {}),
        **draw.some(alpha=draw.float()),
    }
    if third:
        attrs.update(draw.some(beta=draw.float()))
    if lead and draw.chance(0.2):
        attrs["axis"] = draw.choice([-2, len(lead)])
    return [draw.plain(shape, dtype) for shape in shapes], attrs


def gemm(draw):
    return product(draw, third=True)


def syrk(draw):
    return [draw.plain([*batch(draw), draw.int(1, 3), draw.int(1, 3)], draw.choice(FLOAT))], draw.some(
        transpose=draw.chance(), alpha=draw.float()
    )


def triangular(draw):
    n, m, lead, dtype = draw.int(1, 3), draw.int(1, 3), batch(draw), draw.choice(FLOAT)
    right = draw.chance()
    return [draw.array([*lead, n, n], dtype, "triangle"), draw.plain([*lead, *([m, n] if right else [n, m])], dtype)], {
        **({"rightside": True} if right else {}),
        **draw.some(transpose=draw.chance(), alpha=draw.float(), lower=draw.chance(0.7)),
    }


def square(kind, lower=False):
    def recipe(draw):
        n = draw.int(1, 4)
        attrs = {"lower": draw.chance()} if lower and draw.chance() else {}
        return [draw.array([*batch(draw), n, n], draw.choice(FLOAT), kind)], attrs

    return recipe


def gelqf(draw):
    n = draw.int(1, 3)
    return [draw.array([*batch(draw), n, n + draw.int(0, 2)], draw.choice(FLOAT), "normal")], {}


def extract(draw):
    n = draw.int(1, 4)
    return [draw.plain([*batch(draw), n, n], draw.choice(FLOAT))], draw.some(offset=draw.int(-2, 2))


def extract_triangle(draw):
    arrays, attrs = extract(draw)
    return arrays, {**attrs, **draw.some(lower=draw.chance())}


def make_diagonal(draw):
    return [draw.plain([*batch(draw), draw.int(1, 4)], draw.choice(FLOAT))], draw.some(offset=draw.int(-2, 2))


def make_triangle(draw):
    n = draw.int(1, 4)
    offset = draw.choice([0, 0, 1, -1])
    size = n + abs(offset)
    count = (size - abs(offset)) * (size - abs(offset) + 1) // 2
    return [draw.plain([*batch(draw), count], draw.choice(FLOAT))], {
        **({"offset": offset} if offset or draw.chance() else {}),
        **draw.some(lower=draw.chance()),
    }


RECIPES = {
    "linalg.gemm": gemm,
    "linalg.gemm2": product,
    "linalg.syrk": syrk,
    "linalg.trmm": triangular,
    "linalg.trsm": triangular,
    "linalg.potrf": square("definite", lower=True),
    "linalg.potri": square("triangle"),
    "linalg.gelqf": gelqf,
    "linalg.syevd": square("definite"),
    "linalg.inverse": square("definite"),
    "linalg.det": square("normal"),
    "linalg.slogdet": square("normal"),
    "linalg.sumlogdiag": square("definite"),
    "linalg.extractdiag": extract,
    "linalg.makediag": make_diagonal,
    "linalg.extracttrian": extract_triangle,
    "linalg.maketrian": make_triangle,
}
