#!/usr/bin/env python
# -*- coding: utf-8 -*-
"""A program that ran under Python 2 and 3: shims, old formatting, sys.path, mxnet.base's types."""
from __future__ import absolute_import, division, print_function

import logging
import os
import sys

curr_path = os.path.abspath(os.path.dirname(__file__))
sys.path.insert(0, os.path.join(curr_path, '..'))

import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402
from mxnet import metric, symbol as sym  # noqa: E402
from mxnet.base import MXNetError, numeric_types, string_types  # noqa: E402
from mxnet.io import DataBatch, DataDesc, DataIter, NDArrayIter  # noqa: E402
from mxnet.module import BaseModule, Module  # noqa: E402

try:
    import cPickle as pickle
except ImportError:
    import pickle
try:
    xrange
except NameError:
    xrange = range
try:
    from itertools import izip
except ImportError:
    izip = zip
if sys.version_info[0] >= 3:
    unicode = str
else:
    reload(sys)  # noqa: F821
    sys.setdefaultencoding('utf-8')

logging.basicConfig(format='%(levelname)s %(message)s', level=logging.INFO, stream=sys.stdout)
assert isinstance('x', string_types) and isinstance(1.5, numeric_types) and not isinstance('x', numeric_types)
print('version %s' % '.'.join(mx.__version__.split('.')[:2]), __name__, os.path.basename(__file__), 1 / 2, 3 // 2)
assert issubclass(Module, BaseModule) and issubclass(NDArrayIter, DataIter)


class Config(object):
    """Settings as attributes."""

    def __init__(self, **kwargs):
        for k, v in kwargs.items():
            setattr(self, k, v)

    def __repr__(self):
        return 'Config(%s)' % ', '.join('%s=%r' % kv for kv in sorted(self.__dict__.items()))


config = Config(batch=8, dims=(4, 8, 3), lr=.1)
print(config)
net = reduced = sym.Variable('data')
for i in xrange(1, len(config.dims)):
    net = sym.FullyConnected(data=net, num_hidden=config.dims[i], name='fc{0}'.format(i))
    if i < len(config.dims) - 1:
        net = sym.Activation(net, act_type='sigmoid', name='act%d' % i)
net = sym.Softmax(data=net, name='softmax')
print('%s' % net, net.name, unicode(net.list_outputs()[0]))
shapes = dict(izip(net.list_arguments(), net.infer_shape(data=(config.batch, config.dims[0]))[0]))
for name in sorted(shapes):
    print('%-14s %s' % (name, shapes[name]))
rng = np.random.RandomState(0)
X = rng.rand(40, 4)
Y = np.array(map(int, X.sum(axis=1) * 0.74)) if sys.version_info[0] < 3 else (X.sum(axis=1) * 0.74).astype(np.int)
it = NDArrayIter(data=X, label=Y, batch_size=config.batch, last_batch_handle='pad')
mx.random.seed(1)
mod = Module(net, logger=logging.getLogger('train'))
acc = metric.Accuracy()
mod.fit(it, eval_metric=acc, num_epoch=3, initializer=mx.init.Uniform(.5),
        optimizer_params={'learning_rate': config.lr})
blob = pickle.dumps({k: v.asnumpy() for k, v in mod.get_params()[0].items()}, 2)
print(sorted(pickle.loads(blob).keys()))
arr = pickle.loads(pickle.dumps(mx.nd.arange(3), 2))
print(arr.asnumpy(), pickle.loads(pickle.dumps(net)).list_arguments() == net.list_arguments())
try:
    mx.nd.zeros((2, 3)).reshape((4, 4))
except (MXNetError, ValueError) as err:
    print('caught', isinstance(err, Exception))
print(DataDesc('data', (2, 3)), DataBatch([mx.nd.ones((2, 3))], None).pad)
print(u'%s' % mx.nd.ones((1,)).asnumpy(), repr(mx.cpu()), mx.cpu())
