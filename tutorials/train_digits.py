#!/usr/bin/env python3
"""Mixed programming: networks from Symbols, training with NDArrays, on one device and on several.

A network is *declared* with ``mx.sym``: a graph without values, which can be differentiated, planned and bound
to arrays. How it is trained is *programmed* with ``mx.nd``: arrays that compute at once, on any device. This
script does both: it reads handwritten digits with a two-layer perceptron and with LeNet-5, first on one device,
then on several at a time.

    python tutorials/train_digits.py                  # the scans that scikit-learn carries
    python tutorials/train_digits.py --data DIR       # MNIST's idx files
    python tutorials/train_digits.py --ctx gpu        # on the GPU
"""
from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from digits import load_mnist, load_scans, plot_curves, plot_network, plot_predictions
from tqdm import tqdm

import cupynet as mx

# ---- the networks: Symbols ---------------------------------------------------------------------------------------

def mlp(num_classes=10):
    """A perceptron with two layers. Weights, biases and the label become arguments by themselves."""
    net = mx.sym.Variable('data')
    net = mx.sym.FullyConnected(data=net, name='fc1', num_hidden=128)
    net = mx.sym.Activation(data=net, name='relu1', act_type="relu")
    net = mx.sym.FullyConnected(data=net, name='fc2', num_hidden=num_classes)
    return mx.sym.SoftmaxOutput(data=net, name='out')


def lenet():
    """LeNet-5: two convolutions with pooling, then two fully connected layers."""
    data = mx.sym.Variable('data')
    # first conv
    conv1 = mx.sym.Convolution(data=data, kernel=(5, 5), num_filter=20)
    tanh1 = mx.sym.Activation(data=conv1, act_type="tanh")
    pool1 = mx.sym.Pooling(data=tanh1, pool_type="max", kernel=(2, 2), stride=(2, 2))
    # second conv
    conv2 = mx.sym.Convolution(data=pool1, kernel=(5, 5), num_filter=50)
    tanh2 = mx.sym.Activation(data=conv2, act_type="tanh")
    pool2 = mx.sym.Pooling(data=tanh2, pool_type="max", kernel=(2, 2), stride=(2, 2))
    # first fullc
    flatten = mx.sym.Flatten(data=pool2)
    fc1 = mx.sym.FullyConnected(data=flatten, num_hidden=500)
    tanh3 = mx.sym.Activation(data=fc1, act_type="tanh")
    # second fullc
    fc2 = mx.sym.FullyConnected(data=tanh3, num_hidden=10)
    # loss
    return mx.sym.SoftmaxOutput(data=fc2, name='out')


# ---- training: NDArrays ------------------------------------------------------------------------------------------

def report(i, acc, exs):
    """Say how far the training is. Any function of these three can stand in its place."""
    print(f'iteration {i}, accuracy {acc:f}')


def train_on_one(network, data_shape, data, ctx, iterations=50, learning_rate=0.1, callback=report):
    """Minibatch stochastic gradient descent in its shortest form: bind, forward, backward, update."""
    # allocate arrays for all arguments and their gradients
    ex = network.simple_bind(ctx=ctx, data=tuple(data_shape))
    args = dict(zip(network.list_arguments(), ex.arg_arrays))
    for name, arr in args.items():
        if 'weight' in name:
            arr[:] = mx.random.uniform(-0.1, 0.1, arr.shape)
        if 'bias' in name:
            arr[:] = 0

    batch_size = data_shape[0]
    acc = 0
    for i in range(iterations):
        x, y = data()
        args['data'][:] = x.reshape(data_shape)
        args['out_label'][:] = y
        ex.forward(is_train=True)
        ex.backward()
        # the gradient of a label is zero, and the data is replaced anyway, so they may be "updated" as well
        for weight, grad in zip(ex.arg_arrays, ex.grad_arrays):
            weight[:] -= learning_rate * (grad / batch_size)
        if i % 10 == 0:
            acc = (mx.nd.argmax_channel(ex.outputs[0]).asnumpy() == y).sum() / batch_size
            callback(i, acc, [ex])
    return acc


def train(network, data_shape, data, devs, devs_power, iterations=50, learning_rate=0.1, callback=report):
    """The same on several devices: each gets a part of the batch that fits its power, gradients are summed.

    Parameters
    ----------
    network : Symbol
        Ends in a SoftmaxOutput called ``out``.
    data_shape : list of int
        The shape of a whole batch.
    data : callable() -> (x, y)
        Gives the next batch.
    devs, devs_power : list of Context, list of number
        The devices, and how fast each is compared with the others.
    """
    # partition the batch into each device
    batch_size = float(data_shape[0])
    workloads = [int(round(batch_size/sum(devs_power)*p)) for p in devs_power]
    print('workload partition: ', list(zip(devs, workloads)))
    # create an executor for each device
    exs = [network.simple_bind(ctx=d, data=tuple([p]+data_shape[1:])) for d, p in zip(devs, workloads)]
    args = [dict(zip(network.list_arguments(), ex.arg_arrays)) for ex in exs]
    # initialize weight on dev 0
    for name in args[0]:
        arr = args[0][name]
        if 'weight' in name:
            arr[:] = mx.random.uniform(-0.1, 0.1, arr.shape)
        if 'bias' in name:
            arr[:] = 0
    # run the iterations
    acc = 0
    for i in range(iterations):
        # broadcast weight from dev 0 to all devices
        for j in range(1, len(devs)):
            for name, src, dst in zip(network.list_arguments(), exs[0].arg_arrays, exs[j].arg_arrays):
                if 'weight' in name or 'bias' in name:
                    src.copyto(dst)
        # get data
        x, y = data()
        for j in range(len(devs)):
            # partition and assign data
            idx = range(sum(workloads[:j]), sum(workloads[:j+1]))
            args[j]['data'][:] = x[idx, :].reshape(args[j]['data'].shape)
            args[j]['out_label'][:] = y[idx].reshape(args[j]['out_label'].shape)
            # forward and backward
            exs[j].forward(is_train=True)
            exs[j].backward()
            # sum over gradient on dev 0
            if j > 0:
                for name, src, dst in zip(network.list_arguments(), exs[j].grad_arrays, exs[0].grad_arrays):
                    if 'weight' in name or 'bias' in name:
                        dst += src.as_in_context(dst.context)
        # update weight on dev 0
        for weight, grad in zip(exs[0].arg_arrays, exs[0].grad_arrays):
            weight[:] -= learning_rate * (grad / batch_size)
        # monitor
        if i % 10 == 0:
            pred = np.concatenate([mx.nd.argmax_channel(ex.outputs[0]).asnumpy() for ex in exs])
            acc = (pred == y).sum() / batch_size
            callback(i, acc, exs)
    return acc


def predict(network, params, images, data_shape, ctx):
    """Return the most likely digit for each image, batch by batch, on an executor that needs no gradients."""
    ex = network.simple_bind(ctx=ctx, grad_req='null', data=tuple(data_shape))
    for name, arr in ex.arg_dict.items():
        if 'weight' in name or 'bias' in name:
            params[name].copyto(arr)
    pred = []
    for start in range(0, len(images), data_shape[0]):
        batch = images[start:start+data_shape[0]]
        ex.arg_dict['data'][:len(batch)] = batch.reshape([len(batch)] + data_shape[1:])
        ex.forward()
        pred.append(mx.nd.argmax_channel(ex.outputs[0]).asnumpy()[:len(batch)])
    return np.concatenate(pred)


# ---- the whole story ---------------------------------------------------------------------------------------------

class Progress:
    """A callback that draws a bar with loss and accuracy, and keeps both, and the trained parameters."""

    def __init__(self, title, iterations):
        self.title, self.iterations, self.bar = title, iterations, None
        self.curve = [], [], []  # iterations, losses, accuracies

    def __call__(self, i, acc, exs):
        prob = np.concatenate([ex.outputs[0].asnumpy() for ex in exs])
        label = np.concatenate([ex.arg_dict['out_label'].asnumpy() for ex in exs]).astype(int)
        loss = -np.log(prob[np.arange(len(label)), label] + 1e-8).mean()
        for values, value in zip(self.curve, (i, loss, acc)):
            values.append(value)
        self.params = exs[0].arg_dict
        if self.bar is None:
            self.bar = tqdm(total=self.iterations, desc=self.title, unit="batch")
        self.bar.set_postfix(loss=f'{loss:.4f}', accuracy=f'{acc:.3f}', refresh=False)
        self.bar.update(i + 1 - self.bar.n)

    def close(self):
        self.bar.update(self.iterations - self.bar.n)
        self.bar.close()


def several_devices(kind):
    """Return devices to share a batch, and their powers: all GPUs alike, or a slower device and a faster one."""
    if kind == 'cpu':
        return [mx.cpu(0), mx.cpu(1)], [1, 5]
    if mx.context.num_gpus() > 1:
        return [mx.gpu(i) for i in range(mx.context.num_gpus())], [1] * mx.context.num_gpus()
    return [mx.cpu(), mx.gpu()], [1, 5]


def parse_arguments():
    parser = argparse.ArgumentParser(description="Train two networks to read handwritten digits.")
    parser.add_argument('--ctx', choices=['cpu', 'gpu'], default='cpu', help="where to train (default: cpu)")
    parser.add_argument('--data', metavar='DIR', help="folder with MNIST's four idx files, plain or .gz; "
                        "default: scikit-learn's 1,797 scans")
    parser.add_argument('--epochs', type=int, help="passes over the data (default: 30 for the scans, 3 for MNIST)")
    parser.add_argument('--batch-size', type=int, default=100)
    parser.add_argument('--learning-rate', type=float, default=0.1)
    parser.add_argument('--quick', action='store_true', help="8 epochs only: shows that everything works")
    parser.add_argument('--require', type=float, metavar='ACCURACY', default=0,
                        help="fail if LeNet reads less than this part of the held-out digits")
    parser.add_argument('--out', type=Path, default=Path('out'), help="folder for the pictures (default: ./out)")
    options = parser.parse_args()
    if options.epochs is None:
        options.epochs = 8 if options.quick else 3 if options.data else 30
    return options


def main():
    options = parse_arguments()
    digits, held_out = load_mnist(options.data) if options.data else load_scans()
    print(f'{len(digits)} digits to train on, {len(held_out)} held out')
    mx.random.seed(0)  # the same numbers in every run

    batch_size = options.batch_size
    iterations = options.epochs * (len(digits) // batch_size)
    networks = [('MLP', mlp(), [batch_size, 784]), ('LeNet', lenet(), [batch_size, 1, 28, 28])]
    one = mx.gpu() if options.ctx == 'gpu' else mx.cpu()
    curves = {}
    for name, network, shape in networks:
        for devs, power in (([one], [1]), several_devices(options.ctx)):
            title = f'{name} on {" and ".join(map(str, devs))}'
            digits.reset()
            progress = Progress(title, iterations)
            settings = {'iterations': iterations, 'learning_rate': options.learning_rate, 'callback': progress}
            tic = time.time()
            if len(devs) == 1:
                train_on_one(network, shape, lambda: digits.get(batch_size), one, **settings)
            else:
                train(network, shape, lambda: digits.get(batch_size), devs, power, **settings)
            mx.nd.waitall()
            seconds = time.time() - tic
            progress.close()
            pred = predict(network, progress.params, held_out.X, shape, one)
            accuracy = (pred == held_out.Y).mean()
            print(f'{title}: {seconds:.1f} s, held-out accuracy {accuracy:.4f}')
            if name == 'LeNet' and accuracy < options.require:
                raise SystemExit(f'that is less than the required {options.require}')
            curves[title] = progress.curve

    plots = [(plot_network, name.lower(), network, shape) for name, network, shape in networks]
    plots += [(plot_curves, 'learning-curve', curves), (plot_predictions, 'predictions', held_out, pred)]
    options.out.mkdir(parents=True, exist_ok=True)
    for plot, stem, *what in plots:
        try:
            for path in plot(options.out / stem, *what):
                print(f'wrote {path}')
        except ImportError as error:
            print(f'no picture of the {stem}: {error}')


if __name__ == '__main__':
    main()
