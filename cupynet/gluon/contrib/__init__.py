"""What Gluon had on trial."""
from . import cnn, data, nn, rnn
