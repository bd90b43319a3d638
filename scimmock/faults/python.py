"""Faults written in Python: ``--faults my_faults.py``.

A file defines functions under `fault`; each is a rule whose action is the function::

    from scimmock.faults.python import fault

    @fault(match={"operation": "create", "filter": 'userType eq "Guest"'}, when={"first": 2})
    def no_guests_yet(call):
        return 503

An error in a function is reported in the log and the trace, and the request is served without it.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
import runpy
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from ..errors import FileError, ScimError
from ..scim.answer import Answer
from ..traffic.reply import Reply
from .base import Action, Run, Stage
from .call import Call
from .errors import RuleError
from .rule import Fired, Rule, read_rule

log = logging.getLogger("scimmock")

Moment = Literal["before", "engine", "after"]
_HEADER_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_MARK = "__scimmock_fault__"
Function = Callable[..., Any]
# What would end the server, or the request, otherwise; a task that is really cancelled stays so.
_ERRORS = (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError)


def fault(
    *,
    stage: Moment = "before",
    match: dict[str, Any] | None = None,
    when: dict[str, Any] | None = None,
    name: str | None = None,
    goes_on: bool = False,
) -> Callable[[Function], Function]:
    """Make a function a fault rule; ``match`` and ``when`` are those of every rule.

    ``goes_on`` is a rule's ``continue``: whoever only looks does not keep later rules from firing.

    ``before(call)`` may return a status or a Reply to answer instead of the service, ``engine(call, run)``
    runs the service itself with ``run()`` and returns an Answer, ``after(call, reply)`` may change the
    reply or return another.  ``before`` may be a coroutine function.
    """

    def mark(function: Function) -> Function:
        rule = {"name": name or function.__name__, "match": match or {}, "when": when or {}}
        setattr(function, _MARK, (stage, {**rule, "continue": goes_on}))
        return function

    return mark


def load_python(path: Path) -> list[Rule]:
    """Run a file and return its rules; raises FileError with the line for what is wrong in it."""
    try:
        names = runpy.run_path(str(path))
    except SyntaxError as error:
        where = f"{error.filename or path}:{error.lineno or 1}"  # it may be a file that this one imports
        raise FileError(f"is not Python: {error.msg}", where=where) from None
    except (Exception, SystemExit) as error:
        raise FileError(f"failed: {_told(error)}", where=f"{path}:{_line(error, path)}") from None
    rules: list[Rule] = []
    for function in names.values():
        if getattr(function, _MARK, None) is None:
            continue
        rule = rule_of(function, path)
        if any(rule.name == other.name for other in rules):
            where = f"{path}:{function.__code__.co_firstlineno}"
            raise FileError(f"the name {rule.name!r} stands twice", where=where)
        rules.append(rule)
    if not rules:
        raise FileError("has no faults", where=str(path), hint="functions under @fault(...) would be some")
    return rules


def rule_of(function: Any, path: Path | None = None) -> Rule:
    """Return the rule of a function under `fault`, of a file; raises FileError with the line."""
    if not inspect.isfunction(function):
        raise FileError(f"{function!r} is no function", where=str(path) if path is not None else None)
    path = Path(function.__code__.co_filename) if path is None else path
    where = f"{path}:{function.__code__.co_firstlineno}"
    marked = getattr(function, _MARK, None)
    if marked is None:
        raise FileError(f"{function.__name__} is no fault", where=where, hint="@fault(...) makes it one")
    stage, spec = marked
    if stage not in _KINDS:
        raise FileError(f"the stage is {', '.join(_KINDS)}, not {stage!r}", where=where)
    if stage != "before" and inspect.iscoroutinefunction(function):
        raise FileError(f"a function for the stage {stage!r} cannot be async", where=where)
    return _rule(path, where, function, stage, spec)


def _rule(path: Path, where: str, function: Function, stage: Moment, spec: dict[str, Any]) -> Rule:
    try:
        checked = read_rule({**spec, "do": {"status": 500}}, "", spec["name"], "faults")
    except RuleError as error:
        problem = f"{error.path.lstrip('.')}: {error.message}"
        raise FileError(problem, where=where, hint=error.advice) from None
    shown = {**spec, "do": {"python": f"{path.name}:{function.__name__}"}}
    return Rule(shown, checked.name, lambda: _KINDS[stage](function=function, path=path), "faults")


class _PythonFault(Action):
    """Calls a function of the user's; an error in it is reported and otherwise without effect."""

    function: Any
    path: Any

    def report(self, error: BaseException, fired: Fired) -> None:
        """Tell the log and the trace, with the line of the user's file."""
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise error
        line = _line(error, self.path, self.function.__code__.co_firstlineno)
        told = f"{self.path}:{line}: {_told(error)}"
        log.error("the fault %r failed: %s", fired.rule.name, told)
        fired.tell(error=told)


class _Before(_PythonFault):
    name: ClassVar[str] = "python"
    stage: ClassVar[Stage] = Stage.ANSWER
    at_proxy: ClassVar[bool] = True

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        try:
            result = self.function(call)
            if inspect.isawaitable(result):
                result = await result
            return _as_reply(result, call)
        except _ERRORS as error:
            self.report(error, fired)
            return None


class _Engine(_PythonFault):
    name: ClassVar[str] = "python"
    stage: ClassVar[Stage] = Stage.STATE

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        outcome: list[Answer] = []

        def remembered(*args: Any, **options: Any) -> Answer:
            outcome[:] = [run(*args, **options)]
            return outcome[0]

        try:
            answer = self.function(call, remembered)
            if not isinstance(answer, Answer):
                raise TypeError(f"an Answer is wanted, {type(answer).__name__} was returned")
            return answer
        except ScimError:
            raise
        except _ERRORS as error:
            self.report(error, fired)
            return outcome[0] if outcome else run()


class _After(_PythonFault):
    name: ClassVar[str] = "python"
    stage: ClassVar[Stage] = Stage.BODY
    at_proxy: ClassVar[bool] = True

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        try:
            given = _copy(reply)  # what the function breaks is not sent
            result = self.function(call, given)
            return _as_reply(given if result is None else result, call) or reply
        except _ERRORS as error:
            self.report(error, fired)
            return reply


_KINDS: dict[str, type[_PythonFault]] = {"before": _Before, "engine": _Engine, "after": _After}


def _as_reply(result: Any, call: Call) -> Reply | None:
    if result is None:
        return None
    if isinstance(result, Reply):
        return _checked(_copy(result))
    if isinstance(result, int) and not isinstance(result, bool) and 200 <= result <= 599:
        return call.ground.error_reply(ScimError(result, "a fault of scimmock"))
    raise TypeError(f"a status, a Reply or None is wanted, {result!r} was returned")


def _copy(reply: Reply) -> Reply:
    return replace(reply, headers=list(reply.headers))


def _checked(reply: Reply) -> Reply:
    """Return a reply that can be sent; raises TypeError and ValueError."""
    if type(reply.status) is not int or not (200 <= reply.status <= 599 or reply.delivery is not None):
        raise ValueError(f"a status from 200 to 599 is wanted, not {reply.status!r}")
    if type(reply.body) is not bytes:
        raise TypeError(f"the body is bytes, not {type(reply.body).__name__}")
    for pair in reply.headers:
        name, value = pair if isinstance(pair, tuple) and len(pair) == 2 else (None, None)
        if type(name) is not bytes or type(value) is not bytes:
            raise TypeError(f"a header is a pair of bytes, not {pair!r}")
        if not _HEADER_NAME.fullmatch(name) or b"\r" in value or b"\n" in value or b"\0" in value:
            raise ValueError(f"the header {pair!r} cannot be sent")
    if reply.media_type is not None and type(reply.media_type) is not bytes:
        raise TypeError("the media type is bytes")
    return reply


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _line(error: BaseException, path: Path, default: int = 1) -> int:
    """Return the last line of the file that the error came through."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return (lines[-1] if lines else None) or default
