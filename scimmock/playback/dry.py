"""The requests of a replay as they would be sent, without sending any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from ..journal.plain import plain
from ..outgoing.target import MISSING, decoded
from ..traffic.bindings import Bindings
from ..traffic.bodies import masked, masked_query
from ..traffic.form import encoded
from ..traffic.secrets import MASK, masked_header
from .order import ordered
from .played import Document
from .player import headers_to_send, target_of
from .survey import Select, Survey, is_token_request


def requests(
    exchanges: Iterable[Document],
    select: Select,
    found: Survey,
    base_url: str,
    to: str,
    credentials: str | None,
) -> Iterator[str]:
    """Yield the requests in their order; ``base_url`` is the recorded one.

    Ids are the recorded ones, since nothing has been answered; what is said below a request is how they
    would become others.
    """
    parts = urlsplit(to.rstrip("/"))
    recorded_path = urlsplit(base_url).path.rstrip("/")
    shown = f"{credentials.partition(' ')[0]} {MASK}" if credentials is not None else None
    bindings = Bindings(found.known)
    for step in ordered(one for one in exchanges if select(one) and not is_token_request(one)):
        request = step.document["request"]
        rewritten = bindings.rewrite(request)
        where = target_of(
            request, request["path"], masked_query(request.get("query") or ""), recorded_path, parts.path
        )
        lines = [f"# exchange {step.n}", f"{request['method']} {where} HTTP/1.1"]
        lines.append(f"Host: {parts.netloc.rpartition('@')[2]}")
        for name, value in headers_to_send(rewritten.headers, shown, found):
            hidden = masked_header(name, value) if name.lower() != "authorization" else None
            lines.append(f"{name}: {value if hidden is None else hidden}")
        if rewritten.body:
            lines += ["", *_shown(rewritten.body).splitlines()]
        for id in sorted(rewritten.unbound):
            lines.append(f"# {id}: {_how(id, found)}")
        yield "\n".join(map(plain, lines)) + "\n"


def _shown(body: bytes) -> str:
    """Return a body as it is sent, without secrets."""
    document = decoded(body)
    hidden = document if document is MISSING else masked(document)
    return (body if hidden == document else encoded(hidden)).decode("utf-8", "replace")


def _how(id: str, found: Survey) -> str:
    before = found.before.get(id)
    if before is None:
        return "becomes the id that the service has issued by then"
    if before.key is None:
        return "was there before, and cannot be found: it is sent as it is"
    name, value = before.key
    return f'was there before, it is looked up by {name} eq "{value}"'
