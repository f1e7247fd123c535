"""Networks that are ready to be trained, or filled with parameters from files."""
from . import model_store, vision
from .vision import get_model

__all__ = ["get_model"]
