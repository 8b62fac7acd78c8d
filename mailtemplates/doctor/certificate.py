"""What stands in a certificate that was not verified."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_certificate(der: bytes) -> dict[str, Any]:
    """Subject, issuer, names and dates as :meth:`ssl.SSLSocket.getpeercert` names them, with its SHA-256.

    Only the digest when ``cryptography`` is not installed, or cannot read it.
    """
    import hashlib  # only for a certificate that is not trusted

    found: dict[str, Any] = {"sha256": hashlib.sha256(der).hexdigest()} if der else {}
    try:
        from cryptography import x509

        read = x509.load_der_x509_certificate(der)
        found["subject"] = _name(read.subject)
        found["issuer"] = _name(read.issuer)
        found["notBefore"] = _written(read.not_valid_before_utc)
        found["notAfter"] = _written(read.not_valid_after_utc)
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found["subjectAltName"] = tuple(("DNS", name) for name in names.get_values_for_type(x509.DNSName)) + tuple(
            ("IP Address", str(address)) for address in names.get_values_for_type(x509.IPAddress)
        )
    except (ImportError, ValueError, LookupError):
        pass
    except Exception as error:  # cryptography has errors of its own for what a certificate lacks
        found["unread"] = type(error).__name__
    return found


def _written(moment: datetime) -> str:
    """As OpenSSL writes it, whatever the locale."""
    return f"{_MONTHS[moment.month - 1]} {moment:%d %H:%M:%S %Y} GMT"


def _name(name: Any) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(((one.oid._name, str(one.value)),) for one in name)


def common_name(certificate: dict[str, Any], of: str = "subject") -> str:
    """The common name of the subject or the issuer, or an empty string."""
    pairs = [pair for group in certificate.get(of, ()) for pair in group]
    return next((value for name, value in pairs if name == "commonName"), "")


def names_of(certificate: dict[str, Any]) -> list[str]:
    """The names and addresses that the certificate is for."""
    return [value for _, value in certificate.get("subjectAltName", ())]


def end_of(certificate: dict[str, Any]) -> datetime | None:
    """When it ends to be valid, or None when that is not known."""
    written = certificate.get("notAfter", "").split()
    if len(written) != 5:
        return None
    month, day, time, year, _ = written  # taken apart here: strptime brings the names of every locale's months along
    hour, minute, second = map(int, time.split(":"))
    return datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
