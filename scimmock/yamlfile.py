"""YAML for configuration: only JSON's types, and a position for every value.

YAML 1.1 reads ``NO`` as false, ``2024-01-01`` as a date and ``0123`` as 83; here a plain scalar is
null, true, false, a JSON number or the text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
import yaml

from .errors import FileError, did_you_mean

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LITERALS = {"null": None, "~": None, "": None, "true": True, "false": False}
_TYPES = {
    "bool": "true or false",
    "int": "a whole number",
    "str": "text",
    "array": "a list",
    "object": "a mapping",
}
_T = TypeVar("_T")


@dataclass(slots=True)
class YamlFile:
    """The data of a file and the line and column (from 1) of each value by its path (``$.a[0].b``)."""

    path: Path
    data: Any
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)

    def where(self, path: str = "$") -> str:
        """Return "file:line:column" of a value, or of the nearest one around it."""
        while path not in self.positions and len(path) > 1:
            path = path[: max(path.rfind("."), path.rfind("["), 1)]
        line, column = self.positions.get(path, (1, 1))
        return f"{self.path}:{line}:{column}"

    def error(self, path: str, message: str, hint: str | None = None) -> FileError:
        """Return the error to raise for a value."""
        return FileError(message, where=self.where(path), hint=hint)

    def convert(self, kind: type[_T]) -> _T:
        """Return the data as a msgspec type; raises FileError with the position of what does not fit."""
        try:
            return msgspec.convert(self.data, kind)
        except msgspec.ValidationError as error:
            raise self._explain(_with_keys(str(error), self.data, kind), kind) from None

    def _explain(self, text: str, kind: type) -> FileError:
        problem = explain(text, kind)
        return self.error(problem.path, problem.message, problem.advice)


_ANY_KEY = "[...]"
_STEP = re.compile(r"\.([^.\[]+)|\[([0-9]+)\]")


def _with_keys(text: str, data: Any, kind: type) -> str:
    """Return msgspec's complaint with the keys of mappings, which it leaves out (``$.a[...].b``).

    Each mapping is tried with one of its entries at a time: the one that is wrong says the same.
    """
    path = text.partition(" - at `")[2].rstrip("`")
    first, *others = path.split(_ANY_KEY)
    steps, known = _steps(first), first
    for rest in others:
        for key in _at(data, steps) or ():
            trial = _with_only(data, steps, key)
            try:
                msgspec.convert(trial, kind)
            except msgspec.ValidationError as error:
                if str(error) == text:
                    data, steps, known = trial, [*steps, key, *_steps(rest)], f"{known}.{key}{rest}"
                    break
        else:
            return text
    return text.replace(f"`{path}`", f"`{known}`") if others else text


def _steps(path: str) -> list[str | int]:
    return [key or int(index) for key, index in _STEP.findall(path)]


def _at(data: Any, steps: list[str | int]) -> Any:
    for step in steps:
        data = data[step]
    return data


def _with_only(data: Any, steps: list[str | int], key: str) -> Any:
    """Return data in which the mapping at the end of the steps has one entry."""
    if not steps:
        return {key: data[key]}
    copy = data.copy()
    copy[steps[0]] = _with_only(data[steps[0]], steps[1:], key)
    return copy


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not fit a msgspec type: where (``$.a[0].b``), what is wrong, what would be right.

    ``suggestion`` is the known word that was probably meant.
    """

    path: str
    message: str
    hint: str | None = None
    suggestion: str | None = None

    @property
    def advice(self) -> str | None:
        """The suggestion or the hint as words for a person."""
        return f"did you mean {self.suggestion!r}?" if self.suggestion else self.hint


def explain(text: str, kind: type) -> Problem:
    """Return msgspec's complaint about data for ``kind`` in words for a person."""
    message, _, path = text.partition(" - at `")
    of_key = path.startswith("key` in `")
    path = path.removeprefix("key` in `").rstrip("`") or "$"
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", message)
    if unknown:
        known = _fields_at(kind, path)
        hint = f"known are {', '.join(sorted(known))}" if known else None
        near = did_you_mean(unknown[1], known)
        return Problem(f"{path}.{unknown[1]}", f"unknown key {unknown[1]!r}", hint, near)
    hint = None
    wrong_type = re.fullmatch(r"Expected `(.*)`, got `(.*)`", message)
    if wrong_type:
        message = f"a value of another type is wanted here ({wrong_type[2]} is given)"
        friendly = _TYPES.get(wrong_type[1].partition(" ")[0], "a value")
        hint = f"{friendly} ({wrong_type[1]}) would be right"
    if message.startswith("Invalid enum value"):
        types = _parts(_types_at(kind, path))
        if of_key:
            types = [get_args(item)[0] for item in types if get_origin(item) is dict]
        allowed = [str(value) for item in types for value in _literals(item)]
        hint = f"{', '.join(allowed)} would be right" if allowed else None
    missing = re.fullmatch(r"Object missing required field `(.*)`", message)
    if missing:
        message, hint = f"the key {missing[1]!r} is missing", None
    return Problem(path, message[:1].lower() + message[1:], hint)


def _types_at(kind: Any, path: str) -> list[Any]:
    """Return the types that may stand at a path of a msgspec type."""
    types = [kind]
    for name, index in re.findall(r"\.([^.\[]+)|(\[[^\]]*\])", path):
        found: list[Any] = []
        for item in _parts(types):
            if name and isinstance(item, type) and issubclass(item, msgspec.Struct):
                found += [field.type for field in msgspec.structs.fields(item) if field.encode_name == name]
            elif name and get_origin(item) is dict:
                found.append(get_args(item)[1])
            elif index:
                found += list(getattr(item, "__args__", ()))[-1:]
        types = found
    return types


def _fields_at(kind: Any, path: str) -> list[str]:
    """Return the keys that are known where an unknown one stands."""
    names: list[str] = []
    for item in _parts(_types_at(kind, path)):
        if isinstance(item, type) and issubclass(item, msgspec.Struct):
            names += [field.encode_name for field in msgspec.structs.fields(item)]
    return names


def _literals(kind: Any) -> tuple[Any, ...]:
    """Return the values of a Literal type."""
    return get_args(kind) if get_origin(kind) is Literal else ()


def _parts(types: list[Any]) -> list[Any]:
    """Flatten unions."""
    flat: list[Any] = []
    for item in types:
        arguments = getattr(item, "__args__", ())
        if arguments and get_origin(item) not in (list, dict, tuple, Literal):
            flat += _parts(list(arguments))
        else:
            flat.append(item)
    return flat


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):  # libyaml says "" for a plain scalar, PyYAML None
        return text
    if text in _LITERALS:
        return _LITERALS[text]
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    return float(text) if match[1] or match[2] else int(text)


def read_yaml(path: Path, loader: Callable[[Path], str] | None = None) -> YamlFile:
    """Read a YAML file; raises FileError for what cannot be read or is no YAML."""
    try:
        text = loader(path) if loader else path.read_text("utf-8-sig")
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise FileError("is not UTF-8", where=str(path), hint="save it as UTF-8") from None
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise FileError(f"is not YAML: {error.problem or error}", where=where) from None
    except yaml.YAMLError as error:
        raise FileError(f"is not YAML: {error}", where=str(path)) from None
    result = YamlFile(path, None)
    if root is not None:
        result.data = _build(root, "$", result)
    return result


_MAX_VALUES = 200_000


def _build(node: yaml.Node, path: str, into: YamlFile, around: tuple[int, ...] = ()) -> Any:
    if len(into.positions) > _MAX_VALUES:
        # Few lines of aliases can stand for more values than memory holds.
        raise FileError(f"has more than {_MAX_VALUES} values", where=str(into.path))
    if id(node) in around or len(around) > 100:
        at = f"{into.path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
        raise FileError("is nested within itself or too deeply", where=at)
    around = (*around, id(node))
    into.positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            at = f"{into.path}:{key_node.start_mark.line + 1}:{key_node.start_mark.column + 1}"
            if not isinstance(key_node, yaml.ScalarNode):
                raise FileError("a key is plain text", where=at)
            key = key_node.value
            if key in mapping:
                raise FileError(f"the key {key!r} stands twice", where=at)
            inner = f"{path}.{key}"
            into.positions[inner] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            mapping[key] = _build(value_node, inner, into, around)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, f"{path}[{index}]", into, around) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    try:
        return _scalar(node)
    except ValueError:  # Python refuses to convert endless integers
        raise into.error(path, "the number is too long") from None
