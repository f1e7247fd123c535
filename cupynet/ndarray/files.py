"""``mx.nd.save`` and ``mx.nd.load``: arrays in MXNet's own file format."""
load = load_frombuffer = save = None
