"""Batches are made in order by several threads, whatever they wait for."""
import threading

import pytest

from cupynet.io.batch_pool import BatchPool, EpochEnd, Job, Plan


class Numbers(Plan):
    """Batches of three numbers; the last number of all is finished when it is known that there are no more."""

    def __init__(self, count, error=None):
        self.count, self.error, self.known, self.drawn = count, error, threading.Event(), []

    def jobs(self):
        for i in range(self.count):
            yield Job(i // 3, i % 3, i // 3, i)
        missing = -self.count % 3
        yield EpochEnd((self.count - 1) // 3, pad=missing, missing=missing)
        self.known.set()
        if self.error:
            raise self.error

    def begin_batch(self):
        return {}

    def decode(self, what):
        return str(what)

    def draw(self, what, found):
        self.drawn.append(what)
        return len(self.drawn)

    def finish(self, what, found, drawn, batch, row):
        if what == self.count - 1:
            self.known.wait()
        batch[row] = what


@pytest.mark.parametrize("count", [1, 3, 7, 8, 9])
@pytest.mark.parametrize("error", [None, ValueError("no more")])
def test_the_last_batch_ends_when_its_last_sample_does(count, error):
    plan = Numbers(count, error)
    pool = BatchPool(plan, plan.jobs(), 3, threads=3, ahead=9)
    found = []
    while (batch := pool.next()) is not None:
        found.append(batch)
    assert sorted(number for batch, _ in found for number in batch.values()) == list(range(count))
    assert [pad for _, pad in found] == [0] * ((count - 1) // 3) + [-count % 3]
    assert plan.drawn == list(range(count))  # in their order
    if error:
        assert pool.next_epoch()
        with pytest.raises(ValueError, match="no more"):
            pool.next()
    pool.join()
