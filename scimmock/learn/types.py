"""The resource types that a portrait has so far, as a server would have them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from ..fixture.spec import BehaviourSpec, ResourceTypeSpec
from ..fixture.types import types_of
from ..scim.schema import ResourceType
from ..yamlfile import YamlFile
from .portrait import Portrait


def types_in(portrait: Portrait) -> dict[str, ResourceType]:
    """Return the resource types by the names of their endpoints ("Users")."""
    specs = [msgspec.convert(spec, ResourceTypeSpec) for spec in portrait.types.values()]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in portrait.files.items():
            Path(folder, name).write_text(content, "utf-8")
        source = YamlFile(Path("fixture.yaml"), {}, {})
        types = types_of(source, (Path(folder),), BehaviourSpec(resource_types=specs))
    return {item.endpoint.strip("/"): item for item in types}
