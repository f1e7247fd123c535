"""Networks of a real size, for tests of binding, planning and memory."""


class Layers:
    """The symbols of a package, and the layers that convolutional networks repeat."""

    def __init__(self, mx):
        self.S = mx.sym

    def unit(self, data, filters, kernel, stride=(1, 1), pad=(0, 0), *, name, relu=True):
        """Convolution, batch norm, and an activation."""
        S = self.S
        data = S.Convolution(data, num_filter=filters, kernel=kernel, stride=stride, pad=pad, name=f"conv_{name}")
        data = S.BatchNorm(data, fix_gamma=False, name=f"bn_{name}")
        return S.Activation(data, act_type="relu", name=f"relu_{name}") if relu else data

    def pool(self, data, kind, stride, pad=(0, 0), *, name):
        return self.S.Pooling(data, kernel=(3, 3), stride=stride, pad=pad, pool_type=kind, name=f"{kind}_pool_{name}")


def resnet50(mx, classes=1000):
    """ResNet-50 (K. He et al., 2015) with a softmax, for images of 224x224."""
    layers, S = Layers(mx), mx.sym
    x = layers.unit(S.Variable("data"), 64, (7, 7), (2, 2), (3, 3), name="0")
    x = layers.pool(x, "max", (2, 2), (1, 1), name="0")
    for stage, (units, filters) in enumerate([(3, 256), (4, 512), (6, 1024), (3, 2048)]):
        for i in range(units):
            stride, name = (1, 1) if i or not stage else (2, 2), f"{stage}_{i}"
            y = layers.unit(x, filters // 4, (1, 1), stride, name=f"{name}a")
            y = layers.unit(y, filters // 4, (3, 3), pad=(1, 1), name=f"{name}b")
            y = layers.unit(y, filters, (1, 1), name=f"{name}c", relu=False)
            shortcut = x if i else layers.unit(x, filters, (1, 1), stride, name=f"{name}s", relu=False)
            x = S.Activation(y + shortcut, act_type="relu", name=f"relu_{name}")
    x = S.Flatten(S.Pooling(x, global_pool=True, kernel=(7, 7), pool_type="avg", name="pool"))
    return S.SoftmaxOutput(S.FullyConnected(x, num_hidden=classes, name="fc"), name="softmax")


def inception_bn(mx):
    """The first part of Inception-BN (S. Ioffe, C. Szegedy, 2015), up to block 4b."""
    layers, S = Layers(mx), mx.sym

    def block(data, plain, reduce3, wide3, reduce5, wide5, pool, project, name):
        unit = layers.unit
        parts = [unit(data, plain, (1, 1), name=f"{name}_1x1")]
        parts.append(unit(unit(data, reduce3, (1, 1), name=f"{name}_3x3r"), wide3, (3, 3), pad=(1, 1),
                          name=f"{name}_3x3"))
        double = unit(unit(data, reduce5, (1, 1), name=f"{name}_5x5r"), wide5, (3, 3), pad=(1, 1), name=f"{name}_5x5a")
        parts.append(unit(double, wide5, (3, 3), pad=(1, 1), name=f"{name}_5x5b"))
        parts.append(unit(layers.pool(data, pool, (1, 1), (1, 1), name=name), project, (1, 1), name=f"{name}_proj"))
        return S.Concat(*parts, name=f"concat_{name}")

    def narrowing(data, reduce3, wide3, reduce5, wide5, name):
        unit = layers.unit
        single = unit(data, reduce3, (1, 1), name=f"{name}_3x3r")
        single = unit(single, wide3, (3, 3), (2, 2), (1, 1), name=f"{name}_3x3")
        double = unit(unit(data, reduce5, (1, 1), name=f"{name}_5x5r"), wide5, (3, 3), pad=(1, 1), name=f"{name}_5x5a")
        double = unit(double, wide5, (3, 3), (2, 2), (1, 1), name=f"{name}_5x5b")
        return S.Concat(single, double, layers.pool(data, "max", (2, 2), (1, 1), name=name), name=f"concat_{name}")

    x = layers.unit(S.Variable("data"), 64, (7, 7), (2, 2), (3, 3), name="1")
    x = layers.unit(layers.pool(x, "max", (2, 2), name="1"), 64, (1, 1), name="2r")
    x = layers.pool(layers.unit(x, 192, (3, 3), pad=(1, 1), name="2"), "max", (2, 2), name="2")
    x = block(x, 64, 64, 64, 64, 96, "avg", 32, "3a")
    x = block(x, 64, 64, 96, 64, 96, "avg", 64, "3b")
    x = narrowing(x, 128, 160, 64, 96, "3c")
    x = block(x, 224, 64, 96, 96, 128, "avg", 128, "4a")
    return block(x, 192, 96, 128, 96, 128, "avg", 128, "4b")
