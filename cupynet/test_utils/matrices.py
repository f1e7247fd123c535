"""Matrices of known kinds, for tests of linear algebra."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..ndarray import NDArray, array

__all__ = ["get_identity_mat", "get_identity_mat_batch", "new_orthonormal_matrix_2d",
           "new_matrix_with_real_eigvals_2d", "new_matrix_with_real_eigvals_nd", "new_sym_matrix_with_real_eigvals_2d",
           "new_sym_matrix_with_real_eigvals_nd"]


def get_identity_mat(size: int) -> NDArray:
    """Return the identity matrix."""
    return array(np.eye(size))


def get_identity_mat_batch(size: int) -> NDArray:
    """Return two identity matrices, of shape ``(2, size, size)``."""
    return array(np.stack([np.eye(size)] * 2))


def new_orthonormal_matrix_2d(n: int) -> np.ndarray:
    """Return a random orthonormal matrix: the orthogonal factor of a matrix of normal numbers."""
    return np.linalg.qr(np.random.randn(n, n))[0]


def new_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """Return a random matrix with n real eigenvalues in (-10, 10)."""
    u, v = np.random.uniform(-1, 1, (2, n))
    vectors = np.eye(n) + np.outer(u, v) / n  # never singular: the eigenvalue of the product is above -n
    return vectors @ np.diag(np.random.uniform(-10, 10, n)) @ np.linalg.inv(vectors)


def new_sym_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """Return a random symmetric matrix with eigenvalues in (-10, 10)."""
    vectors = new_orthonormal_matrix_2d(n)
    return vectors.T @ np.diag(np.random.uniform(-10, 10, n)) @ vectors


def _stacked(make: Callable[[int], np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    return np.array([make(shape[-1]) for _ in range(int(np.prod(shape[:-2])))]).reshape(shape)


def new_matrix_with_real_eigvals_nd(shape: tuple[int, ...]) -> np.ndarray:
    """Return random matrices along the last two axes of `shape`, which have real eigenvalues."""
    return _stacked(new_matrix_with_real_eigvals_2d, shape)


def new_sym_matrix_with_real_eigvals_nd(shape: tuple[int, ...]) -> np.ndarray:
    """Return random symmetric matrices along the last two axes of `shape`."""
    return _stacked(new_sym_matrix_with_real_eigvals_2d, shape)
