"""What becomes of the values that a client sends: kept, changed, left out, or given where it gave none."""

from __future__ import annotations

import re
from typing import Any

from ...scim.schema import user_type
from ..look import Document, Look, View
from ..portrait import Portrait

_NEVER_SHOWN = ("password", "schemas", "id", "meta", "groups")
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Defaults:
    """Values that a new user has without having been given them."""

    def __init__(self) -> None:
        self._active: dict[Any, Look] = {}
        self._unset: Look | None = None
        self._display: Look | None = None
        self._no_display: Look | None = None

    def see(self, look: Look, view: View) -> None:
        """Compare a new user with what was sent."""
        if look.operation != "create" or look.resource != "Users" or not look.shown or not look.is_whole:
            return
        sent, told = look.sent, look.told
        if not isinstance(sent, dict):
            return
        names = {name.lower() for name in sent}
        if "active" not in names:
            if isinstance(told.get("active"), bool):
                self._active.setdefault(told["active"], look)
            else:
                self._unset = self._unset or look
        if "displayname" not in names:
            if told.get("displayName") and told["displayName"] == told.get("userName"):
                self._display = self._display or look
            elif "displayName" not in told:
                self._no_display = self._no_display or look

    def tell(self, portrait: Portrait) -> None:
        """Note them."""
        if len(self._active) == 1 and self._unset is None:
            ((value, look),) = self._active.items()
            says = f"a new user has active {str(value).lower()} where the client says nothing"
            portrait.quirk("attribute-defaults", says, look, resources={"Users": {"active": value}})
        if self._display is not None and self._no_display is None:
            says = "a user without displayName is shown with the userName"
            portrait.quirk("attribute-fallbacks", says, self._display, names={"displayName": "userName"})


class Changes:
    """userNames in lower case, one value where several were sent, a PUT that leaves what it does not name."""

    def __init__(self) -> None:
        self._lower: Look | None = None
        self._cased: Look | None = None
        self._cut: dict[str, dict[int, Look]] = {}
        self._whole: set[str] = set()
        self._stayed: dict[str, Look] = {}
        self._cleared: set[str] = set()

    def see(self, look: Look, view: View) -> None:
        """Compare what was sent with what is shown."""
        writes = look.operation in ("create", "replace") and look.shown and look.is_whole
        if not writes or not isinstance(look.sent, dict):
            return
        told = look.told
        self._note_case(look.sent.get("userName"), told.get("userName"), look)
        for name, value in look.sent.items():
            shown = told.get(name)
            if isinstance(value, list) and isinstance(shown, list) and len(value) > 1:
                if len(shown) < len(value) and name not in ("members", "schemas", "groups"):
                    self._cut.setdefault(name, {}).setdefault(len(shown), look)
                else:
                    self._whole.add(name)
        if look.operation == "replace" and look.resource == "Users" and look.before is not None:
            self._note_kept(look.before, look.sent, told, look)

    def _note_case(self, sent: Any, told: Any, look: Look) -> None:
        if isinstance(sent, str) and isinstance(told, str) and sent != sent.lower():
            if told == sent.lower():
                self._lower = self._lower or look
            elif told == sent:
                self._cased = self._cased or look

    def _note_kept(self, before: Document, sent: Document, told: Document, look: Look) -> None:
        given = {name.lower() for name in sent}
        for name, value in before.items():
            attribute = user_type().attribute(name)
            if attribute is None or name in _NEVER_SHOWN or name.lower() in given or not value:
                continue
            if attribute.mutability == "readOnly" or name == "externalId":
                continue
            if told.get(name) == value:
                self._stayed.setdefault(name, look)
            else:
                self._cleared.add(name)

    def tell(self, portrait: Portrait) -> None:
        """Note them."""
        if self._lower is not None and self._cased is None:
            says = "userNames are shown in lower case"
            portrait.quirk("username-normalized", says, self._lower, username="lowercase")
        cut = {name: max(sizes) for name, sizes in self._cut.items() if name not in self._whole}
        if cut:
            look = next(iter(self._cut[next(iter(cut))].values()))
            says = f"of several {', '.join(cut)} fewer are kept"
            portrait.quirk("single-valued-multivalue", says, look, most=cut)
        stayed = {name: look for name, look in self._stayed.items() if name not in self._cleared}
        if stayed and not self._cleared and set(stayed) != {"active"}:
            look = next(iter(stayed.values()))
            says = f"a PUT without {', '.join(stayed)} leaves it as it was"
            portrait.quirk("put-is-partial", says, look)
        elif stayed:
            look = next(iter(stayed.values()))
            says = f"a PUT without {', '.join(stayed)} leaves it as it was"
            portrait.quirk("put-keeps", says, look, resources={"Users": list(stayed)})


class Lacking:
    """Attributes that are accepted and never shown: the service does not have them."""

    def __init__(self) -> None:
        self._sent: dict[str, dict[str, Look]] = {}
        self._shown: dict[str, set[str]] = {}
        self._refused: dict[str, dict[str, Look]] = {}

    def see(self, look: Look, view: View) -> None:
        """Keep the paths of what was sent and accepted, of what was refused, and of what was shown."""
        if look.resource not in ("Users", "Groups") or not look.is_whole or look.made_up:
            return
        for resource in look.shown:
            self._shown.setdefault(look.resource, set()).update(_paths(resource))
        if look.operation not in ("create", "replace") or not isinstance(look.sent, dict):
            return
        if look.status == 400:
            refused = self._refused.setdefault(look.resource, {})
            for path in _paths(look.sent):
                if _is_named(path, str(look.told)):
                    refused.setdefault(path, look)
        if look.shown:
            found = self._sent.setdefault(look.resource, {})
            for path in _paths(look.sent):
                found.setdefault(path, look)

    def tell(self, portrait: Portrait) -> None:
        """Take them out of the resource types."""
        self._tell_refused(portrait)
        for resource, sent in self._sent.items():
            shown = self._shown.get(resource, set())
            spec = portrait.spec(resource, make=False)
            if spec and spec["schema"] not in ("user", "group"):
                continue  # the service has said what it has
            lacking = [path for path in sent if path not in shown and _is_standard(path, resource)]
            lacking = [path for path in lacking if not any(path.startswith(f"{one}.") for one in lacking)]
            if not lacking:
                continue
            look = sent[lacking[0]]
            without = portrait.spec(resource).setdefault("without", [])
            without += [path for path in lacking if path not in without]
            portrait.lack(resource, lacking, look)

    def _tell_refused(self, portrait: Portrait) -> None:
        """Take out what an error names that was never accepted and never shown."""
        for resource, refused in self._refused.items():
            known = {*self._shown.get(resource, ()), *self._sent.get(resource, ())}
            spec = portrait.spec(resource, make=False)
            for path, look in refused.items():
                if path in known or not _is_standard(path, resource) or (spec and spec["schema"] != "user"):
                    continue
                without = portrait.spec(resource).setdefault("without", [])
                if path not in without:
                    without.append(path)
                portrait.note_types(f"an error says that there is no {path}", look)


def _is_named(path: str, text: str) -> bool:
    """Whether a text names an attribute, in quotes or as a word with a small letter and a capital one."""
    name = re.split(r"[.:]", path)[-1]
    if re.search(r"requir|missing|must|blank|empty", text, re.IGNORECASE):
        return False
    return re.search(rf"['\"`]{re.escape(name)}['\"`]", text) is not None


def _paths(resource: Document) -> list[str]:
    """Return the paths of what has a value: "name.givenName", "urn:...:User:manager"."""
    found = []
    for name, value in resource.items():
        if name in _NEVER_SHOWN or value in (None, "", []):
            continue
        if name.lower() == _ENTERPRISE.lower():
            found += (
                [f"{_ENTERPRISE}:{inner}" for inner, one in value.items() if one]
                if isinstance(value, dict)
                else []
            )
            continue
        if "." in name:  # a flat key
            found.append(name.partition(".")[0])
        found.append(name)
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, dict):
                found += [f"{name}.{sub}" for sub, inner in element.items() if inner not in (None, "", [])]
    return found


def _is_standard(path: str, resource: str) -> bool:
    """Whether an attribute is one that a fixture can take away: declared, and neither needed nor derived."""
    from ...scim.path import resolve
    from ...scim.schema import group_type

    target = resolve(path, user_type() if resource == "Users" else group_type())
    leaf = target.leaf
    if leaf is None or leaf.type == "any" or leaf.required or leaf.returned in ("never", "always", "request"):
        return False
    return leaf.mutability != "readOnly" and leaf.name not in (
        "externalId",
        "value",
        "members",
        "$ref",
        "type",
    )
