#!/usr/bin/env python3
"""Measure what it brings that programs on several CPU contexts run at the same time.

    python scripts/bench/contexts.py                    # LeNet and ResNet-18 on two contexts
    python scripts/bench/contexts.py --contexts 4 lenet

The documents' own ``train`` runs in three ways: programs in turn, each on one core; in turn, their kernels split
between the cores; and at the same time. The ways take turns from iteration to iteration, so that the noise of the
machine hits all alike, and compute the same to the bit. The first against the others is what more cores bring; the
second against the third is what contexts bring beyond that, which cannot be much where kernels split well. On a machine
that does something else as well, most of the gain goes to whatever that is.
"""
from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import cupynet as mx
from cupynet.device import parallel, streams


def lenet():
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


def resnet18():
    """ResNet-18 for images of 32x32 (He et al. 2016, identity mappings)."""
    def normalized(x):
        return mx.sym.Activation(mx.sym.BatchNorm(x, fix_gamma=False), act_type="relu")

    def convolved(x, filters, kernel, stride):
        return mx.sym.Convolution(x, num_filter=filters, kernel=(kernel, kernel), stride=(stride, stride),
                                  pad=(kernel // 2, kernel // 2), no_bias=True)
    net = convolved(mx.sym.Variable("data"), 64, 3, 1)
    for stage, filters in enumerate((64, 128, 256, 512)):
        for unit in range(2):
            stride = 2 if stage and not unit else 1
            before = normalized(net)
            shortcut = net if stride == 1 else convolved(before, filters, 1, stride)
            net = convolved(normalized(convolved(before, filters, 3, stride)), filters, 3, 1) + shortcut
    net = mx.sym.Pooling(normalized(net), global_pool=True, kernel=(4, 4), pool_type="avg")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Flatten(net), num_hidden=10), name="out")


def train(network, data_shape, data, devs, devs_power):
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
    # run 50 iterations
    learning_rate = 0.1
    acc = 0
    for i in range(50):
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
            args[j]['data'][:] = x[idx,:].reshape(args[j]['data'].shape)
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
            print('iteration %d, accuracy %f' % (i, acc))
    return acc


NETWORKS = {"lenet": (lenet, [128, 1, 28, 28]), "resnet18": (resnet18, [8, 3, 32, 32])}


WAYS = {"in turn on one core": (True, 1), "in turn, kernels split": (True, None), "at the same time": (False, None)}
WARM_UP = 2  # iterations of each way that do not count


class Clock:
    """The data of :func:`train`, which switches between the ways of running and takes the times between."""

    def __init__(self, shape: list[int]):
        random = np.random.RandomState(0)
        self._data = random.rand(*shape).astype("float32"), random.randint(0, 10, shape[0]).astype("float32")
        self._stamps: list[float] = []

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        mx.nd.waitall()
        streams.serial, cores = list(WAYS.values())[len(self._stamps) % len(WAYS)]
        parallel.claims = 0 if cores is None else parallel.threads  # as if others had the rest of them
        self._stamps.append(time.perf_counter())
        return self._data

    @property
    def times(self) -> list[float]:
        """Median seconds of an iteration in each way."""
        taken = [b - a for a, b in zip(self._stamps, self._stamps[1:])]
        return [statistics.median(taken[WARM_UP * len(WAYS) + i::len(WAYS)]) for i in range(len(WAYS))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)} (default: all)")
    parser.add_argument("--contexts", type=int, default=2)
    options = parser.parse_args()
    if unknown := set(options.networks) - set(NETWORKS):
        parser.error(f"unknown network {', '.join(sorted(unknown))}; there are {', '.join(NETWORKS)}")
    for name in options.networks or NETWORKS:
        make, shape = NETWORKS[name]
        clock = Clock(shape)
        train(make(), shape, clock, [mx.cpu(i) for i in range(options.contexts)], [1] * options.contexts)
        one, split, together = clock.times
        print(f"{name}, batch {shape[0]} on {options.contexts} contexts and {parallel.threads} cores: "
              + ", ".join(f"{way} {seconds * 1e3:.1f} ms" for way, seconds in zip(WAYS, clock.times)))
        print(f"{name}: at the same time is {one / together:.2f} times as fast as in turn on one core, and "
              f"{split / together:.2f} times as in turn with split kernels, which are {one / split:.2f} times as fast "
              "as one core")


if __name__ == "__main__":
    main()
