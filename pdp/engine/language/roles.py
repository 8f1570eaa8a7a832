"""Who holds which role, computed once: reachability over at most nine links, as PyCasbin's role managers walk it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

LONGEST: Final = 9
"""Links that PyCasbin follows from a name; a role further away is not held."""

_SMALL: Final = 8
"""Up to this many roles a tuple is searched as fast as a set and takes a third of the room."""

_BUDGET: Final = 16
"""Precomputed roles for each link, on average; names beyond the budget are walked when they are asked about."""

Key = tuple[str, str]
"""A name in a domain, in the order (domain, name); the domain is "" where there are none."""

Roles = Collection[str]


class RoleGraph:
    """The links of one role definition, each (narrow, broad) or (narrow, broad, domain).

    Never grows: names that are in no link are not remembered. *reverse* walks from the role to those who hold it.
    """

    def __init__(self, links: Iterable[tuple[str, ...]], *, domains: bool, reverse: bool = False) -> None:
        direct: dict[Key, list[str]] = {}
        count = 0
        for narrow, broad, *domain in links:
            start, end = (broad, narrow) if reverse else (narrow, broad)
            direct.setdefault((domain[0] if domains else "", start), []).append(end)
            count += 1
        self.domains = domains
        self._direct = {key: tuple(dict.fromkeys(ends)) for key, ends in direct.items()}
        self._above: dict[Key, Roles] = {}
        self._precompute(_BUDGET * count + 1000)
        if len(self._above) == len(self._direct):
            self._direct = {}

    def _precompute(self, budget: int) -> None:
        # Names with the same direct roles share one object: most users of a policy do.
        known: dict[tuple[str, tuple[str, ...]], Roles] = {}
        for (domain, name), ends in self._direct.items():
            roles = known.get((domain, ends))
            if roles is None:
                if budget < 0:
                    return
                roles = self._walk(domain, ends)
                known[domain, ends] = roles
                budget -= len(roles)
            self._above[domain, name] = roles

    def _walk(self, domain: str, ends: tuple[str, ...]) -> Roles:
        reached = dict.fromkeys(ends)
        ahead = list(ends)
        for _ in range(LONGEST - 1):
            ahead = [
                end for name in ahead for end in self._direct.get((domain, name), ()) if end not in reached
            ]
            if not ahead:
                break
            reached.update(dict.fromkeys(ahead))
        return tuple(reached) if len(reached) <= _SMALL else frozenset(reached)

    def above(self, name: str, domain: str = "") -> Roles:
        """Return the roles that *name* holds in *domain* through links; its own name, which it always holds, is left out."""
        roles = self._above.get((domain, name))
        if roles is None:
            ends = self._direct.get((domain, name))
            return () if ends is None else self._walk(domain, ends)
        return roles

    @property
    def longest_chain(self) -> int:
        """Return over how many links, up to ten, a name lies in another: ten are one more than count."""
        reached = set(self._all())
        for length in range(LONGEST + 1):
            reached = {(domain, end) for domain, name in reached for end in self._links((domain, name))}
            if not reached:
                return length
        return LONGEST + 1

    def _all(self) -> Iterable[Key]:
        return self._direct or self._above

    def _links(self, key: Key) -> Iterable[str]:
        return self._direct.get(key, ())

    # --- As functions of a matcher ------------------------------------------------------------------------------------

    def holds(self, name: Any, role: Any) -> bool:
        """Answer `g(name, role)` for any values; raises TypeError for what cannot be hashed."""
        return self.holds_in(name, role, "")

    def holds_in(self, name: Any, role: Any, domain: str) -> bool:
        """Answer `g(name, role, domain)` for any values; raises TypeError for what cannot be hashed."""
        hash(role)
        roles = self.above(name, domain)
        return bool(name == role) or role in roles

    def function(self) -> Callable[..., bool]:
        """Return `g` for any number of arguments, as PyCasbin takes them."""

        def g(*names: Any) -> bool:
            name, role = names[0], names[1]
            if len(names) == 2:
                return self.holds(name, role)
            domain = str(names[2])
            return self.holds_in(name, role, domain if self.domains else "")

        return g


def role_graphs(
    links: Mapping[str, Iterable[tuple[str, ...]]], slots: Mapping[str, int]
) -> Mapping[str, RoleGraph]:
    """Return the graph of each role definition; *slots* says how many fields of a link count."""
    return {
        type_: RoleGraph((fields[: slots[type_]] for fields in rows), domains=slots[type_] > 2)
        for type_, rows in links.items()
    }
