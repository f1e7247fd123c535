"""What is done with one batch: of training data, and of validation data."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .... import autograd
from ....context import Context
from ....ndarray import NDArray
from ...utils import split_and_load

__all__ = ["BatchProcessor"]

# data, labels, predictions and losses: an array for each context
Processed = tuple[list[NDArray], list[NDArray], list[NDArray], list[NDArray]]


class BatchProcessor:
    """Trains on a batch, or evaluates it; subclasses do it their way and are given to :class:`Estimator`."""

    def _get_data_and_label(self, batch: Sequence[Any], ctx: Sequence[Context],
                            batch_axis: int = 0) -> tuple[list[NDArray], list[NDArray]]:
        """Return the data and the labels of a batch, one part for each context."""
        data, label = batch[0], batch[1]
        return split_and_load(data, ctx, batch_axis), split_and_load(label, ctx, batch_axis)

    def fit_batch(self, estimator: Any, train_batch: Sequence[Any], batch_axis: int = 0) -> Processed:
        """Run a training batch forward and backward; a handler applies the gradients afterwards.

        Parameters
        ----------
        estimator : Estimator
        train_batch : sequence
            Data and labels, as the DataLoader gives them.
        batch_axis : int
            The axis along which a batch is split over the contexts.

        Returns
        -------
        (data, label, pred, loss) : lists of NDArray
            One array for each context.
        """
        data, label = self._get_data_and_label(train_batch, estimator.context, batch_axis)
        with autograd.record():
            pred = [estimator.net(x) for x in data]
            loss = [estimator.loss(y_hat, y) for y_hat, y in zip(pred, label)]
        for each in loss:
            each.backward()
        return data, label, pred, loss

    def evaluate_batch(self, estimator: Any, val_batch: Sequence[Any], batch_axis: int = 0) -> Processed:
        """Run a validation batch forward through ``val_net`` and ``val_loss``.

        Parameters and what is returned are those of :meth:`fit_batch`.
        """
        data, label = self._get_data_and_label(val_batch, estimator.context, batch_axis)
        pred = [estimator.val_net(x) for x in data]
        loss = [estimator.val_loss(y_hat, y) for y_hat, y in zip(pred, label)]
        return data, label, pred, loss
