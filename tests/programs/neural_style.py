"""An image is optimised until its features and their Gram matrix are those of others."""
import mxnet as mx
import numpy as np


def get_features():
    data = mx.sym.Variable('data')
    conv1 = mx.sym.Convolution(data, num_filter=6, kernel=(3, 3), pad=(1, 1), name='conv1')
    relu1 = mx.sym.Activation(conv1, act_type='relu', name='relu1')
    pool1 = mx.sym.Pooling(relu1, pool_type='avg', kernel=(2, 2), stride=(2, 2), name='pool1')
    conv2 = mx.sym.Convolution(pool1, num_filter=8, kernel=(3, 3), pad=(1, 1), name='conv2')
    relu2 = mx.sym.Activation(conv2, act_type='relu', name='relu2')
    return mx.sym.Group([relu1]), relu2


def style_gram_symbol(input_size, style):
    _, output_shapes, _ = style.infer_shape(data=(1, 3, input_size[0], input_size[1]))
    grams, gradient_scale = [], []
    for i in range(len(style.list_outputs())):
        shape = output_shapes[i]
        x = mx.sym.Reshape(style[i], target_shape=(int(shape[1]), int(np.prod(shape[2:]))))
        grams.append(mx.sym.FullyConnected(x, x, no_bias=True, num_hidden=shape[1]))
        gradient_scale.append(np.prod(shape[1:]) * shape[1])
    return mx.sym.Group(grams), gradient_scale


def get_loss(gram, content):
    gram_loss = []
    for i in range(len(gram.list_outputs())):
        gvar = mx.sym.Variable('target_gram_%d' % i)
        gram_loss.append(mx.sym.sum(mx.sym.square(gvar - gram[i])))
    cvar = mx.sym.Variable('target_content')
    content_loss = mx.sym.sum(mx.sym.square(cvar - content))
    return mx.sym.Group(gram_loss), content_loss


size = (12, 12)
rng = np.random.RandomState(0)
style, content = get_features()
gram, gscale = style_gram_symbol(size, style)
print(gram.list_arguments(), gscale)
params = {k: mx.nd.array(rng.uniform(-0.3, 0.3, s)) for k, s in zip(content.list_arguments(), content.infer_shape(
    data=(1, 3) + size)[0]) if k != 'data'}
content_np = rng.rand(1, 3, *size)
style_np = np.abs(np.sin(np.arange(3 * 144).reshape((1, 3) + size)))

both = mx.sym.Group([gram, content])
args = dict(params, data=mx.nd.array(style_np))
ex = both.bind(mx.cpu(), {k: args[k] for k in both.list_arguments()}, grad_req='null')
ex.forward()
style_array = [ex.outputs[0].copyto(mx.cpu())]
args['data'][:] = content_np
ex.forward()
content_array = ex.outputs[1].copyto(mx.cpu())
del ex

style_loss, content_loss = get_loss(gram, content)
sym = mx.sym.Group([style_loss, content_loss])
args = dict(params, data=mx.nd.zeros((1, 3) + size), target_gram_0=style_array[0], target_content=content_array)
grads = {'data': mx.nd.zeros((1, 3) + size)}
reqs = {k: 'write' if k == 'data' else 'null' for k in sym.list_arguments()}
ex = sym.bind(mx.cpu(), args, grads, reqs)
mx.random.seed(1)
img = mx.nd.zeros((1, 3) + size)
img[:] = mx.random.uniform(-0.1, 0.1, img.shape)
lr = mx.lr_scheduler.FactorScheduler(step=8, factor=.9)
optimizer = mx.optimizer.NAG(learning_rate=0.05, wd=0.0001, momentum=0.9, lr_scheduler=lr)
optim_state = optimizer.create_state(0, img)
old_img = img.copyto(mx.cpu())
clip_norm = np.prod(img.shape)
out_grads = [mx.nd.ones((1,)) * 0.1 / gscale[0] * 100, mx.nd.ones((1,)) * 0.05]
for e in range(16):
    img.copyto(args['data'])
    ex.forward(is_train=True)
    ex.backward(out_grads)
    gnorm = mx.nd.norm(grads['data']).asscalar()
    if gnorm > clip_norm:
        grads['data'][:] *= clip_norm / gnorm
    optimizer.update(0, img, grads['data'], optim_state)
    new_img = img
    eps = (mx.nd.norm(old_img - new_img) / mx.nd.norm(new_img)).asscalar()
    old_img = new_img.copyto(mx.cpu())
    print('epoch %d, relative change %.6f, style %.5f content %.5f' % (e, eps, ex.outputs[0].asscalar(),
                                                                      ex.outputs[1].asscalar()))
print(img.asnumpy()[0, :, 0, :3])
