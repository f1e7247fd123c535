"""Forked children that say whether something holds in them."""
import os
import signal

import pytest


def can_fork(test):
    """Mark a test that forks."""
    test = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")(test)
    return pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")(test)


def holds_in_a_child(function):
    """Whether ``function()`` is true in a forked child, which must not take longer than half a minute."""
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # a child that waits for a thread which it does not have waits for ever
        try:
            os._exit(0 if function() else 1)
        finally:
            os._exit(2)
    return os.waitpid(child, 0)[1] == 0
