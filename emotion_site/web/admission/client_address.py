"""The client address of a request, from trusted proxies only."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings

Headers = Iterable[tuple[bytes, bytes]]
# A client with one IPv6 address has all of its network.
IPV6_NETWORK_BITS = 64


def client_address(peer: str, headers: Headers) -> str:
    """The address in front of the trusted proxies.

    Each of them adds one to ``X-Forwarded-For``; what stands before these may be invented.
    """
    if not settings.NUM_PROXIES:
        return network_of(peer)
    values = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    forwarded = [part.strip() for part in ",".join(values).split(",") if part.strip()]
    return network_of(forwarded[-min(settings.NUM_PROXIES, len(forwarded))] if forwarded else peer)


@lru_cache(maxsize=1024)
def network_of(address: str) -> str:
    """The network that counts as one client (a /64 for IPv6); other text is returned unchanged."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
