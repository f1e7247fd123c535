"""What stands under a Symbol: nodes, inference, the typed graph, its gradient, passes over it, plans and frames.

Data flows one way: :mod:`.node` (what the user composed) -> :mod:`.lower` (a typed :class:`~.ir.Graph`, its shapes
and dtypes by :mod:`.inference` where they do not follow step by step) -> :mod:`.gradient` (the backward graph by the
operators' own rules) -> :mod:`.passes` -> :mod:`.plan` (instructions on slots, memory in an :mod:`.arena`) ->
:mod:`.frame` (ready calls on arrays). :mod:`.structure` keeps the plans, so that each is made once.
"""
