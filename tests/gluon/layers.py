"""Layers, each on an input of a certain kind; what MXNet 1.9.1 makes of them is in ``tests/data/gluon-layers.json``."""
import json
import os
import tempfile

import numpy as np

SHAPES = {"v": (2, 6), "w": (2, 4, 8), "i": (2, 4, 8, 8), "d": (2, 4, 5, 5, 5)}

# (kind of input, layer)
LAYERS = [
    ('v', 'nn.Dense(3)'),
    ('v', "nn.Dense(3,activation='tanh',use_bias=False,prefix='foo_')"),
    ('w', 'nn.Dense(3,flatten=False,in_units=8)'),
    ('w', "nn.Dense(3,activation='relu')"),
    ('v', 'nn.Dropout(0.5)'),
    ('v', 'nn.Dropout(0)'),
    ('i', 'nn.Dropout(0.3,axes=(2,3))'),
    ('v', 'nn.BatchNorm()'),
    ('i', 'nn.BatchNorm()'),
    ('i', 'nn.BatchNorm(axis=-1,scale=False,center=False,momentum=.5,epsilon=.1,in_channels=8)'),
    ('i', 'nn.BatchNorm(use_global_stats=True)'),
    ('i', 'nn.BatchNormReLU()'),
    ('i', 'nn.InstanceNorm()'),
    ('i', 'nn.InstanceNorm(axis=2,scale=True,center=False)'),
    ('i', 'nn.LayerNorm()'),
    ('w', 'nn.LayerNorm(axis=1,scale=False,center=False,epsilon=.1,in_channels=4)'),
    ('i', 'nn.GroupNorm(2)'),
    ('i', 'nn.GroupNorm()'),
    ('i', 'nn.GroupNorm(4,center=False,scale=False)'),
    ('i', 'nn.Flatten()'),
    ('i', "nn.HybridLambda('relu')"),
    ('i', 'nn.HybridLambda(lambda F,x: F.exp(x))'),
    ('v', "nn.Activation('relu')"),
    ('v', "nn.Activation('sigmoid')"),
    ('v', "nn.Activation('softsign')"),
    ('v', 'nn.LeakyReLU(.1)'),
    ('v', 'nn.PReLU()'),
    ('i', 'nn.PReLU(in_channels=4)'),
    ('v', 'nn.ELU()'),
    ('v', 'nn.ELU(.5)'),
    ('v', 'nn.GELU()'),
    ('v', 'nn.Swish()'),
    ('v', 'nn.Swish(2)'),
    ('w', 'nn.Conv1D(3,3)'),
    ('i', 'nn.Conv2D(3,3)'),
    ('i', 'nn.Conv2D(3,(3,2),strides=(1,2),padding=1,dilation=2,groups=1,in_channels=4)'),
    ('i', "nn.Conv2D(4,3,groups=2,layout='NCHW',activation='tanh')"),
    ('d', 'nn.Conv3D(2,3,padding=(1,1,1))'),
    ('w', 'nn.Conv1DTranspose(3,3,2,1,1)'),
    ('i', "nn.Conv2DTranspose(3,4,strides=2,padding=1,activation='relu')"),
    ('i', 'nn.Conv2DTranspose(4,(3,3),strides=(2,2),output_padding=(1,1),groups=2,in_channels=4,use_bias=False)'),
    ('d', 'nn.Conv3DTranspose(2,2,strides=(2,2,2))'),
    ('w', 'nn.MaxPool1D()'),
    ('w', 'nn.MaxPool1D(3,2,1,ceil_mode=True)'),
    ('i', 'nn.MaxPool2D()'),
    ('i', 'nn.MaxPool2D(3,2,1)'),
    ('i', 'nn.MaxPool2D((3,2),strides=(2,1),padding=(1,0),ceil_mode=True)'),
    ('d', 'nn.MaxPool3D()'),
    ('w', 'nn.AvgPool1D()'),
    ('w', 'nn.AvgPool1D(3,2,1,ceil_mode=True,count_include_pad=False)'),
    ('i', 'nn.AvgPool2D()'),
    ('i', 'nn.AvgPool2D(3,2,1,count_include_pad=False)'),
    ('d', 'nn.AvgPool3D()'),
    ('w', 'nn.GlobalMaxPool1D()'),
    ('i', 'nn.GlobalMaxPool2D()'),
    ('d', 'nn.GlobalMaxPool3D()'),
    ('w', 'nn.GlobalAvgPool1D()'),
    ('i', 'nn.GlobalAvgPool2D()'),
    ('d', 'nn.GlobalAvgPool3D()'),
    ('i', 'nn.ReflectionPad2D(2)'),
    ('i', 'nn.ReflectionPad2D((0,0,0,0,1,2,2,1))'),
    ('w', "nn.Conv1D(4,3,2,1,2,2,activation='relu',use_bias=False)"),
    ("i", "mx.gluon.contrib.nn.PixelShuffle2D((2, 1))"),
    ("w", "mx.gluon.contrib.nn.PixelShuffle1D(2)"),
    ("i", "mx.gluon.contrib.nn.SyncBatchNorm(num_devices=1, in_channels=4)"),
]


def observed(mx, kind, layer):
    """Return how a layer shows itself, its parameters, values, gradients and graph."""
    mx.random.seed(7)
    with mx.name.NameManager():
        block = eval(layer, {"nn": mx.gluon.nn, "mx": mx})
        shown = repr(block)
        params = [(name, str(each.dtype), str(each.shape), each.grad_req)
                  for name, each in block.collect_params().items()]
        x = mx.nd.array(np.random.RandomState(1).uniform(-2, 2, SHAPES[kind]))
        x.attach_grad()
        block.initialize(mx.init.Uniform(0.5))
        with mx.autograd.record():
            y = block(x)
            total = (y * y).sum()
        total.backward()
        learnt = [each for each in block.collect_params().values() if each.grad_req != "null"]
        values = [float(y.asnumpy().sum()), float(np.abs(x.grad.asnumpy()).sum()),
                  *(float(each.data().asnumpy().sum()) for each in block.collect_params().values()),
                  *(float(np.abs(each.grad().asnumpy()).sum()) for each in learnt)]
        block.hybridize()
        values.append(float(block(x).asnumpy().sum()))
        with tempfile.TemporaryDirectory() as folder:
            block.export(os.path.join(folder, "layer"))
            with open(os.path.join(folder, "layer-symbol.json"), encoding="utf-8") as file:
                graph = json.dumps(json.load(file), sort_keys=True)
    return {"shown": [shown, repr(block)], "params": params, "shape": list(y.shape), "graph": graph, "values": values,
            "paths": sorted(block._collect_params_with_prefix())}
