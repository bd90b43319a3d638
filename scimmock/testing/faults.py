"""The fault rules of a tenant in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..control import faults as calls
from ..faults.python import rule_of
from .reach import Access

__all__ = ["Fault", "Faults"]


class Fault:
    """One rule in force."""

    def __init__(self, access: Access, name: str) -> None:
        self._access = access
        self.name = name

    def __repr__(self) -> str:
        return f"<fault {self.name!r}, {self.hits} hits>"

    @property
    def document(self) -> dict[str, Any]:
        """The rule as the control API lists it; raises UsageError when it is gone."""

        def listed(tenant: Any) -> dict[str, Any]:
            calls.check_name(tenant.faults, self.name)
            return next(rule for rule in tenant.faults.listing() if rule["name"] == self.name)

        return self._access.call(listed)

    @property
    def hits(self) -> int:
        """How often it has fired."""
        return int(self.document["hits"])

    @property
    def seen(self) -> int:
        """How many requests it was asked about."""
        return int(self.document["seen"])

    @property
    def left(self) -> int | None:
        """How often it will fire yet, None for no end."""
        left = self.document["left"]
        return None if left is None else int(left)

    @property
    def enabled(self) -> bool:
        """Whether it is switched on."""
        return bool(self.document["enabled"])

    def enable(self) -> None:
        """Switch it on."""
        self._access.call(lambda tenant: calls.switch(tenant, self.name, True))

    def disable(self) -> None:
        """Switch it off; it keeps its counts."""
        self._access.call(lambda tenant: calls.switch(tenant, self.name, False))

    def remove(self) -> None:
        """Remove it."""
        self._access.call(lambda tenant: calls.remove(tenant, self.name))


class Faults:
    """The rules of a tenant, those of its fixture included.  What is wrong in a rule is a UsageError."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def __repr__(self) -> str:
        return f"<faults {', '.join(fault.name for fault in self) or 'none'}>"

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Fault]:
        return (Fault(self._access, name) for name in self._names())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __getitem__(self, name: str) -> Fault:
        """Return the rule of that name; raises UsageError."""
        fault = Fault(self._access, name)
        assert fault.document
        return fault

    def _names(self) -> list[str]:
        return self._access.call(lambda tenant: [rule["name"] for rule in tenant.faults.listing()])

    def add(self, rule: Mapping[str, Any] | Callable[..., Any] | None = None, /, **parts: Any) -> Fault:
        """Put a rule in force: ``add(match={"operation": "create"}, when={"first": 1}, do={"status": 429})``.

        ``rule`` is the same as a mapping, or a function under `scimmock.faults.python.fault`, which is
        called in the server's thread.
        """
        if callable(rule) and not isinstance(rule, Mapping):
            made = rule_of(rule)

            def put(tenant: Any) -> list[dict[str, Any]]:
                tenant.faults.put([made])
                return calls.announced(tenant, [made])

            return self._of(self._access.call(put))[0]
        document = {**(rule or {}), **parts}
        return self._of(self._access.call(lambda tenant: calls.add(tenant, document)))[0]

    def add_all(self, rules: Sequence[Mapping[str, Any]]) -> list[Fault]:
        """Put several rules in force, all or none."""
        document = {"faults": [dict(rule) for rule in rules]}
        return self._of(self._access.call(lambda tenant: calls.add(tenant, document)))

    def add_pack(self, name: str) -> list[Fault]:
        """Put the rules of a pack in force."""
        return self._of(self._access.call(lambda tenant: calls.add(tenant, {"pack": name})))

    def clear(self, everything: bool = False) -> None:
        """Remove all rules but those of the fixture and of quirks, or these too."""
        self._access.call(lambda tenant: calls.clear(tenant, everything))

    def _of(self, stored: list[dict[str, Any]]) -> list[Fault]:
        return [Fault(self._access, rule["name"]) for rule in stored]
