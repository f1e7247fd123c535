"""Fine-tuning: cut a trained network by get_internals, put a new head on it, freeze what is below."""
import logging
import os
import sys

import mxnet as mx
import numpy as np

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
images, labels = digits['images'][:, None] / 16., digits['labels']
small, big = labels < 5, labels >= 5


def network(classes):
    net = mx.sym.Variable('data')
    net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=8, name='conv1')
    net = mx.sym.BatchNorm(net, name='bn1')
    net = mx.sym.Activation(net, act_type='relu', name='relu1')
    net = mx.sym.Flatten(net, name='flatten0')
    net = mx.sym.FullyConnected(net, num_hidden=classes, name='fc')
    return mx.sym.SoftmaxOutput(net, name='softmax')


def get_fine_tune_model(symbol, arg_params, num_classes, layer_name='flatten0'):
    all_layers = symbol.get_internals()
    net = all_layers[layer_name + '_output']
    net = mx.symbol.FullyConnected(data=net, num_hidden=num_classes, name='fc1')
    net = mx.symbol.SoftmaxOutput(data=net, name='softmax')
    new_args = dict({k: arg_params[k] for k in arg_params if 'fc' not in k})
    return net, new_args


mx.random.seed(3)
mod = mx.mod.Module(network(5))
mod.fit(mx.io.NDArrayIter(images[small][:300], labels[small][:300], 30), num_epoch=3, initializer=mx.init.Xavier(),
        optimizer_params={'learning_rate': 0.1, 'momentum': 0.5})
arg_params, aux_params = mod.get_params()
before = {k: v.asnumpy() for k, v in arg_params.items()}

net, new_args = get_fine_tune_model(mod.symbol, arg_params, 5)
print(net.list_arguments(), sorted(new_args))
fixed = [n for n in net.list_arguments() if n.startswith(('conv1', 'bn1'))]
tuned = mx.mod.Module(net, fixed_param_names=fixed)
train = mx.io.NDArrayIter(images[big][:300], labels[big][:300] - 5, 30)
val = mx.io.NDArrayIter(images[big][300:360], labels[big][300:360] - 5, 30)
tuned.bind(data_shapes=train.provide_data, label_shapes=train.provide_label)
tuned.init_params(initializer=mx.init.Xavier(rnd_type='gaussian', factor_type="in", magnitude=2))
tuned.set_params(new_args, aux_params, allow_missing=True)
tuned.fit(train, val, num_epoch=3, optimizer='sgd', optimizer_params={'learning_rate': 0.1},
          arg_params=new_args, aux_params=aux_params, allow_missing=True)
after = tuned.get_params()[0]
for name in sorted(after):
    kept = name in before and (after[name].asnumpy() == before[name]).all()
    print(name, 'kept' if kept else 'learned')
print(tuned.score(val, 'acc'))

# all layers as features, and learning rates by layer
features = mod.symbol.get_internals()['flatten0_output']
feature_mod = mx.mod.Module(features, label_names=None)
feature_mod.bind(for_training=False, data_shapes=[('data', (4, 1, 8, 8))])
feature_mod.set_params(arg_params, aux_params, allow_extra=True)
out = feature_mod.predict(mx.io.NDArrayIter(images[:8], batch_size=4))
print(out.shape, '%.5f' % out.asnumpy().mean())
opt = mx.optimizer.SGD(learning_rate=0.1, rescale_grad=1.0 / 30,
                       param_idx2name=dict(enumerate(net.list_arguments()[1:-1])))
opt.set_lr_mult({'conv1_weight': 0.0, 'conv1_bias': 0.0, 'fc1_weight': 10})
slow = mx.mod.Module(net)
slow.fit(train, num_epoch=2, optimizer=opt, arg_params=new_args, aux_params=aux_params, allow_missing=True,
         initializer=mx.init.Normal(0.01), eval_metric='ce')
print((slow.get_params()[0]['conv1_weight'].asnumpy() == before['conv1_weight']).all())
