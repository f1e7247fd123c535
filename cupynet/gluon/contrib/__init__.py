"""What Gluon had on trial."""
from . import nn
