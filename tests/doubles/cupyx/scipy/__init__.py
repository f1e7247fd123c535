"""The double of ``cupyx.scipy``."""
