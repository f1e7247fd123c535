"""One executor a context, each for its share of every batch."""
from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetError, MXNetValueError
from ..context import Context, cpu
from ..executor import Executor
from ..io import DataBatch, DataDesc
from ..ndarray import NDArray
from ..symbol import Symbol

__all__ = ["DataParallelExecutorGroup", "split_batch"]


def split_batch(batch_size: int, work_load_list: Sequence[float]) -> list[slice]:
    """Return the share of each context in a batch, in proportion to its work load; the last takes what rounding leaves.

    Raises
    ------
    MXNetValueError
        If a share is empty.
    """
    total = sum(work_load_list)
    counts = [round(load * batch_size / total) for load in work_load_list]
    counts[-1] += max(0, batch_size - sum(counts))
    slices, end = [], 0
    for count in counts:
        begin, end = min(end, batch_size), min(end + count, batch_size)
        if begin >= end:
            raise MXNetValueError(f"a batch of {batch_size} for work loads {list(work_load_list)}: Too many slices. "
                                  "Some splits are empty.")
        slices.append(slice(begin, end))
    return slices


def _part(array: Any, axis: int, part: slice, whole: int) -> Any:
    """Return the share `part` of an array along its axis of samples (-1: it has none)."""
    if axis == -1 or part.stop - part.start == whole:
        return array
    if isinstance(array, np.ndarray):
        return array[(slice(None),) * axis + (part,)]
    return array[part] if axis == 0 else nd.slice_axis(array, axis=axis, begin=part.start, end=part.stop)


class DataParallelExecutorGroup:
    """Executors of one network on several contexts.

    Parameters
    ----------
    symbol : Symbol
    contexts : list of Context
    workload : list of number
        The share of each context in a batch.
    data_shapes, label_shapes : list of DataDesc
        Of whole batches.
    param_names : list of str
        The arguments that are neither data, labels nor states.
    for_training, inputs_need_grad : bool
        Whether there are gradients, and whether the data get some.
    shared_group : DataParallelExecutorGroup, optional
        A group whose parameters, gradients and memory are used.
    fixed_param_names, state_names : list of str, optional
        Parameters without gradients; inputs that are kept from batch to batch.
    grad_req : str, list or dict
        ``"write"``, ``"add"`` or ``"null"``.
    group2ctxs : dict or list of dict, optional
        For each context, the contexts of the groups of ``AttrScope(ctx_group=...)``.

    Attributes
    ----------
    execs : list of Executor
    slices : list of slice
        The share of each executor.
    param_arrays, grad_arrays, aux_arrays, data_arrays, label_arrays, state_arrays : list of lists
        For each name the arrays of all contexts; data and labels with their shares.
    """

    def __init__(self, symbol: Symbol, contexts: Sequence[Context], workload: Sequence[float],
                 data_shapes: Sequence[DataDesc], label_shapes: Sequence[DataDesc] | None,
                 param_names: Sequence[str], for_training: bool, inputs_need_grad: bool,
                 shared_group: DataParallelExecutorGroup | None = None, logger: Any = logging,
                 fixed_param_names: Sequence[str] | None = None, grad_req: Any = "write",
                 state_names: Sequence[str] | None = None, group2ctxs: Any = None):
        self.symbol, self.contexts, self.workload, self.logger = symbol, list(contexts), list(workload), logger
        self.arg_names, self.aux_names = symbol.list_arguments(), symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.param_names = list(param_names)
        self.fixed_param_names, self.state_names = list(fixed_param_names or ()), list(state_names or ())
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self.group2ctxs = _group_contexts(group2ctxs, len(self.contexts))
        data_names = [desc.name for desc in data_shapes]
        self.grad_req = self._requests(grad_req, data_names)
        self.execs: list[Executor] = []
        self.batch_size = 0
        self.slices: list[slice] = []
        self.output_layouts = [DataDesc.get_batch_axis(output.attr("__layout__")) for output in symbol]
        self.bind_exec(data_shapes, label_shapes, shared_group)

    def _requests(self, grad_req: Any, data_names: Sequence[str]) -> dict[str, str]:
        """Return the gradient request of each argument."""
        if isinstance(grad_req, str):
            given: Mapping[str, str] = dict.fromkeys(self.arg_names, grad_req)
        elif isinstance(grad_req, (list, tuple)):
            if len(grad_req) != len(self.arg_names):
                raise MXNetValueError(f"bind: {len(grad_req)} values of grad_req for {len(self.arg_names)} arguments")
            given = dict(zip(self.arg_names, grad_req))
        elif isinstance(grad_req, Mapping):
            given = {name: grad_req.get(name, "write") for name in self.arg_names}
        else:
            raise MXNetValueError("grad_req must be one of str, list, tuple, or dict.")
        found = {}
        for name in self.arg_names:
            if name in self.param_names:
                learns = name not in self.fixed_param_names
            else:
                learns = name in data_names and self.inputs_need_grad
            found[name] = given[name] if learns and self.for_training else "null"
        return found

    # ---- binding -------------------------------------------------------------------------------

    def decide_slices(self, data_shapes: Sequence[DataDesc]) -> list[int]:
        """Split a batch of these shapes between the contexts; return the axis of samples of each array."""
        axes = [DataDesc.get_batch_axis(desc.layout) for desc in data_shapes]
        for desc, axis in zip(data_shapes, axes):
            if axis == -1:
                continue
            size = desc.shape[axis]
            if self.slices and size != self.batch_size:
                raise MXNetValueError(f"all data must have the same batch size: batch_size = {self.batch_size}, but "
                                      f"{desc.name} has shape {desc.shape}")
            self.batch_size, self.slices = size, split_batch(size, self.workload)
        return axes

    def _shapes(self, index: int) -> dict[str, tuple]:
        """Return the shapes of data and labels of the executor `index`."""
        shapes = {}
        part = self.slices[index]
        for desc, axis in zip((*self.data_shapes, *(self.label_shapes or ())), self.data_layouts + self.label_layouts):
            shape = list(desc.shape)
            if axis >= 0:
                shape[axis] = part.stop - part.start
            shapes[desc.name] = tuple(shape)
        return shapes

    def bind_exec(self, data_shapes: Sequence[DataDesc], label_shapes: Sequence[DataDesc] | None,
                  shared_group: DataParallelExecutorGroup | None = None, reshape: bool = False) -> None:
        """Make the executors for batches of these shapes, or with `reshape` those that there are ready for them."""
        self.batch_size, self.slices = 0, []
        self.data_layouts = self.decide_slices(data_shapes)
        self.label_layouts = self.decide_slices(label_shapes) if label_shapes else []
        self.data_shapes, self.label_shapes = list(data_shapes), list(label_shapes) if label_shapes else label_shapes
        if reshape:
            self.execs = [executor.reshape(allow_up_sizing=True, **{
                name: shape for name, shape in self._shapes(i).items() if name in self.arg_names})
                for i, executor in enumerate(self.execs)]
        else:
            self.execs = [self._bound(i, shared_group) for i in range(len(self.contexts))]
        self._collect()

    def reshape(self, data_shapes: Sequence[DataDesc], label_shapes: Sequence[DataDesc] | None) -> None:
        """Make ready for batches of other shapes; parameters stay."""
        if data_shapes != self.data_shapes or label_shapes != self.label_shapes:
            before = dict(vars(self))
            try:
                self.bind_exec(data_shapes, label_shapes, reshape=True)
            except MXNetError:
                vars(self).update(before)  # ready for what it was ready for
                raise

    def _bound(self, index: int, shared_group: DataParallelExecutorGroup | None) -> Executor:
        described = {desc.name: desc.dtype for desc in (*self.data_shapes, *(self.label_shapes or ()))}
        shared = None if shared_group is None else shared_group.execs[index]
        names = [name for name in self.param_names if shared is not None and name in shared.arg_dict]
        return self.symbol.simple_bind(
            self.contexts[index], grad_req=self.grad_req, type_dict=described, group2ctx=self.group2ctxs[index],
            shared_exec=shared, shared_arg_names=names if shared is not None else None,
            shared_buffer={} if shared is not None else None, **self._shapes(index))

    def _collect(self) -> None:
        """Gather the executors' arrays by name."""
        def gathered(names: Sequence[str], table: str) -> list[list[NDArray]]:
            return [[getattr(executor, table)[name] for executor in self.execs] for name in names
                    if name in getattr(self.execs[0], table)]

        def shares(descs: Sequence[DataDesc]) -> list[list[tuple[slice, NDArray]]]:
            return [[(part, executor.arg_dict[desc.name]) for part, executor in zip(self.slices, self.execs)
                     if desc.name in self.arg_names] for desc in descs]
        self.data_arrays = shares(self.data_shapes)
        self.label_arrays = shares(self.label_shapes) if self.label_shapes is not None else None
        names = [name for name in self.param_names if name in self.arg_names]
        self.param_arrays = gathered(names, "arg_dict")
        self.state_arrays = gathered(self.state_names, "arg_dict")
        self.aux_arrays = gathered(self.aux_names, "aux_dict")
        self.grad_arrays = gathered(names, "grad_dict") if self.for_training else None
        data_names = [desc.name for desc in self.data_shapes]
        self.input_grad_arrays = gathered(data_names, "grad_dict") if self.inputs_need_grad else None

    # ---- parameters ----------------------------------------------------------------------------

    def set_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray],
                   allow_extra: bool = False) -> None:
        """Copy values into the executors of all contexts by name."""
        for executor in self.execs:
            executor.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra)

    def get_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Copy the mean over the contexts into given arrays by name."""
        names = [name for name in self.param_names if name in self.arg_names]
        for keys, blocks, into in ((names, self.param_arrays, arg_params),
                                   (self.aux_names, self.aux_arrays, aux_params)):
            for name, block in zip(keys, blocks):
                total = block[0].as_in_context(cpu())
                for each in block[1:]:
                    total = total + each.as_in_context(cpu())
                into[name][:] = (total / len(block) if len(block) > 1 else total).astype(into[name].dtype, copy=False)

    # ---- running -------------------------------------------------------------------------------

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch, every context its share."""
        is_train = self.for_training if is_train is None else is_train
        self._load(data_batch.data, self.data_arrays, self.data_layouts)
        if self.label_arrays and getattr(data_batch, "label", None):
            self._load(data_batch.label, self.label_arrays, self.label_layouts)
        for executor in self.execs:
            executor.forward(is_train=is_train)

    def _load(self, sources: Sequence[Any], targets: Sequence[Sequence[tuple[slice, NDArray]]],
              axes: Sequence[int]) -> None:
        if len(sources) < len(targets):
            raise MXNetValueError(f"forward: the batch has {len(sources)} arrays, expected {len(targets)}")
        for source, shares, axis in zip(sources, targets, axes):
            if isinstance(source, (list, tuple)):  # split by the caller
                for each, (_, target) in zip(source, shares):
                    target[:] = each
                continue
            for part, target in shares:
                piece = _part(source, axis, part, self.batch_size)
                if isinstance(piece, NDArray) and piece.dtype != target.dtype:
                    piece = piece.astype(target.dtype)
                target[:] = piece

    def backward(self, out_grads: Any = None) -> None:
        """Compute gradients, from those of the outputs where the outputs are no losses."""
        if not self.for_training:
            raise MXNetError("backward: re-bind with for_training=True to run backward")
        heads = [] if out_grads is None else out_grads if isinstance(out_grads, (list, tuple)) else [out_grads]
        for part, executor in zip(self.slices, self.execs):
            pieces = [_part(head, axis, part, self.batch_size).as_in_context(executor.outputs[0].context)
                      for head, axis in zip(heads, self.output_layouts)]
            executor.backward(pieces or None)

    def get_outputs(self, merge_multi_context: bool = True, begin: int = 0, end: int | None = None) -> list:
        """Return the outputs number `begin` to `end`, joined or as a list of all contexts' each."""
        outputs = [[executor.outputs[i] for executor in self.execs]
                   for i in range(begin, len(self.output_names) if end is None else end)]
        return _joined(outputs, self.output_layouts[begin:end]) if merge_multi_context else outputs

    def get_output_shapes(self) -> list[tuple[str, tuple]]:
        """Return names and shapes of the outputs of a whole batch."""
        found = []
        for name, output, axis in zip(self.output_names, self.execs[0].outputs, self.output_layouts):
            shape = list(output.shape)
            if axis >= 0 and len(self.execs) > 1:
                shape[axis] = self.batch_size
            found.append((name, tuple(shape)))
        return found

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """Return the gradients of the data, joined or as a list of all contexts' each."""
        if self.input_grad_arrays is None:
            raise MXNetError("get_input_grads: bind with inputs_need_grad=True to have gradients of the data")
        return (_joined(self.input_grad_arrays, self.data_layouts) if merge_multi_context
                else self.input_grad_arrays)

    def get_states(self, merge_multi_context: bool = True) -> list:
        """Return the states of all contexts."""
        if merge_multi_context:
            raise MXNetError("merge_multi_context=True is not supported for get_states yet.")
        return self.state_arrays

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states to arrays, as :meth:`get_states` returns them, or all elements to a number."""
        if (states is None) == (value is None):
            if states is None and not self.state_arrays:
                return
            raise MXNetValueError("set_states: expected either states or value")
        if states is not None:
            self._load(states, [[(slice(0), each) for each in block] for block in self.state_arrays],
                       [-1] * len(states))
            return
        for block in self.state_arrays:
            for each in block:
                each[:] = value

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric measure the outputs of each context against its share of the labels."""
        names = [desc.name for desc in self.label_shapes or ()]
        for i, (executor, part) in enumerate(zip(self.execs, self.slices)):
            if pre_sliced:
                mine = labels[i]
            else:
                mine = [_part(label, axis, part, self.batch_size)
                        for label, axis in zip(labels or (), self.label_layouts)]
            eval_metric.update_dict(dict(zip(names, mine)), dict(zip(self.output_names, executor.outputs)))

    def install_monitor(self, mon: Any) -> None:
        """Let a monitor watch every executor."""
        for executor in self.execs:
            mon.install(executor)


def _joined(blocks: Sequence[Sequence[NDArray]], axes: Sequence[int]) -> list[NDArray]:
    """Join the arrays of several contexts along the axis of samples; without one, the first context's stand for all."""
    joined = []
    for arrays, axis in zip(blocks, axes):
        if len(arrays) == 1 or axis < 0:
            joined.append(arrays[0])
        else:
            home = arrays[0].context
            joined.append(nd.concat(*[each.as_in_context(home) for each in arrays], dim=axis))
    return joined


def _group_contexts(group2ctxs: Any, count: int) -> list[dict[str, Context] | None]:
    """Return, for each of `count` contexts, where the groups of ``ctx_group`` live."""
    if group2ctxs is None:
        return [None] * count
    if isinstance(group2ctxs, Mapping):
        spread = {name: list(value) if isinstance(value, (list, tuple)) else [value] * count
                  for name, value in group2ctxs.items()}
        spread = {name: value * count if len(value) == 1 else value for name, value in spread.items()}
        if any(len(value) != count for value in spread.values()):
            raise MXNetValueError(f"group2ctxs: every group needs {count} contexts, one for each of the module's")
        return [{name: value[i] for name, value in spread.items()} for i in range(count)]
    if len(group2ctxs) != count:
        raise MXNetValueError(f"group2ctxs: {len(group2ctxs)} dicts for {count} contexts")
    return list(group2ctxs)
