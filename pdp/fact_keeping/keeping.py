"""Makes changes of stored facts: asks the policy within the transaction, so that nothing comes between yes and done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pdp.core.decision import Decision
from pdp.core.errors import CycleError, InvalidRequestError, NotAllowedError, RequestError
from pdp.core.fact_change import FactChangeRequest
from pdp.core.fact_identity import fact_id, kind_name
from pdp.core.facts import Consent, Fact, RoleAssignment
from pdp.core.ports import Clock
from pdp.core.request import Request
from pdp.core.stores import FactFilter, FactStore, FactToWrite, FactWriting, Write, Written
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import Vocabulary
from pdp.decision_point import DecisionPoint
from pdp.fact_keeping import phrases
from pdp.fact_keeping.consents import may_put_down
from pdp.fact_keeping.questions import FIRST_ADMINS, GRANT, REVOKE, is_the_service_itself, question_about

MAXIMUM_DELETED: Final = 10_000
"""So many facts one deletion may select."""

UNKNOWN_FACT: Final = "unknown-fact"
TWICE: Final = "twice"
CYCLE: Final = "cycle"
NOT_THE_ACTOR: Final = "not-the-actor"
NOT_ALLOWED: Final = "not-allowed"
TOO_MANY: Final = "too-many"


@dataclass(frozen=True, slots=True)
class _Part:
    """One fact that a change writes or deletes, and where it stands in the request."""

    fact: Fact
    action: str
    field: str


class FactKeeper:
    """Changes the facts of *store* as far as *point* lets the actor."""

    def __init__(self, store: FactStore, point: DecisionPoint, words: Vocabulary, clock: Clock) -> None:
        self._store = store
        self._point = point
        self._words = words
        self._clock = clock

    def change(self, change: FactChangeRequest) -> Written:
        """Make *change*, all of it or nothing; on return it is in force everywhere.

        Raises NotAllowedError, InvalidRequestError for what cannot be so, ConflictError, ForeignTokenError, and what
        the store and the decision point raise.
        """
        try:
            with self._store.writing(change.operator, first=change.takes_back) as writing:
                earlier = writing.earlier(change.request_id, change.content)
                if earlier is not None:
                    return earlier
                parts = self._parts(change, writing)
                decision_ids = self._decided(parts, change, writing)
                return self._applied(writing, change, parts, decision_ids)
        except CycleError as error:  # told by the change, or by its commit
            place = f"facts[{error.position}].containment"
            raise InvalidRequestError([RequestError(CYCLE, place, "", "", phrases.CYCLE)]) from None

    def _applied(
        self, writing: FactWriting, change: FactChangeRequest, parts: Sequence[_Part], decision_ids: Sequence[str]
    ) -> Written:
        decided = list(zip(parts, decision_ids, strict=True))
        return writing.apply(
            Write(
                actor=str(change.actor),
                caller=change.caller,
                at=self._clock.now(),
                facts=tuple(FactToWrite(part.fact, id_) for part, id_ in decided if part.action == GRANT),
                deletions=tuple((part.fact.id, id_) for part, id_ in decided if part.action == REVOKE),
                request_id=change.request_id,
                content=change.content,
                unless_changed_since=change.expected,
            )
        )

    def _parts(self, change: FactChangeRequest, writing: FactWriting) -> tuple[_Part, ...]:
        """Return what is written, as it will be stored, and what is deleted, as it is stored."""
        errors: list[RequestError] = []
        written = [self._attributed(fact, change, at, errors) for at, fact in enumerate(change.facts)]
        # All that this change names, at once: a store that is far away remembers it (FactWriting.find), and is asked
        # for what is replaced when it is written.
        writing.find(FactFilter(), (*change.delete_ids, *(fact.id for fact in written)))
        selected = {fact.id: fact for fact in writing.find(change.selection, change.delete_ids)}
        if len(selected) > MAXIMUM_DELETED:
            message = phrases.too_many(len(selected), MAXIMUM_DELETED)
            errors.append(RequestError(TOO_MANY, "filter", str(len(selected)), "", message))
        field = "ids" if change.deletes_alone else "delete_ids"
        named = [(id_, f"{field}[{at}]") for at, id_ in enumerate(change.delete_ids)]
        if not change.deletes_alone:
            # FAIL CLOSED (revocation of nothing): a mistyped id must not pass for a revocation.
            errors += [
                RequestError(UNKNOWN_FACT, place, id_, "", phrases.UNKNOWN_FACT)
                for id_, place in named
                if id_ not in selected
            ]
        seen: set[str] = set(selected)
        for at, fact in enumerate(written):
            if fact.id in seen:
                errors.append(RequestError(TWICE, f"facts[{at}]", fact.id, "", phrases.TWICE))
            seen.add(fact.id)
        if errors:
            raise InvalidRequestError(errors)
        places = dict(named)
        return (
            *(_Part(fact, REVOKE, places.get(fact.id, "filter")) for fact in selected.values()),
            *(_Part(fact, GRANT, f"facts[{at}]") for at, fact in enumerate(written)),
        )

    def _attributed(self, fact: Fact, change: FactChangeRequest, at: int, errors: list[RequestError]) -> Fact:
        """Return *fact* with its id, and with the actor as the one who granted it."""
        kind = fact.kind
        if isinstance(kind, RoleAssignment):
            if kind.granted_by is None and not is_the_service_itself(change.actor):
                kind = replace(kind, granted_by=change.actor)
            elif kind.granted_by not in (None, change.actor):
                errors.append(
                    RequestError(
                        NOT_THE_ACTOR,
                        f"facts[{at}].role.granted_by",
                        str(kind.granted_by),
                        str(change.actor),
                        phrases.NOT_THE_ACTOR,
                    )
                )
        return replace(fact, kind=kind, id=fact_id(change.operator, kind), stored=True)

    def _decided(self, parts: Sequence[_Part], change: FactChangeRequest, writing: FactWriting) -> list[str]:
        """Return under which decision each part is done, "" for the credential alone; raise NotAllowedError."""
        now = self._clock.now()
        point = self._point.over(writing)
        of_actor: tuple[Fact, ...] | None = None
        errors: list[RequestError] = []
        ids: list[str] = []
        for part in parts:
            kind = part.fact.kind
            if isinstance(kind, Consent):
                if of_actor is None:
                    of_actor = writing.find(FactFilter(subject=change.actor))
                if not may_put_down(kind, change.actor, change.operator, of_actor, now, self._words):
                    errors.append(_refused(part, "", phrases.NOT_THE_GIVER))
            question = self._question(part, change, writing, now)
            if question is None:
                ids.append("")
                continue
            decision = self._asked(point, question)
            if not decision.allowed:
                said = join_texts((reason.message for reason in decision.reasons), "; ", "; ")
                errors.append(_refused(part, decision.decision_id, said))
            ids.append(decision.decision_id)
        if errors:
            raise NotAllowedError(errors)
        return ids

    def _asked(self, point: DecisionPoint, question: Request) -> Decision:
        # FAIL CLOSED (unasked): no two parts share a decision, however alike: a rule may read any word of the question.
        return point.check(question)

    def _question(self, part: _Part, change: FactChangeRequest, writing: FactWriting, now: datetime) -> Request | None:
        role = part.fact.kind
        if not isinstance(role, RoleAssignment):
            return None
        if part.action == GRANT and role.role in FIRST_ADMINS and not _has_admin(role, writing, now):
            return None
        return question_about(role, change, part.action, self._words)


def _has_admin(role: RoleAssignment, writing: FactWriting, now: datetime) -> bool:
    """Say whether anybody holds this role in this scope already."""
    held = writing.find(FactFilter("role", scope=role.scope))
    return any(
        isinstance(fact.kind, RoleAssignment) and fact.kind.role == role.role and fact.in_force(now) for fact in held
    )


def _refused(part: _Part, decision_id: str, message: Text) -> RequestError:
    named = "" if not decision_id else f"decision {decision_id}"
    return RequestError(NOT_ALLOWED, f"{part.field}.{kind_name(part.fact.kind)}", part.fact.id, named, message)
