"""Which networks an address lies in, as ipMatch says."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

_KEPT: Final = 4096


@lru_cache(_KEPT)
def network_of(pattern: str) -> IPv4Network | IPv6Network | None:
    """Return the network that *pattern* names, or None: Casbin lets no address match what is no network."""
    try:
        return ip_network(pattern, strict=False)
    except ValueError:
        return None


def in_network(address: str, pattern: str) -> bool:
    """Say whether *address* lies in the network *pattern*; raises ValueError for what is no address."""
    found = ip_address(address)
    network = network_of(pattern)
    return network is not None and found in network


class NetworkTable:
    """Finds which of many networks an address lies in, one look-up for each length of prefix."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._networks: dict[tuple[int, int, int], list[str]] = {}
        for pattern in patterns:
            network = network_of(pattern)
            if network is not None:
                key = (network.version, network.prefixlen, int(network.network_address))
                self._networks.setdefault(key, []).append(pattern)
        self._lengths = {
            version: sorted({length for known, length, _ in self._networks if known == version}) for version in (4, 6)
        }

    def find(self, address: str) -> list[str]:
        """Return the networks that hold *address*; raises ValueError for what is no address."""
        parsed = ip_address(address)
        bits = parsed.max_prefixlen
        number = int(parsed)
        found: list[str] = []
        for length in self._lengths[parsed.version]:
            masked = number >> (bits - length) << (bits - length)
            found.extend(self._networks.get((parsed.version, length, masked), ()))
        return found
