"""Connections that are given up in time: who is slow must not hold a place for ever."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

QUESTION_SECONDS = 10.0  # from the connection to the first question


class HttpConnection(H11Protocol):
    """Hangs up on those who connect and ask nothing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "abort": transport.abort}
        self.loop.call_later(QUESTION_SECONDS, self._end_waiting)

    def _end_waiting(self) -> None:
        cycle: object = self.cycle  # the first question makes it
        if cycle is None and self.transport.get_protocol() is self:
            self.transport.abort()


class WebSocketConnection(WebSocketsSansIOProtocol):
    """Tells who answers it how to hang up at once: a goodbye would wait for those who take nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "abort": self.transport.abort}
