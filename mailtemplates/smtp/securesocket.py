"""A TLS socket that is closed when the link was lost before the handshake."""

from __future__ import annotations

import ssl
from typing import Any


class SecureSocket(ssl.SSLSocket):
    """What :attr:`ssl.SSLContext.sslsocket_class` makes for us.

    ``wrap_socket`` asks for the peer's name first. Where there is no peer any more, Python 3.11 leaves its socket open,
    or gives one back that never shook hands; here it is closed, and the answer is an error.
    """

    def getpeername(self) -> Any:
        """As :meth:`socket.socket.getpeername`.

        :raises ConnectionResetError: there is no peer; the socket is closed.
        """
        try:
            return super().getpeername()
        except OSError as error:
            self.close()
            raise ConnectionResetError("the other side is gone") from error
