"""Found by ``sys.path`` in a child process where nothing is installed yet: installs, and gives way to cupynet."""
import sys

from cupynet.compat import install

install()
sys.modules[__name__] = sys.modules["cupynet"]
