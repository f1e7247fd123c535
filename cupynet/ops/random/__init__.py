"""Random numbers: draws from distributions, densities, and random choices and orders."""
from . import choice, density, draw, functions
