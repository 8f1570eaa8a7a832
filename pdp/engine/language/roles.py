"""Who holds which role, computed once: reachability over at most nine links, as PyCasbin's role managers walk it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

LONGEST: Final = 9
"""Links that PyCasbin follows from a name; a role further away is not held."""

_SMALL: Final = 8
"""Up to this many roles a tuple is searched as fast as a set and takes a third of the room."""

_BUDGET: Final = 16
"""Precomputed roles for each link, on average; names beyond the budget are walked when they are asked about."""

_NO_NAMES: Final[Mapping[str, "Roles"]] = {}

Key = tuple[str, str]
"""A name in a domain, in the order (domain, name); the domain is "" where there are none."""

Roles = Collection[str]


class RoleGraph:
    """The links of one role definition, each (narrow, broad) or (narrow, broad, domain); further fields do not count.

    Never grows: names that are in no link are not remembered. *backward* walks from the role to those who hold it.
    """

    def __init__(self, links: Sequence[tuple[str, ...]], *, domains: bool, backward: bool = False) -> None:
        direct: dict[Key, list[str]] = {}
        for link in links:
            start, end = (link[1], link[0]) if backward else (link[0], link[1])
            direct.setdefault((link[2] if domains else "", start), []).append(end)
        self.domains = domains
        self._links = links
        self._direct = {key: tuple(dict.fromkeys(ends)) for key, ends in direct.items()}
        self._above: dict[str, dict[str, Roles]] = {"": {}}
        self._precompute(_BUDGET * len(links) + 1000)
        self.is_complete = sum(map(len, self._above.values())) == len(self._direct)
        if self.is_complete:
            self._direct = {}

    def backward(self) -> "RoleGraph":
        """Return the graph that is walked from a role to those who hold it."""
        return RoleGraph(self._links, domains=self.domains, backward=True)

    def items(self) -> Iterable[tuple[Key, Roles]]:
        """Return (domain, name) of each name that has links, with its roles."""
        if self.is_complete:
            return (((domain, name), roles) for domain, named in self._above.items() for name, roles in named.items())
        return ((key, self.above(key[1], key[0])) for key in self._direct)

    @property
    def table(self) -> Mapping[str, Mapping[str, Roles]]:
        """Return, by domain, the roles of each name that has links; all of them when *is_complete*.

        There is always a domain "". One key for both would be one more object to fetch for each question.
        """
        return self._above

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
            self._above.setdefault(domain, {})[name] = roles

    def _walk(self, domain: str, ends: tuple[str, ...]) -> Roles:
        reached = dict.fromkeys(ends)
        ahead = list(ends)
        for _ in range(LONGEST - 1):
            ahead = [end for name in ahead for end in self._direct.get((domain, name), ()) if end not in reached]
            if not ahead:
                break
            reached.update(dict.fromkeys(ahead))
        return tuple(reached) if len(reached) <= _SMALL else frozenset(reached)

    def above(self, name: str, domain: str = "") -> Roles:
        """Return the roles that *name* holds in *domain* through links, besides itself."""
        # Of an unknown domain too the name is looked up: one that cannot be hashed raises TypeError everywhere.
        roles = self._above.get(domain, _NO_NAMES).get(name)
        if roles is None:
            ends = self._direct.get((domain, name))
            return () if ends is None else self._walk(domain, ends)
        return roles

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


def out_of_reach(links: Iterable[tuple[str, ...]], *, domains: bool) -> tuple[str, str] | None:
    """Return a name and a role that it is linked to over more links than count, or None."""
    direct: dict[Key, list[str]] = {}
    for narrow, broad, *domain in links:
        direct.setdefault((domain[0] if domains else "", narrow), []).append(broad)
    ahead: set[Key] = set(direct)
    for _ in range(LONGEST + 1):
        ahead = {(domain, end) for domain, name in ahead for end in direct.get((domain, name), ())}
    # Without a walk of ten links no role is out of reach; with one, perhaps round a cycle, each name is looked at.
    return next((found for key in direct if (found := _beyond(direct, key))), None) if ahead else None


def _beyond(direct: Mapping[Key, Sequence[str]], start: Key) -> tuple[str, str] | None:
    domain, name = start
    reached, ahead = {name}, {name}
    for _ in range(LONGEST):
        ahead = {end for role in ahead for end in direct.get((domain, role), ())} - reached
        reached |= ahead
    further = {end for role in ahead for end in direct.get((domain, role), ())} - reached
    return (name, min(further)) if further else None
