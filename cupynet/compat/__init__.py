"""Programs that say ``import mxnet``: answered by cupynet, with the names that NumPy has removed since.

>>> import cupynet.compat
>>> cupynet.compat.install()
>>> import mxnet as mx
>>> mx.nd.ones((2,)).asnumpy()
array([1., 1.], dtype=float32)

``python -m cupynet script.py`` does the same for a script.
"""
from .modules import install

__all__ = ["install"]
