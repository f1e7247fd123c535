"""The workloads on PyTorch, on the CPU."""
import torch
import torch.nn.functional as F
from torch import nn
from worker import CHAIN, repeat, serve, workload

torch.manual_seed(0)


# ---- small operations --------------------------------------------------------------------------------------------

@workload("add")
def _():
    a, b = torch.rand(10), torch.rand(10)
    return repeat(lambda: a + b)


@workload("add_scalar")
def _():
    a = torch.rand(10)
    return repeat(lambda: a + 1)


@workload("record_backward", per_run=CHAIN)
def _():
    x, w, b, head = torch.rand(10, requires_grad=True), torch.rand(10), torch.rand(10), torch.ones(10)

    def work():
        y = x
        for _ in range(CHAIN // 2):
            y = y * w + b
        x.grad = None
        y.backward(head)
    return repeat(work)


# ---- large arrays ------------------------------------------------------------------------------------------------

@workload("elementwise")
def _():
    x = torch.rand(1000000)
    return repeat(lambda: torch.exp(2 * x + 1) / (x * x + 1))


@workload("matmul")
def _():
    a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
    return repeat(lambda: a @ b)


@workload("sum")
def _():
    x = torch.rand(1024, 1024)
    return repeat(lambda: x.sum(1))


# ---- training steps ----------------------------------------------------------------------------------------------

BATCH, RATE = 128, 0.1


def training(net, *shape):
    x, y = torch.rand(BATCH, *shape), torch.randint(0, 10, (BATCH,))
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)

    def work():
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    return repeat(work)


@workload("mlp")
@workload("mlp_by_hand")
@workload("mlp_imperative")
@workload("gluon_mlp")
@workload("gluon_mlp_hybrid")
def _():
    return training(nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)), 784)


@workload("lenet")
@workload("gluon_lenet")
@workload("gluon_lenet_hybrid")
def _():
    return training(nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.Tanh(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10)), 1, 28, 28)


@workload("trainer")
def _():
    parameters = [nn.Parameter(torch.rand(32, 32)) for _ in range(160)]
    for parameter in parameters:
        parameter.grad = torch.rand(32, 32)
    return repeat(torch.optim.SGD(parameters, lr=RATE, momentum=0.9).step)


# ---- layers ------------------------------------------------------------------------------------------------------

IMAGES = 32, 64, 56, 56


@workload("conv")
def _():
    x, w, b = torch.rand(*IMAGES), torch.rand(64, 64, 3, 3), torch.rand(64)
    return repeat(lambda: F.conv2d(x, w, b, padding=1))


@workload("conv_backward")
def _():
    x, w, b = (torch.rand(*shape, requires_grad=True) for shape in (IMAGES, (64, 64, 3, 3), (64,)))
    head = torch.rand(*IMAGES)

    def work():
        x.grad = w.grad = b.grad = None
        F.conv2d(x, w, b, padding=1).backward(head)
    return repeat(work)


@workload("max_pool")
def _():
    x = torch.rand(*IMAGES)
    return repeat(lambda: F.max_pool2d(x, 3, 2))


@workload("batch_norm")
def _():
    x, gamma, beta, mean, var = torch.rand(*IMAGES), torch.ones(64), torch.zeros(64), torch.zeros(64), torch.ones(64)
    return repeat(lambda: F.batch_norm(x, mean, var, gamma, beta, training=True))


serve({"torch": torch.__version__})
