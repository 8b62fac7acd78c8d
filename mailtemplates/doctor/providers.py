"""What large providers want of who logs in, told when a login is refused."""

from __future__ import annotations

from mailtemplates.errors import TransportError
from mailtemplates.failures.provider import provider_of


def hint(host: str, error: TransportError) -> str:
    """The provider's own want when it refuses a login for good; empty when nothing is known of it."""
    provider = provider_of(host) if error.code in (530, 534, 535) else None
    return provider.login("en") if provider else ""
