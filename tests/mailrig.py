"""A real mail server for tests: Postfix and Dovecot on ports of loopback that were free, with everything of their own."""

from __future__ import annotations

import base64
import contextlib
import grp
import hmac
import imaplib
import json
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smtpserver import make_certificates

USERS = {"alice@example.test": "s3cret", "bob@example.test": "hunter2", "joerg@example.test": "pässwörd"}
"""Who may log in, with which password. Mail for ``jörg@example.test`` lies in the mailbox of ``joerg@``."""

SIZE_LIMIT = 1_000_000
"""The most octets that the server takes in a message."""

_KEY = b"the key that tokens of the tests are signed with"
_FOLDER = Path(__file__).parent / "rig"
_PORTS = ("relay", "submission", "submissions", "imap", "imaps", "lmtp")


@dataclass(frozen=True)
class MailRig:
    """A running server. Its certificate is for ``localhost``.

    :param cafile: the CA that signed the certificate.
    :param pin: the SHA-256 of the certificate.
    :param relay: a port as 25 is: STARTTLS offered, no login.
    :param submission: a port as 587 is: STARTTLS and a login required.
    :param submissions: a port as 465 is.
    :param lmtp_socket: where LMTP listens on this machine.
    """

    folder: Path
    cafile: Path
    pin: str
    relay: int
    submission: int
    submissions: int
    imap: int
    imaps: int
    lmtp: int
    lmtp_socket: Path

    def fetch(self, user: str, message_id: str, *, within: float = 60.0) -> bytes:
        """The octets of a message as IMAP gives them.

        :param message_id: without angle brackets.
        :param within: seconds that delivery may take.
        """
        until = time.monotonic() + within
        while time.monotonic() < until:
            with self.mailbox(user) as box:
                if found := box.search(None, "HEADER", "Message-ID", f"<{message_id}>")[1][0].split():
                    part = box.fetch(found[-1].decode(), "(BODY.PEEK[])")[1][0]
                    assert isinstance(part, tuple)
                    return part[1]
            time.sleep(0.1)
        raise AssertionError(f"{message_id} did not arrive for {user}:\n{self.log()}")

    def mailbox(self, user: str) -> imaplib.IMAP4_SSL:
        """The inbox of a user, opened over verified TLS; use it with ``with``."""
        trust = ssl.create_default_context(cafile=str(self.cafile))
        box = imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=trust, timeout=60)
        box.authenticate("PLAIN", lambda challenge: f"\0{user}\0{USERS[user]}".encode())
        box.select("INBOX")
        return box

    def log(self) -> str:
        """What the servers logged last."""
        files = (self.folder / "log").glob("*.log")
        return "\n".join(file.read_text("utf-8", "replace")[-3000:] for file in files)


def make_token(user: str, *, lasts: float = 3600) -> str:
    """An OAuth 2 access token that the server takes for a user: a JWT (RFC 7519), signed with HS256.

    :param lasts: seconds from now; less than 0 for one that is over.
    """
    now = int(time.time())
    claims = {"email": user, "sub": user, "iat": now - 7200, "exp": int(now + lasts), "scope": "smtp"}
    parts = [_segment(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(_KEY, ".".join(parts).encode(), "sha256").digest()
    return ".".join([*parts, _segment(signature)])


def _segment(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def why_no_rig() -> str:
    """Why the server cannot run on this machine; empty when it can."""
    missing = [name for name in ("postfix", "dovecot", "bash") if not _find(name)]
    if missing:
        return f"{' and '.join(missing)} not installed"
    if not _find("dovecot", "/usr/lib/dovecot/lmtp"):
        return "dovecot has no LMTP (Debian: dovecot-lmtpd)"
    version = subprocess.run([_find("dovecot") or "", "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith("2.3."):
        return f"the configuration is for Dovecot 2.3, this is {version.strip() or 'another'}"
    return "" if os.geteuid() == 0 or _may_sudo() else "mail servers are started by root, or by sudo without a password"


def _may_sudo() -> bool:
    return (
        bool(_find("sudo")) and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
    )


def _find(program: str, *places: str) -> str | None:
    if places:
        return next((place for place in places if Path(place).exists()), None)
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextlib.contextmanager
def run_mail_rig() -> Iterator[MailRig]:
    """Start the server, and stop it at the end.

    Its folder is not among pytest's, since the servers work as users who may not enter those.
    """
    folder = Path(tempfile.mkdtemp(prefix="mailrig-"))
    certificates = make_certificates(folder)
    with held_ports(len(_PORTS)) as numbers:
        ports = dict(zip(_PORTS, numbers, strict=True))
        _configure(folder, ports)
        with _kept_by_keeper(folder):
            for port in ports.values():
                wait_for(port)
            yield MailRig(
                folder=folder, cafile=certificates.cafile, pin=certificates.pin, lmtp_socket=folder / "lmtp", **ports
            )


@contextlib.contextmanager
def _kept_by_keeper(folder: Path) -> Iterator[None]:
    as_root = ["sudo", "-n"] if os.geteuid() else []
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    keeper = subprocess.Popen(
        [*as_root, "env", f"PATH={path}", "bash", str(_FOLDER / "keeper.sh"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for pytest; the keeper goes when its input ends
    )
    try:
        assert keeper.stdout
        said = keeper.stdout.readline()
        assert said == "ready\n", f"the mail server does not start: {said}{keeper.stdout.read()}"
        yield
    finally:
        keeper.communicate(timeout=120)


def _configure(folder: Path, ports: dict[str, int]) -> None:
    values = {
        "dir": str(folder),
        "nobody": str(pwd.getpwnam("nobody").pw_uid),
        "nogroup": str(grp.getgrnam("nogroup").gr_gid),
        **{name: str(port) for name, port in ports.items()},
    }
    places = {"main.cf": "postfix", "master.cf": "postfix", "dovecot.conf": "dovecot", "oauth2.conf": "dovecot"}
    for name, place in places.items():
        text = (_FOLDER / name).read_text(encoding="utf-8")
        (folder / place).mkdir(exist_ok=True)
        filled = re.sub(r"@(\w+)@", lambda match: values[match[1]], text)
        (folder / place / name).write_text(filled, encoding="utf-8")
    users = "".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in USERS.items())
    (folder / "dovecot" / "users").write_text(users, encoding="utf-8")
    key = folder / "dovecot" / "keys" / "default" / "HS256" / "default"
    key.parent.mkdir(parents=True)
    key.write_bytes(base64.b64encode(_KEY))


@contextlib.contextmanager
def held_ports(number: int) -> Iterator[list[int]]:
    """So many ports of loopback where nobody listens, until who is told of them does.

    They are bound meanwhile, so that the system gives them to nobody else; a server that says ``SO_REUSEADDR`` may
    listen there all the same.
    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for held in sockets:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(("127.0.0.1", 0))
        yield [held.getsockname()[1] for held in sockets]


def wait_for(port: int) -> None:
    """Until somebody listens there, as a server does that was just started."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 60):
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}")
