"""DKIM-Signature fields: made here for a message that will not change any more (RFC 6376).

Header and body are canonicalized ``relaxed``: servers may fold fields anew and change white space. ``t=`` is the moment
that is given, so the same message, key and moment give the same octets.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from mailtemplates.headers.folding import lay_out
from mailtemplates.pattern import pattern
from mailtemplates.signing.cut import Cut, name_of
from mailtemplates.signing.dkimkey import DkimKey

NAME = "DKIM-Signature"
#: What is signed when it stands in the header (RFC 6376 §5.4.1, RFC 8058 §4), in the order of ``h=``.
SIGNED = (
    "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Id", "List-Help", "List-Unsubscribe",
    "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive", "Auto-Submitted",
    "Feedback-ID", "Resent-Date", "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Message-ID",
)  # fmt: skip
#: What servers add or change on the way (RFC 6376 §5.4.1); a signature does not cover signatures either.
NEVER_SIGNED = frozenset(("return-path", "received", "comments", "keywords", "bcc", "resent-bcc", "dkim-signature"))

_ROOM = 72
_SPACES = pattern(rb"  +")


def hash_body(body: bytes) -> str:
    """The ``bh=`` of a body: its SHA-256 digest, canonicalized, in base64."""
    return base64.b64encode(hashlib.sha256(canonical_body(body)).digest()).decode()


def write_signature(
    message: Cut, body_hash: str, key: DkimKey, domain: str, selector: str, moment: datetime, names: Sequence[str]
) -> bytes:
    """The DKIM-Signature field of a message, folded, without its last CRLF.

    :param body_hash: ``bh=``, the same for all signatures of a message.
    :param domain: ``d=``, in A-labels.
    :param moment: ``t=``; left out when it is before 1970.
    :param names: the fields to sign, each as often as :func:`names_to_sign` says.
    """
    stamp = (f"t={int(moment.timestamp())};",) if moment.timestamp() >= 0 else ()
    tags = ["v=1;", f"a={key.algorithm};", "c=relaxed/relaxed;", f"d={domain};", f"s={selector};", *stamp]
    tags += [*_listed(names), f"bh={body_hash};"]
    unsigned = lay_out(NAME, (*tags, "b=")).encode("ascii")
    covered = b"".join(_covered(message.fields, names)) + canonical_field(unsigned).removesuffix(b"\r\n")
    signature = base64.b64encode(key.sign(hashlib.sha256(covered).digest())).decode()
    pieces = [signature[at : at + _ROOM] for at in range(0, len(signature), _ROOM)]
    return lay_out(NAME, (*tags, f"b={pieces[0]}", *pieces[1:])).encode("ascii").removesuffix(b"\r\n")


def _listed(names: Sequence[str]) -> Iterator[str]:
    """The tag ``h=`` in pieces that fit a line, cut behind colons."""
    piece = "h="
    for name in names[:-1]:
        if len(piece) + len(name) >= _ROOM:
            yield piece
            piece = ""
        piece += f"{name}:"
    yield f"{piece}{names[-1]};"


def names_to_sign(fields: Sequence[bytes], wanted: Sequence[str], oversigned: frozenset[str]) -> tuple[str, ...]:
    """Names for ``h=``: each wanted one as often as it stands, and once more when it is oversigned.

    A name that is listed more often than it stands keeps others from adding such a field (RFC 6376 §5.4.2, §8.15).

    :param oversigned: names in lower case.
    """
    present = Counter(map(name_of, fields))
    return tuple(name for name in wanted for _ in range(present[name.lower()] + (name.lower() in oversigned)))


def _covered(fields: Sequence[bytes], names: Sequence[str]) -> Iterator[bytes]:
    """The canonical fields that a list of names stands for; of one name the last comes first (RFC 6376 §5.4.2)."""
    waiting: dict[str, list[bytes]] = {}
    for field in fields:
        waiting.setdefault(name_of(field), []).append(field)
    for name in names:
        if left := waiting.get(name.lower()):
            yield canonical_field(left.pop())


def canonical_field(field: bytes) -> bytes:
    """A header field in ``relaxed`` form (RFC 6376 §3.4.2).

    >>> canonical_field(b"B : Y\\t\\r\\n\\tZ  ")
    b'b:Y Z\\r\\n'
    """
    name, _, value = field.partition(b":")
    return name.rstrip(b" \t").lower() + b":" + _compressed(value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"


def canonical_body(body: bytes) -> bytes:
    """A body in ``relaxed`` form (RFC 6376 §3.4.4).

    >>> canonical_body(b" C \\r\\nD \\t E\\r\\n\\r\\n\\r\\n")
    b' C\\r\\nD E\\r\\n'
    """
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    plain = _compressed(body).replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return plain + b"\r\n" if plain else b""


def _compressed(octets: bytes) -> bytes:
    """Each run of blanks as one space, in two steps: a pattern that begins with plain text is found 20 times faster."""
    return _SPACES.sub(b" ", octets.replace(b"\t", b" "))
