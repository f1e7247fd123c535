"""Data on trial."""
from .sampler import IntervalSampler

__all__ = ["IntervalSampler"]
