"""`lost_update`, `duplicate_create` and `uniqueness_race`: what happens to writes that are not guarded."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from ...errors import ScimError
from ...scim.answer import Answer
from ...traffic.reply import Reply
from ..base import Action, Run, Stage, action
from ..call import Call
from ..document import read_document
from ..rule import Fired


@action(Stage.STATE, tentative=True)
class LostUpdate(Action):
    """Applies a PATCH to the resource as it was before its latest change, which is lost by that.

    So it is with a service that reads, changes and writes without a lock, when two clients meet: an
    old list of members wins.
    """

    lost_update: Literal[True]

    keeps_history: ClassVar[bool] = True

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Put the former state in the place of the present one, then run."""
        store, kind, id = call.service.store, call.resource_type, call.id
        if call.operation != "patch" or kind is None or id is None:
            return run()
        present = store.get(kind.name, id)
        former = call.ground.directory.history.previous(kind.name, id)
        if present is None or former is None:
            return run()
        store.replace(kind.name, id, {**former, "meta": present["meta"]})
        try:
            answer = run()
        except ScimError:
            store.replace(kind.name, id, present)
            raise
        fired.count(effect="the change before this one is lost")
        return answer


@action(Stage.STATE, tentative=True)
class DuplicateCreate(Action):
    """Makes a second resource where a create conflicts with one that exists (409 by the standard)."""

    duplicate_create: Literal[True]

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Run as usual, and without the check for uniqueness where that stands in the way."""
        try:
            return run()
        except ScimError as error:
            if call.operation != "create" or error.scim_type != "uniqueness":
                raise
        # Not the tenant's own: the write may be one that is lost.
        service = call.ground.service_on(call.service.store)
        service.unique = dict.fromkeys(service.unique, ())
        answer = run(service)
        fired.count(effect="a second resource was made")
        return answer


@action(Stage.STATE, tentative=True, at_proxy=True)
class UniquenessRace(Action):
    """Answers a conflict of uniqueness with a server error instead of 409, as where the database finds it.

    The main value is ``true`` for 500, or the status.
    """

    uniqueness_race: Literal[True] | Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str = "Internal Server Error: duplicate key value violates unique constraint"

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Run, and put the server error in the place of the conflict."""
        try:
            return run()
        except ScimError as error:
            if error.scim_type != "uniqueness":
                raise
            fired.count(instead_of=error.status)
            raise self._error() from None

    def answered(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Put the server error in the place of the conflict; not all services give it its scimType."""
        document = read_document(reply.body) or {}
        if reply.status != 409 or document.get("scimType", "uniqueness") != "uniqueness":
            return reply
        fired.count(instead_of=409)
        return call.ground.error_reply(self._error())

    def _error(self) -> ScimError:
        return ScimError(500 if self.uniqueness_race is True else self.uniqueness_race, self.detail)
