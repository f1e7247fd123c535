"""Sampling grids, regions of interest, detection."""

FLOAT = ("float32", "float32", "float64")


# ---- sampling


def maps(draw, longest=5):
    return [draw.int(1, 2), draw.int(1, 2), draw.int(1, longest), draw.int(1, longest)]


def bilinear_resize(draw):
    shape = maps(draw)
    mode = draw.choice(("size", "size", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"))
    attrs = {"mode": mode, **draw.some(align_corners=draw.chance())}
    arrays = [draw.plain(shape, draw.choice(FLOAT))]
    if mode == "size":
        del attrs["mode"]
        attrs.update(height=draw.int(1, 6), width=draw.int(1, 6)) if draw.chance(0.7) else attrs.update(
            scale_height=draw.choice([0.5, 2.0, 1.5]), scale_width=draw.choice([0.5, 2.0, 1.5])
        )
    elif mode == "like":
        arrays.append(draw.plain(maps(draw), arrays[0][1]))
    elif mode == "odd_scale":
        attrs.update(scale_height=draw.choice([0.5, 2.0]), scale_width=draw.choice([0.5, 2.0]))
    return arrays, attrs


def grid_generator(draw):
    batch, dtype = draw.int(1, 2), draw.choice(FLOAT)
    if draw.chance():
        return [draw.plain([batch, 6], dtype)], {
            "transform_type": "affine",
            "target_shape": [draw.int(2, 4), draw.int(2, 4)],
        }
    return [draw.plain([batch, 2, draw.int(2, 4), draw.int(2, 4)], dtype)], {"transform_type": "warp"}


def bilinear_sampler(draw):
    shape, dtype = maps(draw), draw.choice(FLOAT)
    return [
        draw.plain(shape, dtype),
        draw.array([shape[0], 2, draw.int(1, 4), draw.int(1, 4)], dtype, "uniform", -1.3, 1.3),
    ], draw.some(cudnn_off=True)


def spatial_transformer(draw):
    shape, dtype = maps(draw), draw.choice(FLOAT)
    return [draw.plain(shape, dtype), draw.plain([shape[0], 6], dtype)], {
        "target_shape": [draw.int(1, 4), draw.int(1, 4)],
        "transform_type": "affine",
        "sampler_type": "bilinear",
    }


def rois(draw, count, batch, size, dtype):
    rows = []
    for _ in range(count):
        x, y = draw.float(0, size), draw.float(0, size)
        rows += [draw.int(0, batch - 1), x, y, x + draw.float(-0.5, size), y + draw.float(-0.5, size)]
    return draw.array([count, 5], dtype, "value", *rows)


def roi_pooling(draw):
    shape, dtype = maps(draw, 6), draw.choice(FLOAT)
    return [draw.plain(shape, dtype), rois(draw, draw.int(1, 3), shape[0], 6, dtype)], {
        "pooled_size": [draw.int(1, 3), draw.int(1, 3)],
        "spatial_scale": draw.choice([1.0, 0.5, 0.25]),
    }


def roi_align(draw):
    size = [draw.int(1, 3), draw.int(1, 3)]
    sensitive = draw.chance(0.2)
    shape, dtype = maps(draw, 6), draw.choice(FLOAT)
    if sensitive:
        shape[1] = size[0] * size[1] * draw.int(1, 2)
    return [draw.plain(shape, dtype), rois(draw, draw.int(1, 3), shape[0], 6, dtype)], {
        "pooled_size": size,
        "spatial_scale": draw.choice([1.0, 0.5]),
        **draw.some(sample_ratio=draw.choice([-1, 1, 2]), aligned=draw.chance()),
        **({"position_sensitive": True} if sensitive else {}),
    }


def rroi_align(draw):
    shape, count = maps(draw, 6), draw.int(1, 3)
    rows = []
    for _ in range(count):
        rows += [
            draw.int(0, shape[0] - 1),
            draw.float(0, 6),
            draw.float(0, 6),
            draw.float(0.5, 5),
            draw.float(0.5, 5),
            draw.choice([0.0, 30.0, -45.0, 90.0, draw.float(-90, 90)]),
        ]
    return (
        [draw.plain(shape, "float32"), draw.array([count, 6], "float32", "value", *rows)],
        {
            "pooled_size": [draw.int(1, 3), draw.int(1, 3)],
            "spatial_scale": draw.choice([1.0, 0.5]),
            **draw.some(sampling_ratio=draw.choice([-1, 1, 2])),
        },
        "plain",
    )


def ps_roi_pooling(draw):
    group, channels = draw.int(1, 3), draw.int(1, 2)
    shape = [draw.int(1, 2), group * group * channels, draw.int(2, 6), draw.int(2, 6)]
    return [draw.plain(shape, "float32"), rois(draw, draw.int(1, 3), shape[0], 6, "float32")], {
        "spatial_scale": draw.choice([1.0, 0.5]),
        "output_dim": channels,
        "pooled_size": group,
        **draw.some(group_size=group),
    }


def deformable_ps_roi_pooling(draw):
    arrays, attrs = ps_roi_pooling(draw)
    attrs["group_size"] = attrs["pooled_size"]
    attrs.update(draw.some(sample_per_part=draw.int(1, 3), trans_std=draw.choice([0.1, 0.5])))
    if draw.chance():
        return arrays, {**attrs, "no_trans": True}
    part = attrs["pooled_size"]
    return [*arrays, draw.plain([arrays[1][2][0], 2, part, part], "float32")], {**attrs, "part_size": part}


def correlation(draw):
    shape, dtype = [draw.int(1, 2), draw.int(1, 2), draw.int(4, 6), draw.int(4, 6)], draw.choice(FLOAT)
    return [draw.plain(shape, dtype), draw.plain(shape, dtype)], {
        "kernel_size": draw.choice([1, 3]),
        "max_displacement": draw.int(1, 2),
        "stride1": draw.int(1, 2),
        "stride2": draw.int(1, 2),
        "pad_size": draw.int(1, 3),
        **draw.some(is_multiply=draw.chance()),
    }


def crop(draw):
    shape = maps(draw, 6)
    y, x = draw.int(1, shape[2]), draw.int(1, shape[3])
    attrs = (
        {"center_crop": True}
        if draw.chance(0.3)
        else {"offset": [draw.int(0, shape[2] - y), draw.int(0, shape[3] - x)]}
    )
    arrays = [draw.plain(shape, "float32")]
    if draw.chance():
        arrays.append(draw.plain([shape[0], 1, y, x], "float32"))
    else:
        attrs["h_w"] = [y, x]
    return arrays, {**attrs, "num_args": len(arrays)}


def deformable(modulated):
    def recipe(draw):
        groups, channels, filters = draw.choice([1, 1, 2]), 2 * draw.int(1, 2), 2
        group = draw.choice([1, 1, 2])
        attrs = {"kernel": [draw.int(1, 3), draw.int(1, 3)], "num_filter": filters}
        stride = [draw.int(1, 2), draw.int(1, 2)] if draw.chance() else [1, 1]
        pad = [draw.int(0, 1), draw.int(0, 1)] if draw.chance() else [0, 0]
        dilate = [draw.int(1, 2), draw.int(1, 2)] if draw.chance(0.3) else [1, 1]
        attrs.update(stride=stride, pad=pad, dilate=dilate)
        if group > 1:
            attrs["num_group"] = group
        if groups > 1:
            attrs["num_deformable_group"] = groups
        size = [draw.int(3, 5), draw.int(3, 5)]
        out = [
            (n + 2 * p - ((k - 1) * d + 1)) // s + 1
            for n, p, k, d, s in zip(size, pad, attrs["kernel"], dilate, stride)
        ]
        if min(out) < 1:
            return recipe(draw)
        batch, cells, dtype = draw.int(1, 2), attrs["kernel"][0] * attrs["kernel"][1] * groups, draw.choice(FLOAT)
        arrays = [
            draw.plain([batch, channels, *size], dtype),
            draw.array([batch, 2 * cells, *out], dtype, "uniform", -1.5, 1.5),
        ]
        if modulated:
            arrays.append(draw.array([batch, cells, *out], dtype, "uniform"))
        arrays.append(draw.plain([filters, channels // group, *attrs["kernel"]], dtype))
        if draw.chance(0.3):
            attrs["no_bias"] = True
        else:
            arrays.append(draw.plain([filters], dtype))
        return arrays, attrs

    return recipe


# ---- detection


def box_nms(draw):
    lead = draw.choice([[], [draw.int(1, 2)], [1, 2]])
    extra = draw.choice([0, 1])
    attrs = {
        "score_index": extra,
        "coord_start": 1 + extra,
        **draw.some(
            overlap_thresh=draw.choice([0.3, 0.5, 0.7]),
            valid_thresh=draw.choice([0.0, 0.3]),
            topk=draw.choice([-1, 1, 3]),
            force_suppress=draw.chance(),
            in_format=draw.choice(("corner", "center")),
            out_format=draw.choice(("corner", "center")),
        ),
    }
    if extra and draw.chance():
        attrs["id_index"] = 0
        if draw.chance():
            attrs["background_id"] = 0
    elif not extra:
        attrs["score_index"] = 0
    return [draw.array([*lead, draw.int(1, 6), 5 + extra], draw.choice(FLOAT), "boxes")], attrs


def box_iou(draw):
    return [
        draw.array([*draw.choice([[], [2]]), draw.int(1, 4), 4], "float32", "boxes"),
        draw.array([draw.int(1, 4), 4], "float32", "boxes"),
    ], draw.some(format=draw.choice(("corner", "center")))


def bipartite_matching(draw):
    return [
        draw.array(
            [*draw.choice([[], [2]]), draw.int(1, 4), draw.int(1, 4)],
            draw.choice(FLOAT),
            draw.choice(("uniform", "ties")),
        )
    ], {"threshold": draw.choice([0.1, 0.5, 1e-6]), **draw.some(is_ascend=draw.chance(), topk=draw.choice([-1, 1, 2]))}


def box_encode(draw):
    batch, n, m = draw.int(1, 2), draw.int(1, 4), draw.int(1, 3)
    return (
        [
            draw.array([batch, n], "float32", "whole", -1, 2),
            draw.array([batch, n], "float32", "whole", 0, m),
            draw.array([batch, n, 4], "float32", "boxes"),
            draw.array([batch, m, 4], "float32", "boxes"),
            draw.array([4], "float32", "uniform", 0.0, 0.2),
            draw.array([4], "float32", "uniform", 0.1, 0.3),
        ],
        {},
        "plain",
    )


def box_decode(draw):
    batch, n = draw.int(1, 2), draw.int(1, 4)
    return (
        [draw.plain([batch, n, 4], "float32"), draw.array([1, n, 4], "float32", "boxes")],
        draw.some(
            std0=0.1,
            std1=0.2,
            std2=0.3,
            std3=0.2,
            clip=draw.choice([-1.0, 0.5]),
            format=draw.choice(("corner", "center")),
        ),
        "plain",
    )


def multibox_prior(draw):
    return [draw.plain([1, 1, draw.int(1, 3), draw.int(1, 3)], "float32")], draw.some(
        sizes=[draw.float(0.1, 1) for _ in range(draw.int(1, 3))],
        ratios=[draw.float(0.3, 3) for _ in range(draw.int(1, 3))],
        clip=draw.chance(),
        steps=[0.5, 0.3],
        offsets=[0.3, 0.6],
    )


def multibox_target(draw):
    batch, anchors, classes, objects = draw.int(1, 2), draw.int(1, 6), draw.int(1, 3), draw.int(1, 3)
    return (
        [
            draw.array([1, anchors, 4], "float32", "boxes"),
            draw.array([batch, objects, 5], "float32", "objects"),
            draw.plain([batch, classes + 1, anchors], "float32"),
        ],
        draw.some(
            overlap_threshold=draw.choice([0.3, 0.5]),
            ignore_label=-1.0,
            negative_mining_ratio=draw.choice([-1.0, 2.0]),
            negative_mining_thresh=0.5,
            minimum_negative_samples=draw.int(0, 2),
            variances=[0.1, 0.1, 0.2, 0.2],
        ),
        "plain",
    )


def multibox_detection(draw):
    batch, anchors, classes = draw.int(1, 2), draw.int(1, 6), draw.int(1, 3)
    return (
        [
            draw.array([batch, classes + 1, anchors], "float32", "uniform"),
            draw.plain([batch, anchors * 4], "float32"),
            draw.array([1, anchors, 4], "float32", "boxes"),
        ],
        draw.some(
            clip=draw.chance(),
            threshold=draw.choice([0.01, 0.3]),
            background_id=0,
            nms_threshold=draw.choice([0.3, 0.5]),
            force_suppress=draw.chance(),
            variances=[0.1, 0.1, 0.2, 0.2],
            nms_topk=draw.choice([-1, 2]),
        ),
        "plain",
    )


def proposal(draw, most=1):
    batch, height, width = draw.int(1, most), draw.int(1, 4), draw.int(1, 4)
    scales, ratios = [draw.choice([2.0, 4.0, 8.0]) for _ in range(draw.int(1, 2))], [0.5, 1.0, 2.0][: draw.int(1, 3)]
    if draw.chance(0.3):
        scales, ratios = [draw.float(0.5, 6) for _ in scales], [round(draw.random.uniform(0.2, 4), 3) for _ in ratios]
    count = len(scales) * len(ratios)
    stride = draw.choice([4, 7, 8, 16])
    info = [
        v
        for _ in range(batch)
        for v in (
            height * stride - draw.choice([0, 0, draw.int(0, stride)]),
            width * stride - draw.choice([0, 0, draw.int(0, stride)]),
            draw.choice([1.0, 1.5]),
        )
    ]
    scores = draw.choice((("uniform",), ("ties",), ("normal",)))
    moves = draw.choice((("uniform", -0.3, 0.3), ("uniform", -0.3, 0.3), ("uniform", 0.0, 0.0)))
    return (
        [
            draw.array([batch, 2 * count, height, width], "float32", *scores),
            draw.array([batch, 4 * count, height, width], "float32", *moves),
            draw.array([batch, 3], "float32", "value", *info),
        ],
        {
            "scales": scales,
            "ratios": ratios,
            "feature_stride": stride,
            "rpn_pre_nms_top_n": draw.choice([4, 12, 6000, -1]),
            "rpn_post_nms_top_n": draw.choice([2, 5, 10]),
            **draw.some(
                threshold=draw.choice([0.1, 0.5, 0.7]),
                rpn_min_size=draw.choice([0, 4, 16]),
                output_score=draw.chance(),
                iou_loss=draw.chance(0.3),
            ),
        },
        "plain",
    )


def multi_proposal(draw):
    return proposal(draw, 2)


RECIPES = {
    "contrib.BilinearResize2D": bilinear_resize,
    "GridGenerator": grid_generator,
    "BilinearSampler": bilinear_sampler,
    "SpatialTransformer": spatial_transformer,
    "ROIPooling": roi_pooling,
    "contrib.ROIAlign": roi_align,
    "contrib.RROIAlign": rroi_align,
    "contrib.PSROIPooling": ps_roi_pooling,
    "contrib.DeformablePSROIPooling": deformable_ps_roi_pooling,
    "Correlation": correlation,
    "Crop": crop,
    "contrib.DeformableConvolution": deformable(False),
    "contrib.ModulatedDeformableConvolution": deformable(True),
    "contrib.box_nms": box_nms,
    "contrib.box_iou": box_iou,
    "contrib.bipartite_matching": bipartite_matching,
    "contrib.box_encode": box_encode,
    "contrib.box_decode": box_decode,
    "contrib.MultiBoxPrior": multibox_prior,
    "contrib.MultiBoxTarget": multibox_target,
    "contrib.MultiBoxDetection": multibox_detection,
    "contrib.Proposal": proposal,
    "contrib.MultiProposal": multi_proposal,
}
