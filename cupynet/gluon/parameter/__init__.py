"""The arrays that networks learn."""
from .constant import Constant
from .dictionary import ParameterDict
from .parameter import DeferredInitializationError, Parameter, shape_is_known, tensor_types

__all__ = ["DeferredInitializationError", "Parameter", "Constant", "ParameterDict", "tensor_types"]
