"""Symbols as data: JSON, files, internals, children, attributes, composition, inference, names."""
import json
import os

import mxnet as mx

data = mx.sym.Variable('data', shape=(0, 4), dtype='float32', init=mx.init.One(), lr_mult=2)
print(sorted(data.list_attr().items()), data.attr('__shape__'))
with mx.AttrScope(__stage__='one', ctx_group='4'):
    with mx.name.Prefix('net_'):
        net = mx.sym.FullyConnected(data, num_hidden=3, name='fc1', attr={'__mood__': 'angry'})
        net = mx.sym.Activation(net, act_type='relu')
net._set_attr(__extra__='x')
print(net.name, sorted(net.list_attr().items()), net.attr('act_type'), net.attr('missing'))
print(sorted((k, sorted(v.items())) for k, v in net.attr_dict().items()))
parsed = json.loads(net.tojson())
print([(n['op'], n['name']) for n in parsed['nodes']], parsed['heads'], parsed['arg_nodes'])
net.save('net.json')
again = mx.sym.load('net.json')
print(again.tojson() == net.tojson(), os.path.getsize('net.json') > 100, mx.sym.load_json(net.tojson()).name)
print(net.get_internals().list_outputs(), net.get_children().list_outputs(), data.get_children())
internals = net.get_internals()
print(len(internals), [s.name for s in internals], internals[2].name, internals['net_fc1_output'].list_arguments())
out = mx.sym.SliceChannel(mx.sym.Variable('x'), num_outputs=3, name='cut')
print(out.list_outputs(), len(out), out[1].name, [o.list_outputs() for o in out])
print(mx.sym.Group([net, out[0]]).list_outputs(), (out[0] + out[1] * 2 - 1).name)
a, b = mx.sym.Variable('a'), mx.sym.Variable('b')
fun = (a + b) * a / 2 ** b
print(fun.list_arguments(), fun.infer_shape(a=(2, 1), b=(2, 1)), fun.infer_type(a='float16', b='float16'))
composed = fun(a=mx.sym.sin(mx.sym.Variable('c')), name='whole')
print(composed.list_arguments(), composed.name, fun.list_arguments())
print(composed.eval(c=mx.nd.array([1]), b=mx.nd.array([2]))[0].asnumpy())
print(net.infer_shape_partial()[0], net.infer_shape(data=(5, 4))[0])
print(mx.sym.dot(a, b).infer_shape(a=(2, 3), b=(3, 4))[1])
conv = mx.sym.Convolution(mx.sym.Variable('data'), kernel=(3, 3), num_filter=4)
print([c.name for c in (conv, mx.sym.Convolution(conv, kernel=(1, 1), num_filter=2), a + 1, -a, a > b, mx.sym.max(a))])
print(conv.infer_shape(data=(1, 3, 8, 8)), mx.sym.zeros((2, 2)).list_arguments())
print(mx.sym.arange(0, 3).eval()[0].asnumpy())
for wrong in (lambda: mx.sym.FullyConnected(a, num_hidden=3).infer_shape(a=()), lambda: mx.sym.Variable(3),
              lambda: mx.sym.FullyConnected(a), lambda: net['nothing'], lambda: mx.sym.Activation(a, act_type='other'),
              lambda: (a + b).infer_shape(a=(2,), b=(3,)), lambda: mx.sym.load_json('{'), lambda: net(nothing=a)):
    try:
        print(wrong())
    except Exception as e:
        print(isinstance(e, (mx.MXNetError, TypeError, ValueError, NameError)))
