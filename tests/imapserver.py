"""A mailbox server that does what a test tells it: IMAP4rev1 in threads on loopback, as much as looking needs."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from smtpserver import PATIENCE, hang_up, secured

Mails = Callable[[], Sequence[bytes]]


@dataclass
class ImapServer:
    """Folders with what gives their messages, at the time of asking.

    :param flags: the LIST flags of a folder.
    :param answers: for a command, an answer instead of ``OK``: ``NO …``, ``BYE``, ``silence``, or ``drip`` for a GREETING. What stands before
        a last CRLF in it is said untagged.
    """

    folders: Mapping[str, Mails] = field(default_factory=lambda: {"INBOX": list})
    password: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    charset: str = "utf-8"

    def __post_init__(self) -> None:
        self.commands: list[str] = []
        self._links: list[_Talk] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:  # a system where only closing wakes who accepts
            self._listener.close()
        self._thread.join(PATIENCE)
        self._listener.close()
        for link in self._links:
            hang_up(link.sock)
        for link in self._links:
            link.thread.join(PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._links.append(_Talk(self, sock))
            self._links[-1].thread.start()


class _Talk:
    def __init__(self, server: ImapServer, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self.mails: Sequence[bytes] = []
        self.thread = threading.Thread(target=self._run, daemon=True)

    def say(self, text: str | bytes) -> None:
        self.sock.sendall((text.encode(self.server.charset) if isinstance(text, str) else text) + b"\r\n")

    def _run(self) -> None:
        try:
            if self.server.context:
                self.sock = secure = secured(self.sock, self.server.context)
                secure.do_handshake()
            with self.sock.makefile("rb") as self.lines:
                self._talk()
        except (OSError, ValueError):
            pass
        finally:
            self.sock.close()

    def _talk(self) -> None:
        greeting = self.server.answers.get("GREETING", "* OK ready")
        if greeting == "silence":
            self.lines.read()
        if greeting == "drip":
            self._drip()
        self.say(greeting)
        for octets in self.lines:
            line = octets.decode().rstrip("\r\n")
            self.server.commands.append(line)
            tag, _, command = line.partition(" ")
            verb = command.split(" ")[0].upper()
            scripted = self.server.answers.get(verb)
            if scripted == "silence":
                self.lines.read()
                return
            if scripted == "BYE":
                self.say("* BYE enough")
                return
            answer = scripted or getattr(self, f"_{verb.lower()}")(command)
            untagged, end, answer = answer.rpartition("\r\n")
            self.say(f"{untagged}{end}{tag} {answer}")
            if verb == "LOGOUT":
                return

    def _drip(self) -> None:
        """An octet at a time, and no end of them, until the client goes."""
        self.sock.sendall(b"* OK ")
        while True:
            self.sock.sendall(b".")
            time.sleep(0.05)

    def _capability(self, command: str) -> str:
        self.say(f"* CAPABILITY {self.server.capabilities}")
        return "OK done"

    def _authenticate(self, command: str) -> str:
        self.say("+ ")
        said = base64.b64decode(self.lines.readline()).decode().rpartition("\0")[2]
        return "OK in" if said == self.server.password else f"NO [AUTHENTICATIONFAILED] {said} is wrong"

    def _login(self, command: str) -> str:
        return "OK in" if command.endswith(f'"{self.server.password}"') else "NO [AUTHENTICATIONFAILED] wrong"

    def _list(self, command: str) -> str:
        for folder in self.server.folders:
            self.say(f'* LIST ({self.server.flags.get(folder, "")}) "/" "{folder}"')
        return "OK done"

    def _examine(self, command: str) -> str:
        folder = command.partition(" ")[2].strip('"')
        if folder not in self.server.folders:
            return "NO no such folder"
        self.mails = self.server.folders[folder]()
        self.say(f"* {len(self.mails)} EXISTS")
        return "OK [READ-ONLY] done"

    def _search(self, command: str) -> str:
        wanted = re.search(r'HEADER \S+ "(.*)"', command)
        assert wanted
        found = [str(number) for number, mail in enumerate(self.mails, 1) if wanted[1].encode() in mail]
        self.say(f"* SEARCH {' '.join(found)}".rstrip())
        return "OK done"

    def _fetch(self, command: str) -> str:
        number = int(command.split(" ")[1])
        mail = self.mails[number - 1]
        head = f'* {number} FETCH (INTERNALDATE "28-Nov-2026 12:00:00 +0000" BODY[] {{{len(mail)}}}\r\n'
        self.sock.sendall(head.encode() + mail + b")\r\n")
        return "OK done"

    def _logout(self, command: str) -> str:
        self.say("* BYE")
        return "OK bye"
