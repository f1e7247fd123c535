"""The language model of tutorials/word_model.py, in a few forms, for the tests and for MXNet's answers."""
import logging

from word_model import arguments, train

FORMS = {
    "lstm": ["--num-epochs", "3"],
    "fused-lstm": ["--fused", "--num-epochs", "2"],
    "gru-sgd": ["--cell", "gru", "--optimizer", "sgd", "--lr", "0.1", "--num-epochs", "2"],
    "fused-gru-one-layer": ["--cell", "gru", "--fused", "--num-layers", "1", "--num-epochs", "2"],
    "rnn-dropout": ["--cell", "rnn_tanh", "--dropout", "0.3", "--num-epochs", "2", "--lr", "0.003"],
}


def lines(form):
    """Return the log of a training, without times."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            text = record.getMessage()
            if "Time cost" not in text:
                found.append(text.split("Speed")[0] + text.partition("samples/sec")[2])
    keep, root = Keep(), logging.getLogger()
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.INFO)
    try:
        module, _ = train(arguments(FORMS[form]))
    finally:
        root.removeHandler(keep)
        root.setLevel(level)
    args, _ = module.get_params()
    return found, {name: float(abs(array.asnumpy()).sum()) for name, array in sorted(args.items())}
