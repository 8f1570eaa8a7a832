"""Decisions and explanations: from values of the core to wire messages, and back for a client."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pdp.api.v1 import decision_pb2
from pdp.core.decision import Cause, ConditionTrace, Decision, Effect, Obligation, Outcome, Reason, RuleTrace
from pdp.core.errors import InvalidRequestError, RequestError
from pdp.core.explanation import NO_TEXT, Change, Explanation, FactUse, SearchOutcome
from pdp.core.text import Text
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.facts import fact_from_wire
from pdp.wire.instants import instant_from_timestamp, timestamp_from_instant
from pdp.wire.mistakes import shown
from pdp.wire.outgoing import fact_to_wire
from pdp.wire.plain_values import plain_struct
from pdp.wire.properties import struct_from_properties
from pdp.wire.words import Words

CAUSES: Final = {
    Cause.RULE: decision_pb2.CAUSE_RULE,
    Cause.UNMET: decision_pb2.CAUSE_UNMET,
    Cause.SILENT: decision_pb2.CAUSE_SILENT,
    Cause.ERROR: decision_pb2.CAUSE_ERROR,
}
NOBODY: Final = "nobody"
"""Stands where it says by whom a change is brought about for the proof that no change would do."""

_CAUSES_FROM_WIRE: Final = {int(on_wire): cause for cause, on_wire in CAUSES.items()}


def decision_to_wire(decision: Decision) -> decision_pb2.CheckResponse:
    """Return *decision* as the answer to a check."""
    allowed = decision_pb2.DECISION_ALLOW if decision.allowed else decision_pb2.DECISION_DENY
    return decision_pb2.CheckResponse(
        request_id=decision.request_id,
        decision_id=decision.decision_id,
        decision=allowed,
        cause=CAUSES[decision.cause],
        reasons=[reason_to_wire(reason) for reason in decision.reasons],
        obligations=[obligation_to_wire(obligation) for obligation in decision.obligations],
        revision=decision.revision,
        checked_at=decision.checked_at,
        valid_until=None if decision.valid_until is None else timestamp_from_instant(decision.valid_until),
        cached=decision.cached,
    )


def decision_from_wire(message: decision_pb2.CheckResponse) -> Decision:
    """Return the decision that an answer holds; raise InvalidRequestError when this version cannot read it.

    Rules that matched are no part of an answer, so `matched` is empty.
    """
    # FAIL CLOSED (answers): only an ALLOW for a known cause that can allow is one.
    cause = _CAUSES_FROM_WIRE.get(message.cause, Cause.ERROR)
    return Decision(
        decision_id=message.decision_id,
        request_id=message.request_id,
        allowed=message.decision == decision_pb2.DECISION_ALLOW and cause is Cause.RULE,
        cause=cause,
        reasons=tuple(reason_from_wire(reason, f"reasons[{at}]") for at, reason in enumerate(message.reasons)),
        obligations=tuple(_obligation_from_wire(obligation) for obligation in message.obligations),
        revision=message.revision,
        checked_at=message.checked_at,
        valid_until=_valid_until(message),
        matched=(),
        cached=message.cached,
    )


def explanation_to_wire(explanation: Explanation, operator: str) -> decision_pb2.ExplainResponse:
    """Return *explanation* of a request to *operator* as a message."""
    return decision_pb2.ExplainResponse(
        decision=decision_to_wire(explanation.decision),
        matched=[trace_to_wire(trace) for trace in explanation.matched],
        nearest=[trace_to_wire(trace) for trace in explanation.nearest],
        facts=[_use_to_wire(use, operator) for use in explanation.facts],
        would_allow=[_change_to_wire(change, operator) for change in _with_note(explanation)],
        hypothetical=explanation.hypothetical,
    )


def explanation_from_wire(message: decision_pb2.ExplainResponse, words: Words) -> Explanation:
    """Return the explanation that an answer holds; raise InvalidRequestError when this version cannot read it."""
    changes = tuple(_change_from_wire(change, words) for change in message.would_allow)
    note = next((change for change in changes if _is_note(change)), None)
    found = tuple(change for change in changes if change is not note)
    decision = decision_from_wire(message.decision)
    return Explanation(
        decision=decision,
        matched=tuple(trace_from_wire(trace, f"matched[{at}]") for at, trace in enumerate(message.matched)),
        nearest=tuple(trace_from_wire(trace, f"nearest[{at}]") for at, trace in enumerate(message.nearest)),
        facts=tuple(_use_from_wire(use, words) for use in message.facts),
        would_allow=found,
        hypothetical=message.hypothetical,
        search=_search_of(decision, found, note),
        search_message=NO_TEXT if note is None else note.message,
    )


def reason_to_wire(reason: Reason) -> decision_pb2.Reason:
    """Return *reason* as a message."""
    return decision_pb2.Reason(
        clause=reason.clause, rule=reason.rule, effect=reason.effect.value, message=reason.message.as_map()
    )


def reason_from_wire(message: decision_pb2.Reason, place: str) -> Reason:
    """Return the reason that stands at *place* of an answer."""
    effect = effect_from_wire(message.effect, f"{place}.effect")
    return Reason(message.clause, message.rule, effect, text_from_wire(message.message))


def trace_to_wire(trace: RuleTrace) -> decision_pb2.RuleTrace:
    """Return *trace* as a message."""
    return decision_pb2.RuleTrace(
        rule=trace.rule,
        clause=trace.clause,
        effect=trace.effect.value,
        file=trace.file,
        line=trace.line,
        conditions=[condition_to_wire(condition) for condition in trace.conditions],
    )


def trace_from_wire(message: decision_pb2.RuleTrace, place: str) -> RuleTrace:
    """Return the trace of a rule that stands at *place* of an answer."""
    return RuleTrace(
        rule=message.rule,
        clause=message.clause,
        effect=effect_from_wire(message.effect, f"{place}.effect"),
        file=message.file,
        line=message.line,
        conditions=tuple(
            condition_from_wire(condition, f"{place}.conditions[{at}]")
            for at, condition in enumerate(message.conditions)
        ),
    )


def condition_to_wire(trace: ConditionTrace) -> decision_pb2.ConditionTrace:
    """Return *trace* as a message; that evaluating it failed shows in its words alone."""
    return decision_pb2.ConditionTrace(
        name=trace.name, outcome=trace.outcome.value, missing=trace.missing, message=trace.message.as_map()
    )


def condition_from_wire(message: decision_pb2.ConditionTrace, place: str) -> ConditionTrace:
    """Return the trace of a condition that stands at *place* of an answer."""
    known = {outcome.value: outcome for outcome in Outcome}
    if message.outcome not in known:
        raise _unreadable(message.outcome, f"{place}.outcome")
    outcome = known[message.outcome]
    return ConditionTrace(message.name, outcome, tuple(message.missing), text_from_wire(message.message))


def effect_from_wire(effect: str, field: str) -> Effect:
    """Return the effect that *effect* names."""
    known = {each.value: each for each in Effect}
    if effect not in known:
        raise _unreadable(effect, field)
    return known[effect]


def text_from_wire(message: Mapping[str, str]) -> Text:
    """Return the two languages of *message*; each stands in for the other where it is missing."""
    vi, en = message.get("vi", ""), message.get("en", "")
    return Text(vi=vi or en, en=en or vi)


def obligation_to_wire(obligation: Obligation) -> decision_pb2.Obligation:
    return decision_pb2.Obligation(
        id=obligation.id,
        clause=obligation.clause,
        parameters=struct_from_properties(obligation.parameters) if obligation.parameters else None,
        before=obligation.before,
        message=obligation.message.as_map(),
    )


def _obligation_from_wire(message: decision_pb2.Obligation) -> Obligation:
    return Obligation(
        id=message.id,
        clause=message.clause,
        parameters=plain_struct(message.parameters),
        before=message.before,
        message=text_from_wire(message.message),
    )


def _valid_until(message: decision_pb2.CheckResponse) -> datetime | None:
    if not message.HasField("valid_until"):
        return None
    try:
        return instant_from_timestamp(message.valid_until)
    except ValueError:
        raise _unreadable(f"{message.valid_until.seconds} s", "valid_until") from None


def _unreadable(word: str, field: str) -> InvalidRequestError:
    message = phrases.unknown_word(phrases.PROPERTY_VALUE, shown(word))
    return InvalidRequestError([RequestError(Code.UNKNOWN_WORD.value, field, shown(word), "", message)])


def _use_to_wire(use: FactUse, operator: str) -> decision_pb2.FactUse:
    return decision_pb2.FactUse(
        fact=fact_to_wire(use.fact, operator),
        stored=use.fact.stored,
        counted=use.counted,
        why_not="" if use.why_not is None else _in_two_lines(use.why_not),
    )


def _in_two_lines(text: Text) -> str:
    """Return both languages of *text* in the one string that the message has: English, then Vietnamese."""
    return "\n".join(" ".join(line.split()) for line in (text.en, text.vi))


def _use_from_wire(message: decision_pb2.FactUse, words: Words) -> FactUse:
    fact = fact_from_wire(message.fact, words, operator=message.fact.operator, stored=message.stored)
    en, _, vi = message.why_not.partition("\n")
    why_not = Text(vi=vi or en, en=en) if message.why_not else None
    return FactUse(fact, message.counted, why_not)


def _with_note(explanation: Explanation) -> tuple[Change, ...]:
    """Return the changes; where none was found, in their place one that changes nothing and says what that means.

    The message has no other place for it. Only for a proof is it brought about by NOBODY.
    """
    if explanation.search in {SearchOutcome.NOT_SEARCHED, SearchOutcome.FOUND}:
        return explanation.would_allow
    by_whom = NOBODY if explanation.search is SearchOutcome.NOTHING else ""
    return (Change((), (), (), explanation.search_message, by_whom),)


def _is_note(change: Change) -> bool:
    return not (change.add or change.end or change.circumstances) and change.by_whom in {"", NOBODY}


def _search_of(decision: Decision, found: tuple[Change, ...], note: Change | None) -> SearchOutcome:
    if found:
        return SearchOutcome.FOUND
    if note is None:
        return SearchOutcome.NOT_SEARCHED
    if note.by_whom == NOBODY:
        return SearchOutcome.NOTHING
    return SearchOutcome.FAILED if decision.cause is Cause.ERROR else SearchOutcome.BOUNDED


def _change_to_wire(change: Change, operator: str) -> decision_pb2.Change:
    return decision_pb2.Change(
        add=[fact_to_wire(fact, operator) for fact in change.add],
        end=[fact_to_wire(fact, operator) for fact in change.end],
        circumstances=change.circumstances,
        message=change.message.as_map(),
        by_whom=change.by_whom,
    )


def _change_from_wire(message: decision_pb2.Change, words: Words) -> Change:
    return Change(
        add=tuple(fact_from_wire(fact, words, operator=fact.operator) for fact in message.add),
        end=tuple(fact_from_wire(fact, words, operator=fact.operator, stored=bool(fact.id)) for fact in message.end),
        circumstances=tuple(message.circumstances),
        message=text_from_wire(message.message),
        by_whom=message.by_whom,
    )
