class L(gluon.Block):

    def __init__(self):
        super().__init__()
        self.ls = [nn.Dense(2), nn.Dense(3)]
        self.dd = {'a': nn.Dense(2)}
        self.o = [1, 2]

    def forward(self, x):
        return x
l = L()
ask('l.collect_params()')
ask('l')
ask('l.initialize()')
class S(nn.HybridSequential):
    pass
ask("nn.HybridSequential(prefix='q_')")
net = nn.HybridSequential(prefix='q_')
with net.name_scope():
    net.add(nn.Dense(2), nn.HybridSequential(prefix=''))
    net[1].add(nn.Dense(3), nn.BatchNorm())
net.initialize()
net.hybridize()
net(nd.ones((2, 2)))
net.save('nn')
nb = nn.Sequential(prefix='r_')
with nb.name_scope():
    nb.add(nn.Dense(2), net)
    nb.add(nn.HybridLambda('tanh'))
nb.initialize()
nb.hybridize()
nb(nd.ones((2, 2)))
nb.save('nb')
net2 = nn.HybridSequential(prefix='z_')
with net2.name_scope():
    net2.add(nn.Dense(2), nn.HybridSequential(prefix=''))
    net2[1].add(nn.Dense(3), nn.BatchNorm())
ask("net2.load('nn')")
ask('net2.collect_params()')
ask('net2(nd.ones((2,2)))')
ask('net2.name, net2[0].name, net2[0].weight.name')
ask('net2._cached_graph')
ask('net2._active')
net3 = nn.HybridSequential()
net3.add(nn.Dense(2))
ask("net3.save('n3')")
ask("net3.load('nn')")
s = nn.HybridSequential()
for i in range(5):
    s.add(nn.Dense(2))
ask('s[1:4][0].prefix')
ask('s[1:4].prefix')
ask('s.hybridize()')
ask('s[1:4]._active')
ask('net.register_op_hook(None)')
n = nn.Dense(3)
n.initialize()
ask('n.summary()')
ask('n.summary(nd.ones((2,2)))')
n.hybridize()
ask('n.summary(nd.ones((2,2)))')
class E(gluon.Block):

    def forward(self, x, y):
        return [x, {'a': y}]
ask('E().summary(nd.ones((2,2)),nd.ones((3,)))')
ask('E().summary(nd.ones((2,2)))')
class V(gluon.HybridBlock):

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.e = nn.Embedding(5, 3)
            self.l = nn.Dense(3, flatten=False)

    def hybrid_forward(self, F, x):
        return F.split(self.l(self.e(x)), 3, axis=-1)
v = V()
v.initialize()
ask('[o.shape for o in v(nd.ones((2,2)))]')
v.hybridize()
ask('[o.shape for o in v(nd.ones((2,2)))]')
ask('v._out_format')
ask('v.e')
ask("v(mx.sym.Variable('x'))")
ask('v.summary(nd.ones((2,2)))')
v.hybridize(False)
ask('v.summary(nd.ones((2,2)))')
net = nn.HybridSequential()
net.add(nn.Dense(2))
net.initialize()
net.hybridize()
with autograd.record():
    y = net(nd.ones((1, 2)))
    z = y.sum()
z.backward()
ask('net[0].weight.grad()')
x = nd.ones((1, 2))
x.attach_grad()
with autograd.record():
    y = net(x)
    g = autograd.grad(y, x, create_graph=True)[0]
    z = (g * g).sum()
z.backward()
ask('net[0].weight.grad()')
ask('x.grad')
ask("net.cast('float64')")
ask("net(nd.ones((1,2),dtype='float64')).dtype")
ask('net(nd.ones((1,2)))')
with mx.autograd.record():
    ask("net(nd.ones((1,2),dtype='float64'))")
ask('gluon.block.HybridBlock.__mro__')
ask('net.__repr__()')
ask('net.foo')
ask("nn.Dense(2, activation='foo')")
ask("nn.Dense('a')")
ask("nn.Dense(2)('x')")
ask('nn.Dense(2, prefix=3)')
ask('nn.Dense(2,params={})')
ask('nn.Dense()')
