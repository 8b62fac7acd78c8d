"""The octets of a server's replies, as they come in."""

from __future__ import annotations

import socket

import pytest

from mailtemplates.smtp.endpoint import Endpoint
from mailtemplates.smtp.replylines import ReplyLines


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux lets a program ask for acknowledgements")
def test_replies_are_acknowledged_at_once() -> None:
    """A server with Nagle's algorithm would hold back the next reply for 40 ms; Postfix took 20 ms for a message, and
    2 ms since."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as link:
        server, _ = listener.accept()
        with server:
            lines = ReplyLines(link, Endpoint(), lambda phase: 5)
            for _ in range(2):
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
                assert not link.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
                server.sendall(b"250 2.0.0 Ok\r\n")
                assert lines.readline() == b"250 2.0.0 Ok\r\n"
                assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)


def test_a_socket_of_this_machine_has_nothing_to_acknowledge() -> None:
    """LMTP over a path is no TCP, and takes none of its options."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"220 ready\r\n")
        assert ReplyLines(ours, Endpoint(), lambda phase: 5).readline() == b"220 ready\r\n"
