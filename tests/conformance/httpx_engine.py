"""scim2-client on httpx: the engine that the library ships wants httpx2, which mitmproxy rules out."""

from __future__ import annotations

from typing import Any, cast

import httpx
from scim2_client import BaseSyncSCIMClient, RequestNetworkException
from scim2_client.client import RawResponse


class HttpxScimClient(BaseSyncSCIMClient):
    """Send what scim2-client prepares through an `httpx.Client` and leave the judgement to it.

    Every message is kept in ``exchanges``, so that a failed check can be told with what was said.
    """

    def __init__(self, client: httpx.Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        self.exchanges: list[httpx.Response] = []

    def _stays_under_base_url(self, endpoint: str) -> bool:
        """An endpoint that a server advertises must not lead away from the server's own base."""
        base = self.client.base_url
        if not base.is_absolute_url:
            return False
        try:
            url = self.client.build_request("GET", endpoint).url
        except httpx.InvalidURL:
            return False
        same_origin = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
        return same_origin and url.raw_path.startswith(base.raw_path)

    def _parse_json(self, response: RawResponse) -> Any:
        return cast(httpx.Response, response).json()

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        try:
            response = self.client.request(method, url, **kwargs)
        except httpx.RequestError as error:
            failure = RequestNetworkException()
            failure.add_note(str(error))
            raise failure from error
        self.exchanges.append(response)
        return response
