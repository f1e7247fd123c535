"""Executor: a symbol bound to arrays: a plan and one frame over them."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .base import MXNetError, MXNetTypeError, MXNetValueError, others_told
from .context import Context
from .device import Device
from .device.streams import Job, in_flight
from .graph.frame import Frame
from .graph.groups import assign
from .graph.ir import Step, Undetermined, Value
from .graph.monitored import after, shown_backward
from .graph.node import Node
from .graph.structure import Structure
from .ndarray import NDArray, array
from .ndarray.base import wrap
from .ndarray.flight import hold, raw_of, share
from .ops.infer import known
from .ops.notation import read_shape

__all__ = ["Executor", "head_beside"]

_HEAD_NEEDED = ("Because the last operator is not Loss function, head_gradient is required when calling backward. If "
                "you are attempting to minimize the output as an objective, please modify your network and pass it "
                "through the make_loss symbol.")


class Executor:
    """A symbol bound to arrays; made by ``Symbol.bind`` and ``Symbol.simple_bind``.

    Attributes
    ----------
    arg_arrays, grad_arrays, aux_arrays, outputs : list of NDArray
        Arguments, their gradients (None where none is computed), auxiliary states and outputs. They stay the
        same arrays from call to call, so writing into them feeds the next :meth:`forward`.
    """

    def __init__(self, symbol: Any, ctx: Context, args: Sequence[NDArray],
                 grads: Sequence[NDArray | None] | None, reqs: Sequence[str], aux: Sequence[NDArray],
                 shared: Executor | None = None, structure: Structure | None = None,
                 groups: Mapping[str, Context] | None = None):
        self._symbol, self._ctx, self._groups = symbol, ctx, groups
        self._structure = structure = Structure(symbol._heads) if structure is None else structure
        arg_names = [node.name for node in structure.arguments]
        aux_names = [node.name for node in structure.auxiliary]
        bound = _named((*arg_names, *aux_names), (*args, *aux))
        self.arg_arrays, self.aux_arrays = list(args), list(aux)
        self.grad_arrays = None if grads is None else list(grads)
        self._arg_dict, self._aux_dict = _named(arg_names, self.arg_arrays), _named(aux_names, self.aux_arrays)
        self._grad_dict = None if grads is None else _named(arg_names, self.grad_arrays)
        self._reqs = list(reqs)
        self._contexts, self._places = self._spread(bound)
        self._inputs = {node.name: bound[node.name]._data for node in structure.inputs}
        self._targets = self._gradient_targets(bound)
        self._requests = _requests(bound, self._targets)
        self._output_names = [node.output_name(i) for node, i in structure.heads]
        # outputs that come again: as in MXNet, the last of their head gradients is the one that counts
        self._repeated = [i for i, head in enumerate(structure.heads) if head in structure.heads[i + 1:]]
        self._start(None if shared is None else shared._frame)
        self._output_dict = dict(zip(self._output_names, self.outputs))
        self._watched: Frame | None = None  # the frame of a plan that has a step for every node
        # how the device sees forward, backward, and both of the frame that is watched; with the arrays that they use
        self._passes: list[tuple[Job, list[NDArray]] | None] = [None] * 4
        self._monitor: Callable[[str, NDArray], None] | None = None
        self._monitor_all = False

    def _spread(self, bound: Mapping[str, NDArray]) -> tuple[list[Context], tuple[int, ...] | None]:
        """Return the contexts on which the graph runs, and the number of that of each node (None: one for all)."""
        if not self._groups:
            for name, each in bound.items():
                if each.context is not self._ctx:
                    raise MXNetError(f"bind: argument {name!r} is on {each.context}, expected {self._ctx}")
            return [self._ctx], None
        order = self._structure.order
        where = assign(order, self._ctx, self._groups, {name: each.context for name, each in bound.items()})
        contexts = list(dict.fromkeys(where.values()))
        return contexts, tuple([contexts.index(where[id(node)]) for node in order])

    def _gradient_targets(self, bound: Mapping[str, NDArray]) -> dict[str, tuple[NDArray, str]]:
        """Return the array and the request of each gradient that is asked for, by the argument's name."""
        targets = {}
        for (name, grad), req in zip((self._grad_dict or {}).items(), self._reqs):
            if grad is None or req == "null":
                continue
            if grad.context is not bound[name].context:
                raise MXNetError(f"bind: the gradient of {name!r} is on {grad.context}, expected "
                                 f"{bound[name].context}")
            if grad.shape != bound[name].shape:
                raise MXNetValueError(f"bind: the gradient of {name!r} has shape {grad.shape}, "
                                      f"expected {bound[name].shape}")
            targets[name] = grad, req
        return targets

    def _start(self, shared: Frame | None) -> None:
        """Make what runs, on the memory of `shared` if there is room, and the outputs."""
        self._frame: Frame = self._bind(shared)
        self._ran, plan = self._frame, self._frame.plan
        self.outputs = [wrap(self._frame.registers[slot], self._contexts[value.place])
                        for slot, value in zip(plan.outputs, plan.graph.outputs)]

    def _bind(self, shared: Frame | None = None, watched: bool = False) -> Frame:
        """Return a frame over the executor's arrays, whose memory is that of `shared` if there is room."""
        structure, devices = self._structure, [ctx.device for ctx in self._contexts]
        kinds = [(raw.shape, raw.dtype) for raw in self._inputs.values()]
        plan = structure.plan(kinds, self._requests, folded=not watched, places=self._places)
        if plan is None:
            shapes, _ = structure.infer({name: raw.shape for name, raw in self._inputs.items()}, {})
            node = next(node for node in structure.order if not all(map(known, shapes[id(node)])))
            raise Undetermined(f"bind: the shape of {node.name!r} cannot be inferred; got {shapes[id(node)]}")
        raws = [out._data for out in self.outputs] if watched else [_zeros(devices[v.place], v.shape, v.dtype)
                                                                   for v in plan.graph.outputs]
        slots = {**dict(zip(plan.inputs, self._inputs.values())), **dict(zip(plan.outputs, raws)),
                 **{slot: self._targets[name][0]._data for name, slot in plan.grads.items()}}
        share = shared is not None and shared.devices == devices and shared.memory.fits(plan.sizes)
        return Frame(plan, devices, slots, shared.memory if share else None, watched)

    def __deepcopy__(self, memo: dict) -> Executor:
        """Return an executor of the same graph on copies of all arrays; it has to run forward before backward."""
        def copied(arrays: Sequence[NDArray | None]) -> list[NDArray | None]:
            return [None if each is None else memo.setdefault(id(each), each.copy()) for each in arrays]
        grads = None if self.grad_arrays is None else copied(self.grad_arrays)
        twin = type(self)(self._symbol, self._ctx, copied(self.arg_arrays), grads, self._reqs, copied(self.aux_arrays),
                        None, self._structure, self._groups)
        for mine, its in zip(self.outputs, twin.outputs):
            its[:] = mine
        twin.set_monitor_callback(self._monitor, self._monitor_all)
        return twin

    # ---- arrays by name ------------------------------------------------------------------------

    @property
    def arg_dict(self) -> dict[str, NDArray]:
        """Arguments by name."""
        return self._arg_dict

    @property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """Gradients by name of the argument. Raises MXNetTypeError if none were asked for."""
        if self._grad_dict is None:
            raise MXNetTypeError("grad_dict: the executor was bound without args_grad, so it has no gradients")
        return self._grad_dict

    @property
    def aux_dict(self) -> dict[str, NDArray]:
        """Auxiliary states by name."""
        return self._aux_dict

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """Outputs by name."""
        return self._output_dict

    # ---- running -------------------------------------------------------------------------------

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs.

        Parameters
        ----------
        is_train : bool
            Whether operators run in training mode. Gradients can be taken after either.
        **kwargs
            New values for arguments, by name; of the bound shape.

        Returns
        -------
        list of NDArray
            :attr:`outputs`, the same arrays each time.
        """
        if kwargs:
            self._feed(kwargs)
        if self._monitor is None:
            self._ran = self._frame
            self._submit(partial(self._frame.forward, bool(is_train)))
        else:
            if self._watched is None:
                self._watched = self._bind(watched=True)
            self._ran = self._watched
            self._submit(partial(self._watched.forward, bool(is_train), self._watch))
        return self.outputs

    def _feed(self, values: Mapping[str, Any]) -> None:
        """Write `values` into arguments by name; into none if one of them does not fit."""
        arguments = self.arg_dict
        for name, value in values.items():
            if name not in arguments:
                raise MXNetTypeError(f"Unknown argument {name}")
            if not isinstance(value, (NDArray, np.ndarray, list, tuple, int, float, np.generic)):
                raise MXNetValueError("only accept keyword argument of NDArrays and numpy.ndarray")
            shape = np.shape(value) if not isinstance(value, NDArray) else value.shape
            if shape != arguments[name].shape:
                raise MXNetValueError(f"Shape not match! Argument {name}, need: {arguments[name].shape}, "
                                      f"received: {shape}")
        for name, value in values.items():
            arguments[name][:] = value

    def _submit(self, function: Callable[[], None], backward: bool = False, heads: Sequence[NDArray] = ()) -> None:
        """Run a pass of the frame that is in use, or let the device run it while the caller goes on."""
        which = backward if self._watched is None else backward + 2 * (self._ran is self._watched)
        job, arrays = self._passes[which] or self._pass(which)
        if heads:
            job, arrays = job.reading(map(raw_of, heads)), [*arrays, *heads]
        if self._ctx.device.submit(job, function):
            hold(arrays, job.owners)

    def _pass(self, which: int) -> tuple[Job, list[NDArray]]:
        """Return how the device sees a pass of the frame that is in use, and the arrays that the pass uses."""
        written = self._structure.written
        reads = self.arg_arrays
        writes = [*self.aux_arrays, *self.outputs, *[x for name, x in self._arg_dict.items() if name in written]]
        if which % 2:
            reads, writes = [*reads, *writes], [grad for grad in self.grad_arrays or () if grad is not None]
        job = self._ran.job(map(raw_of, reads), map(raw_of, writes), self._ran is self._watched)
        found = self._passes[which] = job, [*reads, *writes]
        return found

    def backward(self, out_grads: NDArray | Sequence[NDArray] | dict[str, NDArray] | None = None,
                 is_train: bool = True) -> None:
        """Compute the gradients of the arguments into :attr:`grad_arrays`.

        Parameters
        ----------
        out_grads : NDArray, or sequence or dict by output name of them, optional
            Gradients of the outputs; not needed where the outputs are those of loss layers.
        is_train : bool
            Accepted for compatibility: gradients are those of the last forward pass.
        """
        heads = self._heads(out_grads)
        frame, plan = self._ran, self._ran.plan
        if not frame.complete and not in_flight(frame.memory):
            raise MXNetError("backward: call forward first; there was none, or it failed")
        for i in self._repeated:
            heads[i] = wrap(_zeros(self.outputs[i].context.device, self.outputs[i].shape, self.outputs[i].dtype),
                            self.outputs[i].context)
        raws, given = {}, []
        for slot, needed, head, out in zip(plan.heads, plan.needs_heads, heads, self.outputs):
            if needed:
                given.append(head_beside(head, out))
                raws[slot] = raw_of(given[-1])
        if self._monitor is None or frame is not self._watched:
            self._submit(partial(frame.backward, raws), True, given)
        else:
            self._submit(partial(self._watched_backward, raws), True, given)

    def _watched_backward(self, heads: Mapping[int, Any]) -> None:
        """Run the backward pass of the frame that is watched, then show what its nodes have put out, as copies."""
        frame = self._watched
        shown, running = shown_backward(frame.plan.graph), frame.backward_steps
        due: dict[Step | None, list[Value]] = {}
        for each in shown:
            if each.value is not None:
                due.setdefault(after(each.value, running), []).append(each.value)
        copies: dict[Value, Any] = {}

        def keep(step: Step | None) -> None:
            for value in due.get(step, ()):
                if value not in copies:
                    copies[value] = self._contexts[value.place].device.xp.array(frame.value(value), order="C")
        frame.backward(heads, keep)
        for name, value, shape, dtype in shown:
            ctx = self._contexts[0 if value is None else value.place]
            raw = _zeros(ctx.device, shape, dtype) if value is None else copies[value].copy()
            self._monitor(name, wrap(raw, ctx))
        self._contexts[0].device.enter()

    def _heads(self, out_grads: Any) -> list[NDArray | None]:
        """Return the gradients of the outputs that a user gives, None where there is none."""
        heads: list[NDArray | None]
        if out_grads is None:
            heads = []
        elif isinstance(out_grads, NDArray):
            heads = [out_grads]
        elif isinstance(out_grads, dict):
            heads = [out_grads.get(name) for name in self._output_names]
        elif not isinstance(out_grads, (list, tuple)):
            raise MXNetTypeError(f"backward: out_grads is {type(out_grads).__name__}; expected an NDArray, or a list "
                                 "or dict of them")
        else:
            heads = list(out_grads)
        if len(heads) > len(self.outputs):
            raise MXNetValueError(f"backward: got {len(heads)} head gradients for {len(self.outputs)} outputs")
        for head in heads:
            if head is not None and not isinstance(head, NDArray):
                raise MXNetTypeError(f"backward: a head gradient is {type(head).__name__}; expected an NDArray")
        return heads + [None] * (len(self.outputs) - len(heads))

    # ---- parameters ----------------------------------------------------------------------------

    def copy_params_from(self, arg_params: dict[str, NDArray], aux_params: dict[str, NDArray] | None = None,
                         allow_extra_params: bool = False) -> None:
        """Copy values into arguments and auxiliary states by name.

        Names that are not bound raise MXNetValueError unless `allow_extra_params`. Nothing is copied if any
        name or shape is wrong.
        """
        pairs = []
        for given, mine, what in ((arg_params, self.arg_dict, "arguments"),
                                  (aux_params or {}, self.aux_dict, "auxiliary states")):
            for name, value in given.items():
                if name in mine:
                    if value.shape != mine[name].shape:
                        raise MXNetValueError(f"copy_params_from: {name!r} has shape {value.shape}, "
                                              f"expected {mine[name].shape}")
                    pairs.append((mine[name], value))
                elif not allow_extra_params:
                    raise MXNetValueError(f'Find name "{name}" that is not in the {what}{others_told(given, mine)}')
        for target, value in pairs:
            target[:] = value

    def reshape(self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any) -> Executor:
        """Return an executor for other input shapes that shares what keeps its shape with this one.

        Parameters
        ----------
        partial_shaping : bool
            Whether arguments that are not named may change their shapes, too.
        allow_up_sizing : bool
            Whether arrays may grow (then they are new).
        **kwargs
            New shapes by name; as in MXNet, names that are no argument's are ignored.
        """
        structure = self._structure
        table, _ = structure.infer({name: read_shape(shape) for name, shape in kwargs.items()
                                    if name in self._arg_dict}, {})

        def resized(node: Node, old: NDArray | None, given: bool) -> NDArray | None:
            shape = table[id(node)][0]
            if old is None or shape == old.shape:
                return old
            if not known(shape):
                raise MXNetError(f"reshape: the shape of {node.name!r} cannot be inferred from {kwargs}")
            if not (given or partial_shaping):
                raise MXNetError(f"reshape: Shape of unspecified array arg:{node.name} changed. This can cause the new "
                                 "executor to not share parameters with the old one. Please check for error in "
                                 "network. If this is intended, set partial_shaping=True to suppress this warning.")
            size = int(np.prod(shape))
            if size > old.size and not allow_up_sizing:
                raise MXNetError(f"reshape: New shape of arg:{node.name} larger than original. First making a big "
                                 "executor and then down sizing it is more efficient than the reverse. If you really "
                                 "want to up size, set allow_up_sizing=True to enable allocation of new arrays.")
            if size > old.size:
                return wrap(_zeros(old.context.device, shape, old._data.dtype), old.context)
            return share(old, old._data.reshape(-1)[:size].reshape(shape))

        def all_resized(nodes: Sequence[Node], arrays: Sequence[NDArray | None]) -> list[NDArray | None]:
            return [resized(node, each, node.name in kwargs) for node, each in zip(nodes, arrays)]

        arguments = structure.arguments
        return type(self)(self._symbol, self._ctx, all_resized(arguments, self.arg_arrays),
                        all_resized(arguments, self.grad_arrays or [None] * len(arguments)), self._reqs,
                        all_resized(structure.auxiliary, self.aux_arrays), self, structure, self._groups)

    # ---- looking inside ------------------------------------------------------------------------

    def set_monitor_callback(self, callback: Callable[[str, NDArray], None] | None, monitor_all: bool = False) -> None:
        """Let ``callback(name, array)`` see the outputs of every node (with `monitor_all` also inputs, on forward).

        On backward these are the gradients of the nodes' inputs, ``fc1_backward_output0``, after all are computed.

        Hidden outputs, such as the mask of Dropout, are among them. While there is a callback the graph runs as it was
        composed, not simplified.
        """
        if callback is not None and not callable(callback):
            raise MXNetTypeError(f"set_monitor_callback: callback is {type(callback).__name__}; expected a function")
        self._monitor, self._monitor_all = callback, monitor_all

    def _watch(self, step: Step, done: bool) -> None:
        """Show the values before (`done` false) or after a step to the user's callback, as copies."""
        seen = _outputs_shown(step) if done else _inputs_shown(step) if self._monitor_all else ()
        for name, value in seen:
            ctx = self._contexts[value.place]
            raw = ctx.device.xp.asarray(self._watched.value(value))
            self._monitor(name, array(wrap(raw, ctx), ctx=ctx))
        self._contexts[step.place].device.enter()  # the callback may have used others

    def get_optimized_symbol(self) -> Any:
        """Return the symbol that the executor computes: a copy of what was bound, since no backend rewrites it."""
        return self._symbol.__copy__()

    def debug_str(self) -> str:
        """Return the steps of the compiled program, and the memory that its plan takes."""
        outputs = "\n".join(f"\toutput[{i}]={name}" for i, name in enumerate(self._output_names))
        return f"Symbol Outputs:\n{outputs}\n{self._frame.plan}"


def _named(names: Sequence[str], arrays: Sequence[Any]) -> dict[str, Any]:
    if len(set(names)) != len(names):
        raise MXNetValueError(f"Duplicate names detected, {list(names)}")
    return dict(zip(names, arrays))


def _requests(bound: Mapping[str, NDArray], targets: Mapping[str, tuple[NDArray, str]]) -> dict[str, str]:
    """Return how each gradient gets into its array: computed there (``"write"``), copied, or added.

    A gradient can only be computed straight into an array of its dtype, contiguous, and of which no other argument or
    gradient uses a part.
    """
    shared = _sharing([*bound.items(), *[(name, grad) for name, (grad, _) in targets.items()]])

    def request(name: str, grad: NDArray, req: str) -> str:
        alone = name not in shared and grad._data.flags.c_contiguous and grad.dtype == bound[name].dtype
        return "write" if alone and req == "write" else "copy" if req == "write" else req
    return {name: request(name, *target) for name, target in targets.items()}


def _sharing(arrays: Sequence[tuple[str, NDArray]]) -> set[str]:
    """Return the names of the arrays of which others use a part."""
    raws = {id(each._data): each._data for _, each in arrays}
    if len(raws) == len(arrays) and all(raw.__class__ is np.ndarray and raw.flags.owndata for raw in raws.values()):
        return set()
    spans = sorted((each._ctx.device.kind, each._ctx.device.address(each._data), each._data.nbytes, name)
                   for name, each in arrays)
    shared, last = set(), ("", -1, "")
    for kind, start, nbytes, name in spans:
        if kind == last[0] and start < last[1]:
            shared |= {name, last[2]}
        if kind != last[0] or start + nbytes > last[1]:
            last = kind, start + nbytes, name
    return shared


def _zeros(device: Device, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    device.enter()
    try:
        return device.xp.zeros(shape, dtype)
    except device.failures as error:
        raise device.failed(f"bind: an array of shape {shape}", error) from error


def head_beside(head: NDArray | None, out: NDArray) -> NDArray:
    """Return a head gradient on the context of its output and in its dtype. Raises if there is none, or it is wrong."""
    if head is None:
        raise MXNetError(_HEAD_NEEDED)
    if head.shape != out.shape:
        raise MXNetValueError(f"backward: a head gradient has shape {head.shape}, expected {out.shape}")
    if head.context is out.context and head.dtype is out.dtype:
        return head
    raw, device = head._data, out.context.device
    device.enter()
    if head.context is not out.context:
        raw = device.copy_from(raw, head.context.device)
    return wrap(raw.astype(out.dtype, copy=False), out.context)


# ---- what monitors see ----------------------------------------------------------------------------

_OWN = ("share", "saved")  # outputs that operators have here and not in MXNet
_NAMED = ("Pooling", "LRN", "SliceChannel", "Dropout", "L2Normalization", "SwapAxis", "Pad", "MakeLoss", "reverse",
          "softmax", "log_softmax", "softmin", "squeeze", "repeat", "tile", "diag", "depth_to_space", "space_to_depth")


def _outputs_shown(step: Step) -> Iterator[tuple[str, Value]]:
    """Yield name and value of the outputs that a monitor sees, hidden ones included."""
    for name, value in zip(step.op.output_names(step.attrs), step.outs):
        if name not in _OWN:
            yield value.name, value


def _inputs_shown(step: Step) -> Iterator[tuple[str, Value]]:
    """Yield name and value of the inputs that a monitor sees: first a variable, then the operator's own input.

    MXNet calls the only input of most operators ``input0``.
    """
    names = step.op.active_inputs(step.attrs, len(step.ins))
    if len(names) == 1 and step.op.name not in _NAMED and names[0] == "data":
        names = ("input0",)
    for name, value in zip(names, step.ins):
        if value.step is None:
            yield value.name, value
        yield f"{step.name}_{name}", value
