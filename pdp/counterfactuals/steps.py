"""The smallest changes that a denial could be turned by: a fact to write, a fact to end, a circumstance to meet.

None of them touches who asks, for what, to do what, or to which data.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pdp.core.fact_identity import identity
from pdp.core.facts import Fact, Ground, Properties, Value
from pdp.core.request import Request

TIME: Final = "context.time"
"""The path of the moment of the decision: meeting it means waiting."""


Slot = tuple[str, ...]
"""What a step decides: no two steps of one change have the same."""


@dataclass(frozen=True, slots=True)
class Add:
    """*fact* is written; a fact of the same identity is replaced whole, as a store does it (contract, section 2).

    *key* tells it from every other step, *slot* names what it decides: no two steps of one change share a slot. For a
    *fresh* ground both leave its made-up id out.
    """

    fact: Fact
    key: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class End:
    """*fact* is taken out."""

    fact: Fact
    key: str

    @property
    def slot(self) -> Slot:
        """Return what it decides: this very fact, of whose identity there may be others."""
        return (self.key,)


@dataclass(frozen=True, slots=True)
class Meet:
    """The property of the request at *path* has *value*; None: it is not stated."""

    path: str
    value: Value | None
    key: str

    @property
    def slot(self) -> Slot:
        """Return what it decides: the property."""
        return (self.path,)


Step = Add | End | Meet


def add(fact: Fact, *, fresh: bool = False) -> Add:
    """Return the step that writes *fact*; *fresh* says that it is a ground whose id was made up for it."""
    if fresh and isinstance(fact.kind, Ground):
        key = f"add {(fact.kind.kind, fact.kind.beneficiary, fact.kind.data_subject, fact.kind.status)}"
        key += f" {sorted(fact.kind.properties.items())}"
        return Add(fact, key, (key,))
    return Add(fact, f"add {fact.kind!r} {fact.valid_from} {fact.valid_until}", identity(fact.kind))


def end(fact: Fact) -> End:
    """Return the step that ends *fact*."""
    return End(fact, f"end {fact.kind!r} {fact.valid_from} {fact.valid_until}")


def meet(path: str, value: Value | None) -> Meet:
    """Return the step that gives the property at *path* the *value*."""
    return Meet(path, value, f"meet {path} {value!r}")


def after(
    request: Request, stored: tuple[Fact, ...], instant: datetime, steps: tuple[Step, ...]
) -> tuple[Request, tuple[Fact, ...], datetime]:
    """Return the question, the stored facts and the moment once all of *steps* are done, in whatever order."""
    ended = [step.fact for step in steps if isinstance(step, End)]
    written = {identity(step.fact.kind): step.fact for step in steps if isinstance(step, Add)}
    if ended or written:

        def stays(fact: Fact) -> bool:
            if any(_same(fact, each) for each in ended):
                return False
            return not (written and identity(fact.kind) in written)

        own = tuple(fact for fact in request.facts if stays(fact))
        stored = (*(fact for fact in stored if stays(fact)), *written.values())
        request = replace(request, facts=own)
    for step in steps:
        if isinstance(step, Meet):
            request = _meeting(request, step)
            if step.path == TIME and isinstance(step.value, datetime):
                instant = step.value
    return request, stored, instant


def _same(one: Fact, other: Fact) -> bool:
    terms = (one.valid_from, one.valid_until) == (other.valid_from, other.valid_until)
    return one is other or (terms and one.kind == other.kind)


def _meeting(request: Request, step: Meet) -> Request:
    root, _, name = step.path.partition(".")
    if step.path == TIME:
        return replace(request, time=step.value) if isinstance(step.value, datetime) else request
    if root == "resource":
        properties = _with(request.resource.properties, name, step.value)
        return replace(request, resource=replace(request.resource, properties=properties))
    if root == "subject":
        return replace(request, subject_properties=_with(request.subject_properties, name, step.value))
    if root == "context":
        return replace(request, context=_with(request.context, name, step.value))
    return replace(request, extra=_with(request.extra, name, step.value))


def _with(properties: Properties, name: str, value: Value | None) -> Properties:
    changed = dict(properties)
    changed.pop(name, None)
    if value is not None:
        changed[name] = value
    return changed
