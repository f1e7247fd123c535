"""Programs that save are killed at any moment: every file is the old one or the new one, whole."""
import os
import random
import signal
import time

import numpy as np
import pytest
from forks import can_fork

import cupynet as mx

pytestmark = pytest.mark.usefixtures("on_the_host")
KILLS = 100
SIDE = 60  # of a square weight: a write takes about as long as a disk does to keep it


class Saver:
    """A network whose weights and states are all one number, and the files that it writes."""

    def __init__(self, folder):
        self.folder = str(folder)
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=SIDE, name="fc")
        self.module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
        self.module.bind([("data", (1, SIDE))], [("softmax_label", (1,))])
        self.module.init_params(mx.init.Zero())
        self.module.init_optimizer(kvstore=None, optimizer_params={"momentum": 0.9})
        self.store = mx.kv.create("local")
        self.store.set_optimizer(mx.optimizer.SGD(momentum=0.9))

    def path(self, name):
        return os.path.join(self.folder, name)

    def save(self, number):
        """Write every kind of file, with `number` in all places."""
        weights = {"fc_weight": mx.nd.full((SIDE, SIDE), number), "fc_bias": mx.nd.full((SIDE,), number)}
        mx.nd.save(self.path("arrays"), weights)
        mx.sym.Group([mx.sym.Variable(f"v{number}_{i}") for i in range(300)]).save(self.path("symbol"))
        self.module.set_params(weights, {})
        mx.model.save_checkpoint(self.path("model"), 1, self.module.symbol, weights, {})
        for updater, save in ((self.module._updater, self.module.save_optimizer_states),
                              (self.store._updater, self.store.save_optimizer_states)):
            updater.states = {0: mx.nd.full((SIDE, SIDE), number), 1: mx.nd.full((SIDE,), number)}
            save(self.path("module.states" if save == self.module.save_optimizer_states else "store.states"))
        self.module.save_checkpoint(self.path("module"), 1, save_optimizer_states=True)

    def found(self):
        """Return the number in each file. A file that is not whole is an error, or has more than one."""
        numbers = {}
        for name in ("arrays", "model-0001.params", "module-0001.params"):
            numbers[name] = {float(each) for array in mx.nd.load(self.path(name)).values()
                             for each in np.unique(array.asnumpy())}
        names = mx.sym.load(self.path("symbol")).list_arguments()
        assert len(names) == 300
        numbers["symbol"] = {float(name[1:].partition("_")[0]) for name in names}
        for name in ("module.states", "store.states", "module-0001.states"):
            self.module.load_optimizer_states(self.path(name))
            numbers[name] = {float(each) for state in self.module._updater.states.values()
                             for each in np.unique(state.asnumpy())}
        for name in ("model-symbol.json", "module-symbol.json"):
            assert mx.sym.load(self.path(name)).tojson() == self.module.symbol.tojson()
        return numbers


@pytest.fixture
def on_the_host():
    """A forked child has no GPU."""
    with mx.cpu():
        yield


def killed_while_saving(saver, number, seconds):
    """Let a child save, kill it after some time, and return whether it was killed."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            saver.save(number)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def whole_save(saver):
    """Let a child save in peace, and return how long it takes from its fork to its end."""
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            saver.save(0)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return time.perf_counter() - started


@can_fork
def test_a_kill_leaves_the_old_or_the_new_file(tmp_path):
    saver, draw = Saver(tmp_path), random.Random()
    saver.save(0)
    span = max(whole_save(saver) for _ in range(3))
    old, kills, torn = {name: {0.0} for name in saver.found()}, 0, 0
    assert saver.found() == old
    number = 0
    while kills < KILLS or (not torn and kills < 10 * KILLS):
        number += 1
        kills += killed_while_saving(saver, number, draw.uniform(0, 1.2 * span))
        found = saver.found()
        for name, numbers in found.items():
            assert numbers in (old[name], {float(number)}), name
        torn += len(set(map(tuple, found.values()))) > 1
        old = found
        for left in tmp_path.glob("*.tmp"):  # what a killed program had begun
            torn += 1
            left.unlink()
    assert torn, "no kill came while files were written"
    assert not [path for path in tmp_path.iterdir() if path.name not in {
        *old, "model-symbol.json", "module-symbol.json"}]


@pytest.mark.parametrize("name", ["arrays", "module.states"])
def test_half_a_file_would_be_seen(tmp_path, name):
    saver = Saver(tmp_path)
    saver.save(1)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(mx.MXNetError):
        saver.found()
