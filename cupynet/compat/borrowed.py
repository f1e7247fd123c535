"""Modules that MXNet's modules import and that programs take from there: ``from mxnet.metric import ndarray``."""
from __future__ import annotations

import contextlib
import importlib
from types import ModuleType

__all__ = ["lend"]

# module -> what is in it: names, or name=module (all without ``mxnet``)
_BORROWED = {
    "base": "libinfo",
    "contrib.io": "nd=ndarray",
    "contrib.quantization": "ndarray",
    "contrib.text.embedding": "base nd=ndarray registry vocab=contrib.text.vocab",
    "executor": "ndarray",
    "executor_manager": "nd=ndarray",
    "gluon.block": "_name=name initializer ndarray symbol",
    "gluon.contrib.cnn.conv_layers": "symbol",
    "gluon.contrib.data.text": "base dataset=gluon.data.dataset nd=ndarray text=contrib.text",
    "gluon.contrib.estimator.batch_processor": "autograd",
    "gluon.contrib.nn.basic_layers": "context nd=ndarray",
    "gluon.data.dataloader": "_sampler=gluon.data.sampler context nd=ndarray",
    "gluon.data.dataset": "ndarray recordio",
    "gluon.data.vision.datasets": "base dataset=gluon.data.dataset image nd=ndarray recordio",
    "gluon.data.vision.transforms": "image",
    "gluon.loss": "ndarray",
    "gluon.model_zoo.model_store": "base",
    "gluon.model_zoo.vision.alexnet": "base nn=gluon.nn",
    "gluon.model_zoo.vision.densenet": "base nn=gluon.nn",
    "gluon.model_zoo.vision.inception": "base nn=gluon.nn",
    "gluon.model_zoo.vision.mobilenet": "base nn=gluon.nn",
    "gluon.model_zoo.vision.resnet": "base nn=gluon.nn",
    "gluon.model_zoo.vision.squeezenet": "base nn=gluon.nn",
    "gluon.model_zoo.vision.vgg": "base nn=gluon.nn",
    "gluon.nn.activations": "initializer",
    "gluon.nn.basic_layers": "nd=ndarray sym=symbol",
    "gluon.nn.conv_layers": "symbol",
    "gluon.parameter": "autograd context initializer ndarray symbol",
    "gluon.rnn.rnn_cell": "ndarray symbol",
    "gluon.rnn.rnn_layer": "ndarray rnn_cell=gluon.rnn.rnn_cell symbol",
    "gluon.trainer": "opt=optimizer",
    "gluon.utils": "ndarray",
    "image": "io nd=ndarray recordio",
    "image.detection": "io nd=ndarray",
    "image.image": "_internal=ndarray._internal io nd=ndarray recordio",
    "initializer": "ndarray random registry",
    "kvstore.kvstore": "opt=optimizer",
    "metric": "ndarray registry",
    "model": "io kvs=kvstore metric nd=ndarray opt=optimizer sym=symbol",
    "module.base_module": "metric ndarray",
    "module.bucketing_module": "ctx=context nd=ndarray sym=symbol",
    "module.executor_group": "ctx=context nd=ndarray",
    "module.module": "ctx=context nd=ndarray opt=optimizer",
    "module.python_module": "nd=ndarray",
    "monitor": "ndarray",
    "ndarray.contrib": "ndarray=ndarray.ndarray",
    "ndarray.ndarray": "_internal=ndarray._internal op=ndarray.op",
    "ndarray.random": "_internal=ndarray._internal",
    "ndarray.sparse": "_internal=ndarray._internal op=ndarray.op",
    "operator": "context symbol",
    "optimizer.contrib": "contrib=ndarray.contrib",
    "optimizer.optimizer": "sparse=ndarray.sparse",
    "rnn": "init=initializer ndarray symbol",
    "rnn.io": "ndarray",
    "rnn.rnn_cell": "init=initializer ndarray symbol",
    "symbol.contrib": "symbol=symbol.symbol",
    "symbol.random": "_internal=symbol._internal",
    "symbol.register": "_internal=symbol._internal",
    "symbol.symbol": "_internal=symbol._internal op=symbol.op",
}


def lend(module: ModuleType, name: str) -> None:
    """Give the module that answers for ``mxnet.name`` what MXNet's has, too."""
    for each in _BORROWED.get(name, "").split():
        attribute, _, source = each.partition("=")
        if not hasattr(module, attribute):
            with contextlib.suppress(ModuleNotFoundError):  # of a room that is not there yet
                setattr(module, attribute, importlib.import_module(f"mxnet.{source or attribute}"))
