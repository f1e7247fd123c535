"""``mx.contrib.quantization``: trained networks with layers on codes of 8 bits."""
from .calibration import combine_histogram
from .model import calib_graph, quantize_graph, quantize_model, quantize_model_mkldnn
