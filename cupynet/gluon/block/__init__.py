"""Parts of networks."""
from ..text import indented as _indent
from ..text import shortened as _brief_print_list
from ..utils import HookHandle
from .block import Block
from .formats import flatten as _flatten
from .formats import regroup as _regroup
from .hybrid import HybridBlock
from .scope import BlockScope as _BlockScope
from .symbolic import SymbolBlock

__all__ = ["Block", "HybridBlock", "SymbolBlock"]
