"""What numbers a network's layers put out: the ranges that codes of 8 bits shall cover."""
from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

import numpy as np

from ...base import MXNetValueError
from ...context import cpu
from ...ndarray import NDArray, array
from ...ndarray import contrib as nd

__all__ = ["Collector", "HistogramCollector", "RangeCollector", "collect", "collector_for", "combine_histogram",
           "optimal_threshold", "ranges"]

Histogram = tuple[np.ndarray, np.ndarray, float, float, float]  # counts, edges, smallest, largest, end of the bins


class Collector(Protocol):
    """What takes part in calibration: sees the outputs of all layers, as a monitor of an executor does."""

    def collect(self, name: str, arr: NDArray) -> None:
        """Take notice of an output."""


class RangeCollector:
    """Keeps the smallest and the largest number of each output in ``min_max_dict``.

    Parameters
    ----------
    quantized_dtype : str
        What codes are made; kept for the user.
    include_layer : collection of str, optional
        The outputs to look at, all by default.
    logger : object, optional
        Is told of each output.
    """

    def __init__(self, quantized_dtype: str, include_layer: Collection[str] | None = None, logger: Any = None):
        self.min_max_dict: dict[str, tuple[float, float]] = {}
        self.quantized_dtype, self.include_layer, self.logger = quantized_dtype, include_layer, logger

    def collect(self, name: str, arr: NDArray) -> None:
        if self.include_layer is not None and name not in self.include_layer:
            return
        low, high = arr.min().asscalar(), arr.max().asscalar()
        if name in self.min_max_dict:
            before = self.min_max_dict[name]
            low, high = min(before[0], low), max(before[1], high)
        self.min_max_dict[name] = low, high
        if self.logger:
            self.logger.debug(f"Collecting layer {name} min_range={low:f}, max_range={high:f}")


class HistogramCollector:
    """Counts the numbers of each output in ``hist_dict``, in bins on both sides of zero.

    Parameters
    ----------
    num_bins : int
        How many bins cover the first batch; more are added for numbers beyond them.
    include_layer, logger
        See :class:`RangeCollector`.
    """

    def __init__(self, num_bins: int = 8001, include_layer: Collection[str] | None = None, logger: Any = None):
        self.hist_dict: dict[str, Histogram] = {}
        self.num_bins, self.include_layer, self.logger = num_bins, include_layer, logger

    def collect(self, name: str, arr: NDArray) -> None:
        if self.include_layer is not None and name not in self.include_layer:
            return
        values = arr.asnumpy()
        low, high = np.min(values), np.max(values)
        end = max(abs(low), abs(high))
        if name in self.hist_dict:
            self.hist_dict[name] = combine_histogram(self.hist_dict[name], values, low, high, end)
        else:
            self.hist_dict[name] = (*np.histogram(values, self.num_bins, (-end, end)), low, high, end)
        if self.logger:
            self.logger.debug(f"Collecting layer {name} histogram of shape {values.shape}")


def combine_histogram(old_hist: Histogram, arr: Any, new_min: float, new_max: float, new_th: float) -> Histogram:
    """Return a histogram that also counts `arr`, with as many more bins of the same width as that takes.

    Parameters
    ----------
    old_hist : tuple
        Counts, edges, smallest and largest number, and the end of the bins on either side of zero.
    arr : array
        More numbers, from `new_min` to `new_max`, of absolute values up to `new_th`.
    """
    counts, edges, low, high, end = old_hist
    if new_th <= end:
        more, _ = np.histogram(arr, len(counts), (-end, end))
        return counts + more, edges, min(low, new_min), max(high, new_max), end
    step = 2 * end / len(counts)
    added = int((new_th - end) // step + 1)
    end = added * step + end
    more, edges = np.histogram(arr, len(counts) + 2 * added, (-end, end))
    more[added:added + len(counts)] += counts
    return more, edges, min(low, new_min), max(high, new_max), end


def collector_for(calib_mode: str, layers: Collection[str], quantized_dtype: str, logger: Any) -> Collector:
    """Return what calibration of a mode collects of the outputs `layers`."""
    if calib_mode == "entropy":
        return HistogramCollector(include_layer=layers, logger=logger)
    return RangeCollector(quantized_dtype, layers, logger)


def collect(module: Any, data: Any, collector: Collector, limit: int | None, logger: Any) -> int:
    """Run a bound module over `data` until `limit` examples are through; return how many were."""
    for executor in module._exec_group.execs:
        executor.set_monitor_callback(collector.collect, monitor_all=True)
    batches = examples = 0
    for batch in data:
        module.forward(data_batch=batch, is_train=False)
        batches += 1
        examples += data.batch_size
        if limit is not None and examples >= limit:
            break
    if logger is not None:
        logger.info(f"Collected statistics from {batches} batches with batch_size={data.batch_size}")
    return examples


def optimal_threshold(hist_data: Histogram, quantized_dtype: str, num_quantized_bins: int = 255
                      ) -> tuple[float, float, float, float]:
    """Return smallest and largest number of a histogram, the threshold of least divergence, and that divergence."""
    counts, edges, low, high, _ = hist_data
    if low >= 0 and quantized_dtype in ("auto", "uint8"):
        num_quantized_bins = 2 * num_quantized_bins + 1  # of which the half below zero is not used
    threshold, lost = nd.calibrate_entropy(array(counts, cpu(), "float32"), array(edges, cpu(), "float32"),
                                           num_quantized_bins=num_quantized_bins)
    return low, high, threshold.asscalar(), lost.asscalar()


def ranges(collector: Any, calib_mode: str, quantized_dtype: str, logger: Any) -> dict[str, tuple[float, float]]:
    """Return the ranges that codes shall cover, by output, from what was collected."""
    if calib_mode != "entropy":
        return dict(collector.min_max_dict)
    if logger:
        logger.info("Calculating optimal thresholds for quantization")
        logger.info("Calculating optimal thresholds for quantization using KL divergence with num_quantized_bins=255")
    found = {}
    for name, histogram in collector.hist_dict.items():
        low, high, threshold, lost = optimal_threshold(histogram, quantized_dtype)
        found[name] = 0.0 if low >= 0 and quantized_dtype in ("auto", "uint8") else -threshold, threshold
        if logger:
            logger.debug(f"layer={name}, min_val={low}, max_val={high}, th={threshold}, divergence={lost}")
    return found


def unknown_mode(calib_mode: Any, expected: str) -> MXNetValueError:
    """Return the error about a mode of calibration that does not exist."""
    return MXNetValueError(f"unknown calibration mode {calib_mode} received, expected {expected}")
