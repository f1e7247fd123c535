"""What Gluon had on trial."""
from . import cnn, data, estimator, nn, rnn
