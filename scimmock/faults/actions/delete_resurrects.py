"""`delete_resurrects`: what was deleted comes back."""

from __future__ import annotations

from ...errors import ScimError
from ...scim.answer import Answer
from ...store.history import restore_document
from ..base import Action, Run, Stage, action
from ..call import Call, Pending
from ..rule import Fired
from ..values import Lag


@action(Stage.STATE, tentative=True)
class DeleteResurrects(Action):
    """Deletes a resource, which comes back later with its old id.

    The main value is a duration, ``{requests: n}`` (the n requests that follow find it gone) or
    ``true`` (one request).  The groups that it was a member of do not get it back.
    """

    delete_resurrects: Lag

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Delete, and see to the return."""
        ground, kind, id = call.ground, call.resource_type, call.id
        directory = ground.directory
        if call.operation != "delete" or kind is None or id is None:
            return run()
        before = directory.get(kind.name, id)
        answer = run()
        # What another rule keeps from being deleted, or the service only deactivates, cannot come back.
        if before is None or directory.get(kind.name, id) is not None:
            return answer
        fired.count(effect="deleted, will come back")
        end = ground.clock.elapsed() + self.delete_resurrects.seconds
        left = self.delete_resurrects.count

        def due() -> bool:
            nonlocal left
            if left == 0:
                return ground.clock.elapsed() >= end
            left -= 1
            return False

        def act() -> None:
            if ground.directory is not directory or directory.find(id) is not None:
                return
            try:
                ground.service.check_unique(kind, before, None, id)
            except ScimError:
                return  # somebody has taken its place
            restore_document(directory, kind.name, id, before)

        ground.schedule(Pending(fired.rule.name, due, act, counts=left > 0))
        return answer
