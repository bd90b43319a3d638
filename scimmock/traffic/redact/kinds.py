"""What the strings and numbers at a place can be."""

from __future__ import annotations

from enum import Enum, auto


class Kind(Enum):
    """What the strings and numbers at a place are."""

    PERSON = auto()  # personal, whatever it is
    FORCED = auto()  # asked to be replaced, even what is known to be harmless
    SECRET = auto()  # dropped
    URN = auto()
    NAME = auto()  # of an attribute, type, operation or error
    CANONICAL = auto()  # a value that the schema lists, or personal
    DATE = auto()
    VERSION = auto()
    NUMBER = auto()  # of an envelope
    LABEL = auto()  # a name that is a sentence where it is none of an attribute
    ADDRESS = auto()  # a URL or path of the service
    TEXT = auto()  # a sentence of the service
    FILTER = auto()
    PATH = auto()  # of a PATCH operation, or of one in a bulk request
    COUNTRY = auto()
    LANGUAGE = auto()
    ZONE = auto()
    LITERAL = auto()  # of a schema: kept as it is
