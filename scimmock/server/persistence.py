"""``--db FILE``: all directories of a server in one file, written off the request path.

A snapshot is written at most every `INTERVAL` seconds when something changed, and at the end.  A
SIGKILL loses what changed since the last snapshot, never the file.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from ..errors import FileError
from ..store.directory import Directory
from ..store.snapshot import Lock, read_snapshot, remove_leftovers, write_snapshot
from .blueprint import Blueprint, blueprint_for
from .tenants import Tenants

INTERVAL = 5.0
log = logging.getLogger("scimmock")


class Persistence:
    """Loads the file at the start and keeps it up to date."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = Lock(path)
        self._written: object = None
        self._writing: asyncio.Task[None] | None = None

    def open(self, tenants: Tenants) -> bool:
        """Lock the file and load it if it exists; False when it is new.  Raises FileError."""
        self.lock.acquire()
        remove_leftovers(self.path)
        if not self.path.exists():
            return False
        try:
            header, tables = read_snapshot(self.path)
            try:
                for name, state in header["tenants"].items():
                    self._load(tenants, name, state, tables)
                if "" not in tenants.tenants:
                    raise KeyError("the default tenant")
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise FileError(f"is damaged: its header is wrong at {error}", where=str(self.path)) from None
        except BaseException:
            self.lock.release()
            raise
        self._written = self._state(tenants)
        return True

    def _load(self, tenants: Tenants, name: str, state: dict[str, Any], tables: dict[str, Any]) -> None:
        blueprint: Blueprint = tenants.blueprint
        if name and state.get("own"):
            own = state["own"]
            blueprint = blueprint_for(
                blueprint,
                tuple(own["fixtures"]),
                own["users"],
                own["groups"],
                own["seed"],
                tuple(own.get("also", ())),
            )
        directory = tenants.empty_directory(blueprint, name)
        prefix = f"t/{name}/" if name else ""
        for resource_type in directory.types:
            table = directory.tables[resource_type.name]
            for id, document in tables.get(prefix + table.name, {}).items():
                table.put_new(id, document)
        directory.version = state.get("version", 0)
        directory.minter.retired = set(state.get("retired", ()))
        tenants.place(name, blueprint, directory)

    def _state(self, tenants: Tenants) -> object:
        return [
            (name, directory.serial, directory.revision, directory.version, len(directory.minter.retired))
            for name, directory in ((name, tenant.directory) for name, tenant in tenants.tenants.items())
        ]

    def _capture(self, tenants: Tenants) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
        """Return a consistent view of everything: documents are never changed, only replaced."""
        header: dict[str, Any] = {"tenants": {}}
        tables: list[tuple[str, Any]] = []
        for name, tenant in tenants.tenants.items():
            directory: Directory = tenant.directory
            state: dict[str, Any] = {
                "version": directory.version,
                "retired": sorted(directory.minter.retired),
            }
            if name and tenant.blueprint is not tenants.blueprint:
                people = tenant.blueprint.population
                state["own"] = {
                    "fixtures": list(tenant.blueprint.layers.arguments),
                    "also": list(tenant.blueprint.layers.also),
                    "users": people.users,
                    "groups": people.groups,
                    "seed": tenant.blueprint.seed,
                }
            header["tenants"][name] = state
            prefix = f"t/{name}/" if name else ""
            for table in directory.tables.values():
                tables.append((prefix + table.name, list(table.items())))
        return header, tables

    async def run(self, tenants: Tenants) -> None:
        """Write snapshots until cancelled; one that is being written goes on."""
        while True:
            await asyncio.sleep(INTERVAL)
            if self._state(tenants) != self._written:
                self._writing = asyncio.create_task(self._save(tenants))
                await asyncio.shield(self._writing)

    async def _save(self, tenants: Tenants) -> None:
        """Write a snapshot in a thread; a failure is logged and tried again later."""
        state = self._state(tenants)
        header, tables = self._capture(tenants)
        try:
            await asyncio.to_thread(write_snapshot, self.path, header, tables)
        except OSError as error:
            log.error("%s cannot be written: %s", self.path, error.strerror)
        else:
            self._written = state

    async def close(self, tenants: Tenants) -> None:
        """Wait for a snapshot that is being written, write the last one, give the lock back.

        Raises OSError.
        """
        try:
            if self._writing is not None:
                await self._writing
            if self._state(tenants) != self._written:
                header, tables = self._capture(tenants)
                write_snapshot(self.path, header, tables)
        finally:
            self.lock.release()
