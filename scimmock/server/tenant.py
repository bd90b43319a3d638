"""One tenant: a directory with everything that serves it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ..clock import Clock
from ..errors import ScimError
from ..faults.call import Pending
from ..faults.ruleset import RuleSet
from ..findings.examine import Examiner
from ..journal.ring import Budget, Journal
from ..quirks.quirkset import QuirkSet
from ..scim.discovery import Discovery
from ..scim.engine import Service
from ..scim.page import Cursors
from ..scim.policy import Policy
from ..scim.schema import ResourceType
from ..store.directory import Directory
from ..store.history import attach, detach
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply
from .auth import Authenticator, Issued
from .blueprint import Blueprint
from .codec import JsonEncoder
from .population import CREATED
from .reply import error_reply

if TYPE_CHECKING:
    from .replaying import Replaying


def _below(path: str, base: str) -> bool:
    return path.startswith(base) and path[len(base) : len(base) + 1] in ("/", "")


Encode = Callable[[ResourceType, dict[str, Any]], tuple[bytes, bool]]


class Tenant:
    """One directory with everything that serves it.

    ``faces`` serve it under other behaviours, each at its own base path; a face is ``of`` the tenant
    whose directory, journal, rules and credentials it shares.
    """

    def __init__(
        self,
        name: str,
        blueprint: Blueprint,
        directory: Directory,
        clock: Clock,
        budget: Budget,
        issued: dict[str, Issued],
        of: Tenant | None = None,
    ) -> None:
        behaviour = blueprint.layers.behaviour
        self.name = name
        self.blueprint = blueprint
        self.clock = clock
        self.types = behaviour.types
        self.media_type = (
            behaviour.file.behaviour.media_type if behaviour.file.behaviour else ""
        ).encode() or (b"application/scim+json")
        self.prefix = f"/t/{name}" if name else ""
        self.base_path = blueprint.base_path
        self.directory = directory
        self.faces: list[Tenant] = []
        self.of = of
        self.replaying: Replaying | None = None
        if blueprint.replay is not None:
            from .replaying import Replaying  # few play a session: it is loaded for those

            base = f"{self.prefix}{self.base_path}"
            self.replaying = Replaying(blueprint.replay, base, of.replaying if of is not None else None)
        if of is None:
            self.auth = Authenticator(
                blueprint.auth, blueprint.tokens, clock.now, blueprint.auth_required, issued
            )
            self.journal = Journal(budget, started=clock.now(), seed=blueprint.seed)
            names = {resource_type.endpoint[1:]: resource_type.name for resource_type in self.types}
            self.faults = RuleSet(blueprint.seed, clock, names)
            self.examiner = Examiner(self.types, blueprint.profiles)
            self.faults.on_history = self._remember
            self.faults.put(blueprint.rules)
        else:
            self.auth, self.journal, self.faults = of.auth, of.journal, of.faults
            self.examiner = of.examiner
        behaviour_spec = behaviour.file.behaviour
        self.open = frozenset(behaviour_spec.open if behaviour_spec else ("ServiceProviderConfig",))
        self.encoder = JsonEncoder()
        self.endpoints = {resource_type.endpoint[1:]: resource_type for resource_type in self.types}
        # From the seed, so that two runs give the same cursors; a cursor opens nothing.
        self._cursor_key = blake2b(f"{blueprint.seed}\0{name}".encode(), digest_size=16).digest()
        self._base_urls: dict[bytes, tuple[bytes, str]] = {}
        self._behave(blueprint.quirk_set)

    def _behave(self, quirks: QuirkSet) -> None:
        """Serve with these quirks from now on."""
        if self.of is None:
            self.faults.replace_source("quirk", self.blueprint.rules_of(quirks))
        self.quirks = quirks
        self.policy = self.blueprint.policy_under(quirks)
        # What the journal has to know where it is not SCIM 2.0 at the usual base path.
        usual = self.of is None and quirks.version == "2.0"
        self.speaks = None if usual else (self.base_path, quirks.version)
        self._cursors = Cursors(self._cursor_key, self.clock.now, self.policy.paging.cursor_timeout)
        schemes = self.auth.schemes or ("bearer",)
        self.discovery = Discovery(
            self.types, self.policy, self.encoder, schemes, CREATED, quirks.dress_config
        )
        self.adopt(self.directory)

    def change_quirks(self, quirks: QuirkSet) -> None:
        """Serve with other quirks from now on; what is stored stays as it is.

        Raises RuleError, and changes nothing, when the rules of a quirk cannot be put in force.
        """
        self._behave(quirks)
        for table in self.directory.tables.values():
            table.own()
            table.prepared.clear()

    def face(self, path: str) -> Tenant:
        """Return the face of this tenant that a path is for, itself for any other.

        The longest base path wins where one lies below another.
        """
        found, length = self, len(self.base_path) if _below(path, self.base_path) else 0
        for face in self.faces:
            if len(face.base_path) > length and _below(path, face.base_path):
                found, length = face, len(face.base_path)
        return found

    def base_url(self, root: bytes) -> tuple[bytes, str]:
        """Return the URL of the tenant's service under a root URL, as bytes and as text."""
        found = self._base_urls.get(root)
        if found is None:
            url = root + f"{self.prefix}{self.base_path}".encode()
            found = url, url.decode()
            if len(self._base_urls) < 100:
                self._base_urls[root] = found
        return found

    def adopt(self, directory: Directory) -> None:
        """Serve another directory from now on."""
        self.directory = directory
        directory.minter.form = self.quirks.ids or self.blueprint.ids
        self.service = self.service_on(directory)
        directory.encode = self.service.default_view
        for face in self.faces:
            face.adopt(directory)
        self._remember(self.faults.keeps_history)
        # What the clients did before has nothing to do with these resources.
        self.examiner.forget(self.journal.last)

    def _remember(self, wanted: bool) -> None:
        """Let the directory keep what it was, or not."""
        if wanted:
            attach(self.directory, self.clock.elapsed)
        elif self.directory.history is not None:
            detach(self.directory)

    def service_on(self, store: Any = None, policy: Policy | None = None) -> Service:
        """Return a service on another store or under another policy, otherwise like the tenant's own.

        A store that is not the tenant's directory shows its resources as the service does.
        """
        service = Service(
            self.types,
            policy or self.policy,
            self.directory if store is None else store,
            self.encoder,
            self.clock.text,
            self._cursors,
            self.quirks.dress,
        )
        if store is not None and store is not self.directory:
            store.encode = service.default_view
        return service

    def replay(self, exchange: Exchange, path: str, body: bytes, base_url: str) -> Reply | None:
        """Return the recorded answer to a request; None where there is no session, or the engine answers."""
        replaying = self.replaying
        if replaying is None:
            return None
        directory = self.directory
        if replaying.follower is not None:
            replaying.follower.apply(directory, self.types, self.clock.text)
        is_open = not self.auth.required
        reply = replaying.answer(
            exchange, path, body, base_url, is_open, lambda id: directory.find(id) is not None
        )
        if replaying.follower is not None:
            replaying.follower.apply(directory, self.types, self.clock.text)
        return reply

    def error_reply(self, error: ScimError) -> Reply:
        """Return an error as this service words it."""
        error = self.quirks.refuse(error)
        return self.quirks.error(error, error_reply(error))

    def schedule(self, pending: Pending) -> None:
        """Do something at the beginning of the first request for which it is due."""
        self.faults.schedule(pending)

    def find_user(self, user_name: str) -> tuple[ResourceType, str] | None:
        """Return the type and id of the user with that userName."""
        for resource_type in self.types:
            if "userName" in self.directory.indexed(resource_type.name):
                for id in self.directory.lookup(resource_type.name, "userName", user_name):
                    return resource_type, id
        return None
