"""Programs about data sets: ``python -m cupynet.tools.im2rec``, ``python -m cupynet.tools.rec2idx``."""
