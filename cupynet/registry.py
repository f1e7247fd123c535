"""Classes that are known by name: ``mx.init.create('xavier')``, ``mx.metric.create('acc')``.

A family is a base class with a nickname, such as ``Initializer`` and "initializer". Names are looked up
without regard to case.
"""
from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

from .base import MXNetAssertionError, MXNetTypeError, MXNetValueError, string_types

__all__ = ["get_registry", "get_register_func", "get_alias_func", "get_create_func", "string_types"]

_FAMILIES: dict[type, dict[str, type]] = {}


def get_registry(base_class: type) -> dict[str, type]:
    """Return a copy of the table from lower-case name to class of the family of `base_class`."""
    return dict(_FAMILIES.setdefault(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable:
    """Return the decorator that registers a class of the family, under its own name or a given one."""
    family = _FAMILIES.setdefault(base_class, {})

    def register(klass: type, name: str | None = None) -> type:
        if not (isinstance(klass, type) and issubclass(klass, base_class)):
            raise MXNetTypeError(f"Can only register subclass of {base_class.__name__}, got {klass!r}")
        key = (name or klass.__name__).lower()
        if key in family:
            old = family[key]
            warnings.warn(f"New {nickname} {klass.__module__}.{klass.__name__} registered with name {key} is "
                          f"overriding existing {nickname} {old.__module__}.{old.__name__}", stacklevel=2)
        family[key] = klass
        return klass

    register.__doc__ = f"Register a subclass of {base_class.__name__} as a {nickname}."
    return register


def get_alias_func(base_class: type, nickname: str) -> Callable:
    """Return the decorator that registers a class of the family under more names."""
    register = get_register_func(base_class, nickname)

    def alias(*aliases: str) -> Callable:
        def named(klass: type) -> type:
            for each in aliases:
                register(klass, each)
            return klass
        return named

    alias.__doc__ = f"Register a subclass of {base_class.__name__} under more names."
    return alias


def get_create_func(base_class: type, nickname: str) -> Callable:
    """Return the function that makes an instance of a class of the family."""
    family = _FAMILIES.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> Any:
        if args:
            wanted, *args = args
        elif nickname in kwargs:
            wanted = kwargs.pop(nickname)
        else:
            raise MXNetTypeError(f"create: no {nickname} given; expected a name or a {base_class.__name__}")
        if isinstance(wanted, base_class):
            if args or kwargs:
                raise MXNetAssertionError(f"{nickname} is already an instance. Additional arguments are invalid")
            return wanted
        if isinstance(wanted, dict) or (isinstance(wanted, str) and wanted[:1] in ("[", "{")):
            if args or kwargs:
                raise MXNetAssertionError(f"the {nickname} {wanted} brings its arguments; more are invalid")
            wanted, kwargs = _described(wanted, nickname)
            return create(wanted, **kwargs)
        if not isinstance(wanted, str):
            raise MXNetAssertionError(f"{nickname} must be of string type, got {wanted!r}")
        if wanted.lower() not in family:
            raise MXNetAssertionError(f"{wanted} is not registered. Please register with {nickname}.register first "
                                  f"(known: {', '.join(sorted(family))})")
        return family[wanted.lower()](*args, **kwargs)

    create.__doc__ = f"""Return an instance of {base_class.__name__}.

    Parameters
    ----------
    {nickname} : str or {base_class.__name__}
        A registered name, without regard to case; or a dict with the name under "{nickname}" and the
        arguments, or JSON of one or of ``[name, arguments]``; or an instance, which is returned.
    **kwargs
        Arguments of the class.
    """
    return create


def _described(config: str | dict[str, Any], nickname: str) -> tuple[Any, dict[str, Any]]:
    """Return the name and the arguments that a dict, or JSON of a dict or of a list, holds."""
    try:
        found = json.loads(config) if isinstance(config, str) else dict(config)
    except ValueError as error:
        raise MXNetValueError(f"{nickname} {config!r} is not valid JSON: {error}") from error
    if isinstance(found, dict) and nickname in found:
        return found.pop(nickname), found
    if isinstance(found, list) and len(found) == 2 and isinstance(found[1], dict):
        return found[0], found[1]
    raise MXNetValueError(f"{nickname} {config!r} is neither [name, arguments] nor {{{nickname!r}: name, ...}}")
