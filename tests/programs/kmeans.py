"""k-means with NDArrays alone: broadcasting, argmin, one_hot, dot."""
import mxnet as mx
import numpy as np

np.random.seed(4)
centers = np.array([[0, 0], [4, 4], [0, 5]])
points = np.concatenate([c + np.random.randn(50, 2) * 0.6 for c in centers])
np.random.shuffle(points)
data = mx.nd.array(points)
k = 3
means = data[0:k].copy()
for it in range(8):
    diff = mx.nd.expand_dims(data, axis=1) - mx.nd.expand_dims(means, axis=0)
    dist = mx.nd.sum(diff ** 2, axis=2)
    nearest = mx.nd.argmin(dist, axis=1)
    member = mx.nd.one_hot(nearest, k)
    counts = mx.nd.sum(member, axis=0)
    new = mx.nd.dot(member, data, transpose_a=True) / counts.reshape((k, 1))
    moved = mx.nd.norm(new - means).asscalar()
    means[:] = new
    print('%d inertia %.4f counts %s moved %.6f' % (it, mx.nd.min(dist, axis=1).sum().asscalar(),
                                                    counts.asnumpy().astype(int).tolist(), moved))
print(means)
order = mx.nd.argsort(means[:, 0] + 10 * means[:, 1])
print(order, order.dtype)
print(mx.nd.take(means, order))
print(mx.nd.topk(dist[:4], k=2, ret_typ='indices', is_ascend=True).asnumpy())
print(mx.nd.pick(dist[:4], nearest[:4]), mx.nd.where(dist[:2] > 10, dist[:2] * 0, dist[:2]))
