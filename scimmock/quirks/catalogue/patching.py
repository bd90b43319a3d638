"""PATCH requests that a service refuses or does not carry out."""

from __future__ import annotations

from typing import Literal

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer, Request
from ...scim.policy import Policy
from ..asks import (
    as_list,
    assigned,
    attributes_of,
    member,
    op_of,
    operations,
    path_of,
    removed_keys,
    says_false,
    says_true,
    touches,
)
from ..base import Quirk, quirk
from ..replies import several


@quirk(
    "patch-ignored-204",
    who="Logfire (earlier)",
    standard="what cannot be applied is an error (RFC 7644 section 3.5.2)",
)
class PatchIgnored(Quirk):
    """Answers PATCH with 204 and applies nothing.

    ``attributes`` limits that to requests which are for these attributes only; ``when: refused`` to
    requests which the standard answers with 400.
    """

    attributes: str | tuple[str, ...] = ()
    when: Literal["always", "refused"] = "always"

    def engine(self, call: Call, run: Run) -> Answer:
        """Do nothing, successfully; a resource that is not there is still an error."""
        if call.operation != "patch" or not self._is_meant(call):
            return run()
        if self.when == "refused":
            try:
                return run()
            except ScimError as error:
                if error.status != 400:
                    raise
        call.acted(self.name)
        return self._nothing(call, run)

    def _is_meant(self, call: Call) -> bool:
        named = {name.lower() for name in several(self.attributes)}
        touched = {name for item in operations(_body(call)) for name in attributes_of(item)}
        return not named or touched <= named

    @staticmethod
    def _nothing(call: Call, run: Run) -> Answer:
        kind, request = call.resource_type, call.request
        if kind is None or call.id is None or request is None:
            return run()
        found = call.service.read(kind, call.id, Request(if_match=request.if_match))
        return Answer(204, None, found.location, found.etag, kind.name, call.id)


def _body(call: Call) -> object:
    return call.request.body if call.request is not None else None


@quirk(
    "patch-path-required",
    who="AWS IAM Identity Center, the draft SCIM interoperability profile (invalidSyntax)",
    standard="the path is optional for add and replace (RFC 7644 section 3.5.2)",
)
class PatchPathRequired(Quirk):
    """Refuses PATCH operations without path.

    ``single_attribute`` lets them pass when they add or replace one attribute only, as AWS does;
    ``scim_type`` is that of the refusal otherwise.
    """

    single_attribute: bool = False
    scim_type: str = "invalidPath"

    def request(self, call: Call) -> None:
        """Refuse."""
        if call.operation != "patch":
            return
        for operation in operations(_body(call)):
            if path_of(operation) or (self.single_attribute and len(attributes_of(operation)) == 1):
                continue
            call.acted(self.name)
            if self.single_attribute:
                raise ScimError(
                    400,
                    'Current PATCH support allows omitting "path" attribute only for Add and Replace'
                    " operations modifying a single attribute.",
                )
            raise ScimError(400, "every operation needs a path", self.scim_type or None, about="path")


@quirk(
    "patch-active-only",
    who="Sentry",
    standard="any attribute that can be written can be patched (RFC 7644 section 3.5.2)",
)
class PatchActiveOnly(Quirk):
    """Refuses every PATCH of a user but the one that sets active to false.

    ``reactivates`` lets active be set to true as well.
    """

    reactivates: bool = False

    def request(self, call: Call) -> None:
        """Refuse."""
        kind = call.resource_type
        if call.operation != "patch" or kind is None or kind.attribute("active") is None:
            return
        for operation in operations(_body(call)):
            values = assigned(operation, "active")
            fits = len(values) == 1 and attributes_of(operation) == ["active"]
            if fits and (says_false(values[0]) or (self.reactivates and says_true(values[0]))):
                continue
            call.acted(self.name)
            raise ScimError(400, "Invalid Patch Operation")


@quirk(
    "patch-max-ops",
    who="AWS IAM Identity Center (membership changes), HCP Terraform (operations)",
    standard="no limit is defined",
)
class PatchMaxOps(Quirk):
    """Refuses PATCH requests that change too many members.

    ``most`` is how many may be changed; ``count: operations`` counts operations instead of members.
    """

    most: int = 100
    count: Literal["members", "operations"] = "members"

    def request(self, call: Call) -> None:
        """Refuse."""
        if call.operation != "patch":
            return
        listed = operations(_body(call))
        if self.count == "operations":
            changes = len(listed)
        else:
            changes = sum(
                len(as_list(value)) for operation in listed for value in assigned(operation, "members")
            ) + sum(len(removed_keys(operation, "members")) for operation in listed)
        if changes > self.most:
            call.acted(self.name)
            raise ScimError(400, f"a PATCH has at most {self.most} {_COUNTED[self.count]}", about=self.count)


_COUNTED = {"members": "membership changes", "operations": "operations"}


@quirk(
    "valuepath-unsupported",
    who="GitHub organisations, many others",
    standard="a path may hold a filter (RFC 7644 section 3.5.2)",
)
class ValuePathUnsupported(Quirk):
    """Refuses PATCH paths with a filter in brackets.

    ``members_pass`` still takes them for members.
    """

    members_pass: bool = False

    def request(self, call: Call) -> None:
        """Refuse."""
        if call.operation != "patch":
            return
        for operation in operations(_body(call)):
            if "[" in path_of(operation) and not (self.members_pass and touches(operation, "members")):
                call.acted(self.name)
                raise ScimError(400, f"the path {path_of(operation)!r} is not supported", "invalidPath")


@quirk(
    "valuepath-no-match-error",
    who="scim-patch",
    standard="noTarget for a replace (RFC 7644 section 3.5.2.3); of an add it says nothing",
)
class ValuePathNoMatch(Quirk):
    """Answers noTarget to an add or replace whose filter matches no value, instead of creating one."""

    def policy(self, policy: Policy) -> Policy:
        """Create nothing."""
        return policy.with_leniency(value_path_creates=False)


@quirk(
    "case-sensitive-op",
    who="several",
    standard="the schema of PatchOp does not make a difference, Entra sends Add, Replace and Remove",
)
class CaseSensitiveOp(Quirk):
    """Refuses PATCH operations whose op is not all in lower case."""

    def request(self, call: Call) -> None:
        """Refuse."""
        if call.operation != "patch":
            return
        for index, operation in enumerate(operations(_body(call))):
            given = member(operation, "op")
            if isinstance(given, str) and given != op_of(operation):
                call.acted(self.name)
                raise ScimError(
                    400, f"Operations[{index}].op is add, replace or remove, not {given}", "invalidSyntax"
                )
