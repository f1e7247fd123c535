"""Operators of one's own, written in Python: ``CustomOp`` computes, ``CustomOpProp`` describes, ``register`` names.

A registered operator runs as ``mx.nd.Custom(..., op_type="name")``, recorded or not, and as ``mx.sym.Custom(...)`` in
executors and symbol files. Its code works on NDArrays.

``Custom`` is an open operator: for each call, a :class:`~cupynet.operator.use.Use` turns what the user's prop says into
a declaration like any other. What there was before ``CustomOp`` (:class:`NumpyOp` and :class:`NDArrayOp`) runs the
same way.

Examples
--------
>>> import cupynet as mx
>>> class Double(mx.operator.CustomOp):
...     def forward(self, is_train, req, in_data, out_data, aux):
...         self.assign(out_data[0], req[0], 2 * in_data[0])
...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
...         self.assign(in_grad[0], req[0], 2 * out_grad[0])
>>> @mx.operator.register('double')
... class DoubleProp(mx.operator.CustomOpProp):
...     def create_operator(self, ctx, in_shapes, in_dtypes):
...         return Double()
>>> mx.nd.Custom(mx.nd.array([1, 2]), op_type='double').asnumpy()
array([2., 4.], dtype=float32)
"""
from .custom import register
from .interface import CustomOp, CustomOpProp
from .legacy import NDArrayOp, NumpyOp, PythonOp
from .listing import OperatorArguments, get_all_registered_operators, get_operator_arguments

__all__ = ["CustomOp", "CustomOpProp", "register", "PythonOp", "NumpyOp", "NDArrayOp", "get_all_registered_operators",
           "OperatorArguments", "get_operator_arguments"]
