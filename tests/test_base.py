"""The vocabulary of mx.base: errors, conversions of the C interface, properties of classes."""
import ctypes
from array import array

import numpy as np
import pytest

import cupynet as mx
from cupynet import base


def test_the_tree_of_errors():
    for error, also in ((base.MXNetValueError, ValueError), (base.MXNetTypeError, TypeError),
                        (base.MXNetIndexError, IndexError), (base.MXNetKeyError, KeyError),
                        (base.MXNetNotImplementedError, NotImplementedError)):
        assert issubclass(error, also) and issubclass(error, mx.MXNetError) and issubclass(error, RuntimeError)
        assert str(error("what")) == "what"
    assert mx.MXNetError is base.MXNetError is mx.error.MXNetError


def test_functions_that_exist_for_dense_arrays_only():
    assert str(base.NotImplementedForSymbol(len, "alias", 1, "a")) == (
        'Function len (namely operator "alias") with arguments (<class \'int\'>, <class \'str\'>) '
        "is not implemented for Symbol and only available in NDArray.")
    assert str(base.NotSupportedForSparseNDArray(len, None)) == \
        "Function len is not supported for SparseNDArray and only available in NDArray."


def test_registered_errors(monkeypatch):
    monkeypatch.setattr(base, "error_types", base.error_types)
    assert mx.error.register is base.register_error

    @mx.error.register
    class First(mx.MXNetError):
        pass

    @mx.error.register("Other")
    class Second(mx.MXNetError):
        pass
    assert base.error_types["First"] is First and base.error_types["Other"] is Second
    assert mx.error.register("Third", ValueError) is ValueError is base.error_types["Third"]
    assert base.error_types["InternalError"] is mx.error.InternalError
    assert str(mx.error.InternalError("foo")).startswith("foo\nHint: this is an internal error")
    for name in ("First", "Other", "Third"):
        del base.error_types[name]


def test_lists_and_texts():
    assert [base._as_list(x) for x in (1, [1], (1, 2), None, "a")] == [[1], [1], (1, 2), [None], ["a"]]
    assert (base.py_str(b"abc"), base.c_str("abc").value) == ("abc", b"abc")
    assert list(base.c_str_array(["a", "b"])) == [b"a", b"b"]
    assert base.mx_real_t is np.float32 and isinstance(np.int64(1), base.integer_types)
    assert isinstance(np.float16(1), base.numeric_types) and isinstance("a", base.string_types)
    assert repr(base._Null) == "_Null"
    assert base.build_param_doc(["a", "b", "a"], ["int", "float", "x"], ["", "what b is", "again"]) == \
        "Parameters\n----------\na : int\nb : float\n    what b is\n"
    assert base.build_param_doc(["a", "a"], ["int", "x"], ["", ""], remove_dup=False).count("a : ") == 2


def test_arrays_of_c():
    assert list(base.c_array(base.mx_uint, (1, 2))) == [1, 2]
    numbers = array("i", [1, 2])
    shared = base.c_array_buf(ctypes.c_int, numbers)
    shared[0] = 7
    assert numbers[0] == 7
    text = ctypes.cast(ctypes.create_string_buffer(b"abc"), ctypes.POINTER(ctypes.c_char))
    assert base.ctypes2buffer(text, 3) == bytearray(b"abc")
    memory = (ctypes.c_float * 6)(1, 2, 3)
    seen = base.ctypes2numpy_shared(ctypes.cast(memory, base.mx_float_p), (2, 3))
    seen[1, 2] = 5
    assert (seen.shape, seen.dtype, memory[5]) == ((2, 3), np.float32, 5)
    for function, wrong in ((base.ctypes2buffer, (b"abc", 3)), (base.ctypes2numpy_shared, (memory, (2, 3)))):
        with pytest.raises(TypeError, match="expected a pointer"):
            function(*wrong)


def test_there_is_no_library_to_call():
    assert base.check_call(0) is None
    with pytest.raises(mx.MXNetError, match="code -1"):
        base.check_call(-1)
    with pytest.raises(mx.MXNetError, match="MXGetVersion: cupynet is pure Python"):
        base._LIB.MXGetVersion(None)
    assert base.NDArrayHandle().value is None and not hasattr(base._LIB, "__wrapped__")
    for find in (mx.libinfo.find_lib_path, mx.libinfo.find_include_path):
        with pytest.raises(RuntimeError, match="Cannot find"):
            find()


def test_data_dir(monkeypatch):
    monkeypatch.delenv("MXNET_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert base.data_dir() == base.data_dir_default() == "/home/somebody/.mxnet"
    monkeypatch.setenv("MXNET_HOME", "/data")
    assert base.data_dir() == "/data" and base.data_dir_default() == "/home/somebody/.mxnet"


def test_properties_of_classes():
    class Counter(base.with_metaclass(base._MXClassPropertyMetaClass, list)):
        _count = 3

        @base.classproperty
        def count(cls):
            "How many."
            return cls._count

        @count.setter
        def count(cls, value):
            cls._count = value

        @base.classproperty
        def fixed(cls):
            return cls.__name__
    assert (Counter.count, Counter().count, Counter.fixed, issubclass(Counter, list)) == (3, 3, "Counter", True)
    Counter.count = 5
    assert (Counter.count, Counter._count, type(vars(Counter)["count"])) == (5, 5, base.classproperty)
    with pytest.raises(AttributeError, match="cannot be set"):
        Counter.fixed = "x"
    Counter.other = 1
    assert Counter.other == 1
