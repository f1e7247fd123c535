"""``mx.optimizer.optimizer``: every optimizer in one namespace, as in MXNet."""
from .adaptive import *  # noqa: F403
from .base import Optimizer, create, register
from .large_batch import *  # noqa: F403
from .sgd import *  # noqa: F403
from .updater import Updater, get_updater

__all__ = ["AdaDelta", "AdaGrad", "Adam", "Adamax", "DCASGD", "FTML", "Ftrl", "LARS", "LBSGD", "NAG", "Nadam",  # noqa: F405
           "Optimizer", "RMSProp", "SGD", "SGLD", "Signum", "LAMB", "Test", "Updater", "ccSGD", "create",  # noqa: F405
           "get_updater", "register"]
