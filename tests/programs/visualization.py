"""Networks as tables and pictures."""
import mxnet as mx


def unit(data, n, name):
    c = mx.sym.Convolution(data, kernel=(3, 3), pad=(1, 1), num_filter=n, no_bias=True, name=name + '_conv')
    b = mx.sym.BatchNorm(c, fix_gamma=False, name=name + '_bn')
    return mx.sym.Activation(b, act_type='relu', name=name + '_relu')


data = mx.sym.Variable('data')
a = unit(data, 8, 'a')
b = unit(a, 8, 'b')
net = mx.sym.Concat(a, a + b, name='both')
net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type='max', name='pool')
net = mx.sym.LeakyReLU(net, act_type='elu', name='elu')
net = mx.sym.Dropout(net, p=0.5, name='drop')
net = mx.sym.Flatten(net, name='flat')
net = mx.sym.FullyConnected(net, num_hidden=10, name='fc')
net = mx.sym.SoftmaxOutput(net, name='softmax')
mx.viz.print_summary(net, shape={'data': (1, 1, 8, 8)})
mx.visualization.print_summary(net, {'data': (4, 1, 8, 8)}, line_length=90, positions=[.5, .65, .8, 1.])
mx.viz.print_summary(mx.sym.FullyConnected(data, num_hidden=2, name='alone'))
dot = mx.viz.plot_network(net, title='net', shape={'data': (1, 1, 8, 8)}, node_attrs={'fixedsize': 'false'})
print(type(dot).__name__, dot.name)
for line in dot.body:
    print(line.strip().replace('"', '').replace('\n', ' ').rstrip(';'))
for line in mx.viz.plot_network(a, hide_weights=False, save_format='png').body[:6]:
    print(line.strip().replace('"', '').replace('\n', ' '))
