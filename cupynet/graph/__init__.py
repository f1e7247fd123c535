"""What stands under a Symbol: nodes, inference, the typed graph, its gradient, simplification and the Program.

Data flows one way: :mod:`.node` (what the user composed) -> :mod:`.inference` (shapes and dtypes to a fixpoint)
-> :mod:`.lower` (a typed :class:`~.ir.Graph`) -> :mod:`.gradient` (the backward graph by the operators' own
rules) -> :mod:`.simplify` -> :mod:`.program` (kernel calls on planned buffers).
"""
