"""A fixture's folder from sessions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..fixture.editor import FILE_NAME, schema_text
from ..fixture.starter import shown, write_folder
from .learn import learn_service
from .look import Document, Source
from .portrait import Portrait
from .text import fixture_text

Session = tuple[Path, Document, Iterable[Document]]


def write_learned(path: Path, sessions: Iterable[Session]) -> tuple[Portrait, list[Path]]:
    """Learn a fixture from sessions (file, header, exchanges) and write its folder.

    Returns what was learned and the files.  Raises FileError when there is something already, when it
    cannot be written, or when a session cannot be read.
    """
    sources = [
        Source("SESSION" if number == 1 else f"SESSION-{number}", file.name, header, exchanges)
        for number, (file, header, exchanges) in enumerate(sessions, 1)
    ]
    portrait = learn_service(sources)
    text = fixture_text(portrait, path.resolve().name, shown(path), FILE_NAME)
    files = {"fixture.yaml": text, FILE_NAME: schema_text(), **portrait.files}
    return portrait, write_folder(path, files)
