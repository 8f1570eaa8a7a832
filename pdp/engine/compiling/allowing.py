"""The generated function for the plain question, allow or deny: see `pdp.engine.index.allowing`."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pdp.engine.compiling.combining import ALLOW, DENY
from pdp.engine.compiling.leaves import Equal, Key, Reached
from pdp.engine.compiling.lookup import Scan, passing
from pdp.engine.compiling.paths import Path
from pdp.engine.compiling.program import Allows, Program, Request
from pdp.engine.compiling.wanted import Wanted
from pdp.engine.index import AllowingTable
from pdp.engine.index.allowing import NOTHING

_ABSENT: Final = object()


def allows(program: Program, paths: Sequence[Path], decide: Scan) -> Allows | None:
    """Return the function that gives the decision alone, None for a matcher that it is not made for.

    That is one path whose rules are found by equal texts and at most one column of roles, and nothing else to test: on
    it nothing can raise for a request of texts. Any other request, and rules that are more than that, go to *decide*.
    """
    if len(paths) != 1 or paths[0].tested or paths[0].gates or not paths[0].equalities:
        return None
    (path,) = paths
    reached = [_reached(key) for key in path.choices]
    if len(reached) > 1 or None in reached:
        return None
    try:
        return _Written(program, path, reached[0] if reached else None).function(decide)
    except _NotPlainError:
        return None


class _NotPlainError(Exception):
    """Something has to be computed before it can be looked for, or there are more keys or texts than pay."""


def _reached(key: Key) -> Reached | None:
    """Return the probe for roles of *key*, None when it looks for anything but a name and its roles."""
    found = [probe for probe in key.probes if isinstance(probe, Reached)]
    if len(found) != 1:
        return None
    own = ast.dump(found[0].name)
    others = (probe for probe in key.probes if probe is not found[0])
    return found[0] if all(isinstance(each, Equal) and ast.dump(each.value) == own for each in others) else None


class _Written:
    """Writes the function for the rules on *path*."""

    def __init__(self, program: Program, path: Path, reached: Reached | None) -> None:
        self._program = program
        self._reached = reached
        wanted = Wanted(program)
        self._texts = [wanted.text(value) for value in path.looked_for]
        self._name = wanted.text(reached.name) if reached is not None else ""
        self._domain = wanted.text(reached.domain, only_text=True) if reached is not None and reached.domain else ""
        if wanted.early or wanted.kinds:
            raise _NotPlainError
        # The first value may be a context for the request: whatever is no text is left to the function that knows.
        self._guarded = sorted(wanted.guarded | {"r0"})
        column = program.column(path.choices[0].column) if reached is not None else None
        deciding, effects = program.combination.deciding, program.effects
        heard: Mapping[int, bool] = {ALLOW: True, DENY: False} if DENY in deciding else {ALLOW: True}
        try:
            self._table = AllowingTable(
                program.rules,
                passing(program, path),
                [program.column(key.column) for key in path.equalities],
                column,
                lambda number: heard.get(ALLOW if effects is None else effects[number]),
                in_order=len(deciding) > 1,
            )
        except ValueError as error:
            raise _NotPlainError from error

    def function(self, decide: Scan) -> Allows:
        """Return the function."""
        program, table = self._program, self._table
        space = program.namespace(primitive=False)
        space.update(_allowing=table.table, _nothing=NOTHING, _decide=decide, _absent=_ABSENT, _given=_given)
        found = "_allowing"
        for at in table.outer:
            found = f"{found}.get({self._texts[at]}, _nothing)"
        unless = f"return {program.combination.unless}"
        otherwise = f"return _decide(_given(({program.request_targets}*more)))[0]"
        # TRAP (a value too few): values that no rule looks at may be missing too. All are there if the last one is.
        unusual = ["more", f"r{len(program.requests) - 1} is _absent"]
        unusual += [f"type({name}) is not str" for name in self._guarded]
        lines = [
            f"if {' or '.join(unusual)}: {otherwise}",
            f"rules = {found}.get({self._texts[table.inner]})",
            f"if rules is None: {unless}",
            f"held = {self._held(space)}",
            "if type(rules) is str:",
            "    for code in rules:",
            "        if code in held: return True",
            f"    {unless}",
            f"if type(rules) is not tuple: {otherwise}",
            "for code in rules[0]:",
            "    if code in held: return False",
            "for code in rules[1]:",
            "    if code in held: return True",
            unless,
        ]
        head = ", ".join(f"r{at}=_absent" for at in range(len(program.requests)))
        made: Allows = program.function(
            "allows", [f"def allows({head}, /, *more):", *(f"    {line}" for line in lines)], primitive=False
        )
        return made

    def _held(self, space: dict[str, Any]) -> str:
        """Return the text of the codes that the subject of the request holds, its own among them."""
        reached, codes = self._reached, self._table.codes
        if reached is None:
            return repr(codes.string([""]))
        graph = self._program.functions.roles[reached.roles]
        if reached.held_by:
            graph = graph.backward()
        if not graph.is_complete:
            raise _NotPlainError
        held = {
            domain: {name: codes.string((name, *roles)) for name, roles in named.items()}
            for domain, named in graph.table.items()
        }
        # A name is its own role, whether it has links in this domain, in another one, or none at all.
        space["_own"] = codes.of.get
        if not self._domain:
            held = {"": codes.of | held[""]}
            space["_held"] = held[""].get
            return f"_held({self._name}, '')"
        space["_held"] = held.get
        return f"_held({self._domain}, _nothing).get({self._name}) or _own({self._name}, '')"


def _given(request: Request) -> Request:
    """Return *request* without the values that were not given."""
    return tuple([value for value in request if value is not _ABSENT])
