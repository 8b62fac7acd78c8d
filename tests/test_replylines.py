"""The octets of a server's replies, as they come in."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest
from smtpserver import Certificates

from mailtemplates.errors import TransportError
from mailtemplates.smtp.endpoint import Endpoint, make_context
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


def test_a_reply_that_came_while_this_process_was_stopped_is_read() -> None:
    """After Ctrl-Z, or on a machine that is overloaded, its time is over and it lies there: after the final dot, a message
    that was delivered would be called uncertain."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        lines = ReplyLines(ours, Endpoint(), lambda phase: 0)
        theirs.sendall(b"250 2.0.0 Ok\r\n")
        assert lines.readline() == b"250 2.0.0 Ok\r\n"
        with pytest.raises(TransportError, match="was silent for 0 s"):
            lines.readline()


def test_a_reply_over_tls_that_came_while_this_process_was_stopped_is_read(certificates: Certificates) -> None:
    ours, theirs = secure_pair(certificates)
    with ours, theirs:
        lines = ReplyLines(ours, Endpoint(), lambda phase: 0)
        with pytest.raises(TransportError, match="was silent for 0 s"):
            lines.readline()
        theirs.sendall(b"250 2.0.0 Ok\r\n")
        assert lines.readline() == b"250 2.0.0 Ok\r\n"


def secure_pair(certificates: Certificates) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """A client and a server that have shaken hands."""
    ours, theirs = socket.socketpair()
    client = make_context(str(certificates.cafile)).wrap_socket(
        ours, server_hostname="localhost", do_handshake_on_connect=False
    )
    server = certificates.right.wrap_socket(theirs, server_side=True, do_handshake_on_connect=False)
    shaking = threading.Thread(target=server.do_handshake)
    shaking.start()
    client.do_handshake()
    shaking.join()
    return client, server
