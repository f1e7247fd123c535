"""What a network of the zoo shows of itself: names, shapes, structure and graph."""
import hashlib


def names(mx):
    """The names of all networks, from the message that lists them."""
    try:
        mx.gluon.model_zoo.vision.get_model("none of them")
    except ValueError as error:
        return str(error).split("\n\t")[1:]


def digest(mx, name):
    """Return the SHA-1 of all that a network shows."""
    with mx.name.NameManager():
        net = mx.gluon.model_zoo.vision.get_model(name)
        params = net.collect_params()
        shown = "\n".join([repr(net), *params.keys(), *(str(each.shape) for each in params.values()),
                           *net._collect_params_with_prefix(), net(mx.sym.Variable("data")).tojson()])
    return hashlib.sha1(shown.encode()).hexdigest()
