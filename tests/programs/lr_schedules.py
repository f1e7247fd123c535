"""Schedules of learning rates, alone and in optimizers, with their log lines."""
import logging
import sys

import mxnet as mx

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(levelname)s:%(message)s')


class Cyclic(mx.lr_scheduler.LRScheduler):
    def __init__(self, low, high, period):
        super(Cyclic, self).__init__(base_lr=low)
        self.low, self.high, self.period = low, high, period

    def __call__(self, num_update):
        at = abs(num_update % self.period - self.period / 2.) / (self.period / 2.)
        return self.high + (self.low - self.high) * at


def show(name, scheduler, steps=range(1, 13)):
    print(name, ['%.6g' % scheduler(i) for i in steps])


show('cyclic', Cyclic(0.01, 0.1, 6))
show('factor', mx.lr_scheduler.FactorScheduler(step=4, factor=0.5, stop_factor_lr=0.003))
show('multi', mx.lr_scheduler.MultiFactorScheduler(step=[3, 6, 9], factor=0.1))
show('poly', mx.lr_scheduler.PolyScheduler(max_update=10, base_lr=0.1, pwr=2))
show('cosine', mx.lr_scheduler.CosineScheduler(max_update=10, base_lr=0.1, final_lr=0.01, warmup_steps=3))
for name in ('sgd', 'adam', 'rmsprop'):
    scheduler = mx.lr_scheduler.FactorScheduler(step=2, factor=0.5)
    optimizer = mx.optimizer.create(name, learning_rate=0.2, lr_scheduler=scheduler, wd=0.0)
    updater = mx.optimizer.get_updater(optimizer)
    w = mx.nd.array([1.0, -2.0])
    for step in range(6):
        updater(0, w * 2, w)
        print(name, step, optimizer.num_update, optimizer._get_lr(0), w.asnumpy())
optimizer = mx.optimizer.SGD(learning_rate=0.1, param_idx2name={0: 'a_weight', 1: 'a_bias', 2: 'b_gamma'}, wd=0.1)
optimizer.set_lr_mult({'a_weight': 0.1, 2: 3.0})
optimizer.set_wd_mult({'b_gamma': 0.5})
print([round(optimizer._get_lr(i), 6) for i in range(3)], [round(optimizer._get_wd(i), 6) for i in range(3)])
optimizer.set_learning_rate(0.3)
print(optimizer.learning_rate, optimizer.lr)
try:
    mx.optimizer.SGD(lr_scheduler=scheduler).set_learning_rate(0.1)
except UserWarning as e:
    print(e)
for wrong in (dict(step=0), dict(step=1, factor=2)):
    try:
        mx.lr_scheduler.FactorScheduler(**wrong)
    except ValueError as e:
        print(str(e)[:47])
try:
    mx.lr_scheduler.MultiFactorScheduler(step=[3, 2])
except ValueError as e:
    print(str(e)[:47])
