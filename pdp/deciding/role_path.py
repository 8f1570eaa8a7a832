"""Says by which facts the subject holds a role: the assignment, what lies in its scope, and who granted it."""

from typing import Final, NamedTuple

from pdp.core.circumstances import Circumstances
from pdp.core.containment import MAXIMUM_STEPS
from pdp.core.entity import Entity
from pdp.core.facts import Containment, RoleAssignment
from pdp.core.policy import ANY, ANY_WORD
from pdp.core.role_holding import DATA_SUBJECT
from pdp.core.text import Text

_THE_PERSON: Final = Text("người yêu cầu chính là chủ thể dữ liệu", "the subject is the person the data is about")
_NO_ROLE: Final = Text("người yêu cầu không giữ vai trò nào được tính", "the subject holds no role that counts")


class SaidPath(NamedTuple):
    """A path in words: *full* with everybody's names, *in_kind* without."""

    full: Text
    in_kind: Text


def role_path(circumstances: Circumstances, role: str, text: Text) -> SaidPath | None:
    """Return how the subject holds *role*, which is called *text*; None for a row that speaks of every role."""
    if role == ANY:
        return None
    above = circumstances.hierarchies.roles
    for one in circumstances.assignments:
        if one.counts and role in above.get(one.role.role, ANY_WORD):
            return _by_assignment(circumstances, one.role, role, text)
    person, subject = circumstances.resource.data_subject, circumstances.request.subject
    if subject == person and role in above.get(DATA_SUBJECT, ANY_WORD):
        return SaidPath(_THE_PERSON, _THE_PERSON)
    return SaidPath(_NO_ROLE, _NO_ROLE)


def _by_assignment(circumstances: Circumstances, found: RoleAssignment, role: str, text: Text) -> SaidPath:
    held = Text(f"`{found.subject}` giữ vai trò “{text.vi}”", f"`{found.subject}` holds the role `{role}` ({text.en})")
    narrower = "" if found.role == role else f" (`{found.role}`)"
    path = _path_up(circumstances, found.scope)
    inside = Text("", "")
    if path:
        chain = "` → `".join(str(each) for each in path)
        inside = Text(f", nơi có `{chain}`", f", which holds `{chain}`")
    granted = _granted(circumstances, found)
    full = Text(
        f"{held.vi}{narrower} trong `{found.scope}`{inside.vi}{granted.vi}",
        f"{held.en}{narrower} in `{found.scope}`{inside.en}{granted.en}",
    )
    return SaidPath(full, held)


def _path_up(circumstances: Circumstances, scope: Entity) -> tuple[Entity, ...]:
    """Return what lies in *scope*, down to what the question names; nothing when the question names the scope."""
    resource = circumstances.resource
    named = {resource.entity, *resource.scopes, *([resource.data_subject] if resource.data_subject else [])}
    if scope in named or scope == circumstances.operator:
        return ()
    inside: dict[Entity, list[Entity]] = {}
    for fact in circumstances.facts:
        if isinstance(fact.kind, Containment) and fact.in_force(circumstances.instant):
            inside.setdefault(fact.kind.container, []).append(fact.kind.entity)
    paths: list[tuple[Entity, ...]] = [(scope,)]
    for _ in range(MAXIMUM_STEPS):
        paths = [(*path, inner) for path in paths for inner in inside.get(path[-1], ()) if inner not in path]
        reached = next((path for path in paths if path[-1] in named), None)
        if reached is not None:
            return reached[1:]
    return ()


def _granted(circumstances: Circumstances, found: RoleAssignment) -> Text:
    """Return who granted the role, and by which role of their own, as far as the folder says who may."""
    granting = circumstances.granting.get(found.role)
    if found.granted_by is None or granting is None:
        return Text("", "")
    reach = circumstances.reach_of_grant(found.scope)
    above = circumstances.hierarchies.roles
    for one in circumstances.assignments_of(found.granted_by):
        own = one.role
        entitles = not above.get(own.role, ANY_WORD).isdisjoint(granting.by)
        if entitles and own.scope in reach and one.fact.in_force(circumstances.instant):
            return Text(
                f", do `{found.granted_by}` cấp với vai trò `{own.role}` trong `{own.scope}`",
                f", granted by `{found.granted_by}` as `{own.role}` in `{own.scope}`",
            )
    return Text(f", do `{found.granted_by}` cấp", f", granted by `{found.granted_by}`")
