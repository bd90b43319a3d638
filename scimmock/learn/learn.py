"""From sessions to a portrait: every exchange passes all recognisers, then each tells what it saw."""

from __future__ import annotations

from collections.abc import Iterable

from .look import Source, View, looks
from .people import tell_people
from .portrait import Portrait, Recogniser
from .seen.address import Address, Version
from .seen.answers import Versions, WriteAnswers
from .seen.config import Config, Credentials
from .seen.dates import Dates
from .seen.documents import Shown, Values
from .seen.endpoints import Endpoints, Methods, Missing
from .seen.errors import Errors
from .seen.filters import Filters
from .seen.ids import Ids
from .seen.kept import Changes, Defaults, Lacking
from .seen.lenient import Lenience
from .seen.lifecycle import Conflicts, Deactivations, Deletes
from .seen.limits import Limits
from .seen.lists import Envelopes, Pages, Sorting
from .seen.media import MediaType
from .seen.patching import Patching
from .seen.schemas import Schemas

# In the order in which they tell: what was seen to be so comes before what the service says of itself,
# and later ones build on the resource types.
RECOGNISERS: tuple[type[Recogniser], ...] = (
    Address,
    Version,
    MediaType,
    WriteAnswers,
    Versions,
    Ids,
    Dates,
    Pages,
    Sorting,
    Endpoints,
    Methods,
    Filters,
    Patching,
    Config,
    Credentials,
    Schemas,
    Missing,
    Values,
    Shown,
    Defaults,
    Changes,
    Lacking,
    Lenience,
    Deletes,
    Deactivations,
    Conflicts,
    Envelopes,
    Errors,
    Limits,
)


def learn_service(sources: Iterable[Source]) -> Portrait:
    """Return what sessions show of a service; they follow one another, as if they were one."""
    view, portrait = View(), Portrait()
    recognisers = [kind() for kind in RECOGNISERS]
    for source in sources:
        portrait.sources[source.code] = source
        for look in looks(source, view):
            portrait.exchanges += 1
            for recogniser in recognisers:
                recogniser.see(look, view)
    for recogniser in recognisers:
        recogniser.tell(portrait)
    tell_people(portrait, view)
    portrait.settle()
    return portrait
