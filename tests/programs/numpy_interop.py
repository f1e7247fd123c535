"""Arrays between numpy and nd: conversions, dtypes, indexing, in place, saving, printing, old numpy names."""
import os

import mxnet as mx
import mxnet.ndarray as nd
import numpy as np

a = mx.nd.array(np.arange(6).reshape((2, 3)))
print(a, a.shape, a.size, a.ndim, a.dtype, a.context, a.stype, len(a))
print(type(a.asnumpy()), a.asnumpy().dtype, a.T.shape, (a > 2).asnumpy(), (a == a).asnumpy().all())
print(mx.nd.array([1, 2], dtype=np.int).dtype, mx.nd.array(np.array([1, 2], dtype=np.float)).dtype)
print(mx.nd.zeros((2,), dtype='float64').dtype, mx.nd.ones((2,), dtype=np.uint8) * 2, np.float32 == a.dtype)
for dtype in (np.float16, np.int32, 'int64', np.uint8):
    print(a.astype(dtype).asnumpy().tolist(), a.astype(dtype).dtype)
a[:] = 1
a[0] = 5
a[1, 1:3] = [7, 8]
a[:, 0:1] = mx.nd.array([[9], [10]])
print(a.asnumpy(), a[1].asnumpy(), a[0:1].asnumpy(), a[1, 2].asscalar(), a[1][2].asscalar())
a += 1
a *= 2
print(a.asnumpy(), (a / 3).asnumpy(), (a ** 2).asnumpy(), (2 - a).asnumpy(), (-a).asnumpy(), (1 / a).asnumpy())
b = a.copy()
c = a
b[:] = 0
c[:] = 3
print(a.asnumpy(), b.asnumpy(), a.reshape((3, -1)).shape, a.reshape((0, -1)).shape, mx.nd.concat(a, b, dim=0).shape)
print(mx.nd.stack(a, b).shape, nd.concatenate([a, b], axis=1).shape, mx.nd.split(a, 3, axis=1)[0].shape)
print(mx.nd.sum(a).asscalar(), a.mean().asnumpy(), mx.nd.max(a, axis=1).asnumpy(), a.argmax(axis=1).asnumpy())
print(mx.nd.arange(0, 10, 2.5), mx.nd.full((2,), 3.5), mx.nd.eye(2), mx.nd.linspace(0, 1, 5).asnumpy())
print(mx.nd.dot(a, a.T).asnumpy(), mx.nd.batch_dot(mx.nd.ones((2, 1, 3)), mx.nd.ones((2, 3, 2))).shape)
print(a.broadcast_to((2, 3)).shape, mx.nd.ones((1, 3)).broadcast_to((2, 3)).shape, a.expand_dims(0).shape)
x = mx.nd.array([[1, 2], [3, 4]])
x[x.shape[0] - 1] = x[0]
print(x.asnumpy(), np.product([2, 3]), np.object)
mx.nd.save('arrays.nd', [a, b])
mx.nd.save('named.nd', {'a': a, 'b': x})
print([v.shape for v in mx.nd.load('arrays.nd')], sorted(mx.nd.load('named.nd')), os.path.getsize('named.nd'))
print(mx.nd.load('named.nd')['b'].asnumpy(), [str(v) for v in (mx.cpu(), mx.gpu(1), mx.cpu_pinned(0))])
print(mx.Context('gpu', 2), mx.cpu(0) == mx.cpu(), mx.cpu(0) == mx.cpu(1), mx.current_context(), mx.cpu().device_type)
with mx.Context('cpu', 1):
    print(mx.nd.ones((1,)).context, mx.context.current_context())
print(mx.nd.ones((1,)).as_in_context(mx.cpu(2)).context, mx.nd.ones((2,)).copyto(mx.cpu(1)).context)
for wrong in (lambda: mx.nd.ones((2,)) + mx.nd.ones((3,)), lambda: mx.nd.ones((2, 2)).asscalar(),
              lambda: bool(mx.nd.ones((2,))), lambda: mx.nd.ones((2,))[5]):
    try:
        wrong()
    except Exception as e:
        print(isinstance(e, (mx.base.MXNetError, ValueError, IndexError)))
print(mx.nd.array([np.nan, np.inf, -np.inf]), mx.nd.array(3))
print([float(v.asscalar()) for v in mx.nd.array([1, 2])], list(mx.nd.array([[1, 2]]))[0].shape)
print(mx.nd.waitall(), a.wait_to_read(), mx.nd.moveaxis(mx.nd.ones((2, 3, 4)), 0, 2).shape, mx.nd.tile(a, (2, 1)).shape)
