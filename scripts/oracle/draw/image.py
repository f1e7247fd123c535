"""Images: bytes, and numbers from 0 to 1."""


def image(draw, dtype=None, batches=True):
    lead = [draw.int(1, 2)] if batches and draw.chance(0.3) else []
    dtype = dtype or draw.choice(("float32", "uint8"))
    return draw.array(
        [*lead, draw.int(1, 4), draw.int(1, 4), draw.choice([1, 3, 3])],
        dtype,
        *(("whole", 0, 256) if dtype == "uint8" else ("uniform", 0.0, 1.0)),
    )


def to_tensor(draw):
    return [image(draw)], {}, "plain"  # MXNet forgets to move the axes of the gradient back


def flip(draw):
    recipe = image(draw, batches=False)
    height, width = recipe[2][-3:-1]
    recipe[2][-3:-1] = [height + height % 2, width + width % 2]  # MXNet leaves the middle of an odd number unset
    return [recipe], {}, "plain"  # and does not mirror the gradient


def normalize(draw):
    lead = [draw.int(1, 2)] if draw.chance(0.3) else []
    channels = draw.choice([1, 3])
    many = draw.choice([1, channels])
    return [draw.plain([*lead, channels, draw.int(1, 4), draw.int(1, 4)], "float32")], {
        "mean": [draw.float() for _ in range(many)],
        "std": [draw.float(0.2, 2) for _ in range(many)],
    }


def image_resize(draw):
    return [image(draw)], {
        "size": draw.choice([[draw.int(1, 6)], [draw.int(1, 6), draw.int(1, 6)], draw.int(1, 6)]),
        **draw.some(keep_ratio=draw.chance(), interp=draw.choice([0, 1, 2, 3, 4])),
    }, "plain"


def image_crop(draw):
    recipe = image(draw)
    height, width = recipe[2][-3:-1]
    x, y = draw.int(0, width - 1), draw.int(0, height - 1)
    return [recipe], {"x": x, "y": y, "width": draw.int(1, width - x), "height": draw.int(1, height - y)}


def lighting(draw):
    return [draw.array([draw.int(1, 4), draw.int(1, 4), 3], draw.choice(("float32", "uint8")), "whole", 0, 256)], {
        "alpha": [draw.float(-0.2, 0.2) for _ in range(3)]
    }


def between(draw):
    low = draw.float(0, 2)
    return [image(draw, batches=False)], {"min_factor": low, "max_factor": low + draw.choice([0.0, 0.0, 0.5])}


def jitter(draw):
    return [image(draw, batches=False)], {
        "brightness": draw.choice([0.0, 0.2, 1.0]),
        "contrast": draw.choice([0.0, 0.2, 1.0]),
        "saturation": draw.choice([0.0, 0.2, 1.0]),
        "hue": draw.choice([0.0, 0.1, 0.5]),
    }


def random_lighting(draw):
    return [image(draw, batches=False)], draw.some(alpha_std=draw.choice([0.1, 0.5]))


RECIPES = {
    "image.to_tensor": to_tensor,
    "image.normalize": normalize,
    "image.resize": image_resize,
    "image.crop": image_crop,
    "image.flip_left_right": flip,
    "image.flip_top_bottom": flip,
    "image.adjust_lighting": lighting,
    "image.random_brightness": between,
    "image.random_contrast": between,
    "image.random_saturation": between,
    "image.random_hue": between,
    "image.random_color_jitter": jitter,
    "image.random_lighting": random_lighting,
    "image.random_flip_left_right": flip,
    "image.random_flip_top_bottom": flip,
}
