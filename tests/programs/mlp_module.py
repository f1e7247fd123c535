"""Digits by a module: an argument parser, Adam, a callback, evaluation. """
# args: --num-epochs 4 --lr 0.005 --optimizer adam
import argparse
import logging
import os
import sys

import mxnet as mx
import numpy as np

logger = logging.getLogger()
logger.setLevel(logging.INFO)
logger.addHandler(logging.StreamHandler(sys.stdout))

parser = argparse.ArgumentParser(description='train an mlp', formatter_class=argparse.ArgumentDefaultsHelpFormatter)
parser.add_argument('--num-epochs', type=int, default=10)
parser.add_argument('--batch-size', type=int, default=40)
parser.add_argument('--lr', type=float, default=.1)
parser.add_argument('--optimizer', default='sgd')
parser.add_argument('--gpus', type=str, default='')


def mlp(num_classes, hidden):
    net = mx.sym.Flatten(mx.sym.Variable('data'))
    for i, n in enumerate(hidden):
        net = mx.sym.FullyConnected(net, num_hidden=n, name='fc%d' % (i + 1))
        net = mx.sym.Activation(net, act_type='relu', name='relu%d' % (i + 1))
    net = mx.sym.FullyConnected(net, num_hidden=num_classes, name='fc%d' % (len(hidden) + 1))
    return mx.sym.SoftmaxOutput(net, name='softmax')


def main():
    args = parser.parse_args()
    print(args)
    mx.random.seed(0)
    np.random.seed(0)
    devs = mx.cpu() if not args.gpus else [mx.gpu(int(i)) for i in args.gpus.split(',')]
    digits = np.load(os.path.join(os.path.dirname(__file__), 'digits.npz'))
    images = digits['images'].reshape(-1, 1, 8, 8).astype('float32') / 16
    labels = digits['labels'].astype('float32')
    train = mx.io.NDArrayIter(images[:640], labels[:640], args.batch_size, shuffle=True, last_batch_handle='discard')
    val = mx.io.NDArrayIter(images[640:], labels[640:], args.batch_size)
    model = mx.mod.Module(mlp(10, (48, 24)), context=devs)
    history = []
    model.fit(train, eval_data=val, optimizer=args.optimizer, optimizer_params=(('learning_rate', args.lr),),
              initializer=mx.initializer.Xavier(rnd_type='gaussian', magnitude=2),
              eval_metric=['accuracy', 'ce', mx.metric.TopKAccuracy(top_k=3)], num_epoch=args.num_epochs,
              batch_end_callback=[mx.callback.Speedometer(args.batch_size, 5, auto_reset=False),
                                  lambda param: history.append(param.eval_metric.get()[1][1])],
              eval_end_callback=lambda param: print('eval end', param.epoch, param.eval_metric.get_name_value()))
    print('loss curve', ' '.join('%.6f' % v for v in history))
    print(model.score(val, 'acc'))
    for preds, i_batch, batch in model.iter_predict(val, num_batch=2):
        print(i_batch, preds[0].shape, preds[0].asnumpy().argmax(axis=1)[:10], batch.label[0].asnumpy()[:10])
    print(model.data_names, model.label_names, model.output_names, model.data_shapes, model.output_shapes)


if __name__ == '__main__':
    main()
