"""What each method asks of its caller: every method that is served has an entry here, and one without is refused."""

from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import Any, Final

from pdp.api.v1 import decision_pb2, facts_pb2, policies_pb2, request_pb2
from pdp.callers import EVERY_METHOD
from pdp.core.caller import FACT_KINDS, Caller, Claim
from pdp.core.errors import NotPermittedError, RequestError
from pdp.core.text import Text
from pdp.core.visibility import Level
from pdp.wire.mistakes import shown

NOT_PERMITTED: Final = "not-permitted"
"""Code of what a caller asks for and may not."""

Permit = Callable[[Caller, Any], None]
"""A caller and a message; raises NotPermittedError when this caller may not ask for this."""


class Need(Enum):
    """Who may call a method at all."""

    NOBODY_KNOWN = "whoever connects"
    KNOWN = "any caller that is known"
    GRANTED = "a caller to which the method is granted"


HEALTH_METHODS: Final = ("grpc.health.v1.Health.Check", "grpc.health.v1.Health.Watch", "grpc.health.v1.Health.List")
REFLECTION_METHODS: Final = tuple(
    f"grpc.reflection.{version}.ServerReflection.ServerReflectionInfo" for version in ("v1", "v1alpha")
)

DELETING_METHOD: Final = "pdp.api.v1.FactService.DeleteFacts"
WRITING_METHODS: Final = ("pdp.api.v1.FactService.WriteFacts", DELETING_METHOD)
"""What may revoke."""

DIFF_METHOD: Final = "pdp.api.v1.PolicyService.Diff"
"""What takes a core for up to a minute."""

NEEDS: Final[Mapping[str, Need]] = {
    # A probe has no credential, and learns which operators are served and nothing about anybody.
    **dict.fromkeys(HEALTH_METHODS, Need.NOBODY_KNOWN),
    **dict.fromkeys(REFLECTION_METHODS, Need.KNOWN),
    **dict.fromkeys(EVERY_METHOD, Need.GRANTED),
}
"""Who may call each method, by its full name."""


def check_may_call(caller: Caller, method: str) -> None:
    """Raise NotPermittedError unless *caller* may call *method*, a full name."""
    # FAIL CLOSED (method without an entry): `may_everything` does not help here, so that a new one cannot be forgotten.
    if method not in NEEDS or (NEEDS[method] is Need.GRANTED and not caller.may_call(method)):
        raise _refused(
            "",
            method,
            f"bên gọi `{caller.name}` không được gọi `{method}`",
            f"caller `{caller.name}` may not call `{method}`",
        )


def check_question(caller: Caller, message: Any) -> None:
    """Raise NotPermittedError unless *caller* may ask *message*: about its operator, with its facts and its time."""
    if caller.may_everything:
        return
    check_operator(caller, message.operator)
    for at, fact in enumerate(message.facts):
        kind = fact.WhichOneof("kind") or ""
        # A fact of no kind is no fact: what is wrong with it is for the reader of requests to say.
        if not caller.may_assert(kind) and (kind or not caller.asserts):
            raise _refused(
                f"facts[{at}]",
                kind,
                f"bên gọi `{caller.name}` không được tự nêu sự kiện loại `{shown(kind)}`",
                f"caller `{caller.name}` may not assert facts of kind `{shown(kind)}`",
            )
    _check_time(caller, message)


def check_operator(caller: Caller, operator: str, field: str = "operator") -> None:
    """Raise NotPermittedError unless *caller* may ask about *operator*."""
    if not caller.may_ask_about(operator):
        raise _refused(
            field,
            operator,
            f"bên gọi `{caller.name}` không được hỏi về nhà cung cấp `{shown(operator)}`",
            f"caller `{caller.name}` may not ask about operator `{shown(operator)}`",
        )


def check_admin_explanation(caller: Caller) -> None:
    """Raise NotPermittedError unless *caller* may see all that led to an answer."""
    if not (caller.may_everything or caller.explains_as_admin):
        raise _refused(
            "level",
            Level.ADMIN.value,
            f"bên gọi `{caller.name}` không được xem lời giải thích dành cho người quản trị",
            f"caller `{caller.name}` may not see explanations at level `admin`",
        )


def permits(operators: Collection[str]) -> Mapping[str, Permit]:
    """Return what is asked of each message, by the full name of its method; *operators* are all that there are.

    What is not here is looked at item by item where it is read: the requests of a batch and of a stream.
    """
    everyone = frozenset(operators)

    def operator_or_all(caller: Caller, message: policies_pb2.GetPolicySetRequest) -> None:
        if message.operator or not (caller.may_everything or caller.operators >= everyone):
            check_operator(caller, message.operator)

    questions = ("Check", "LookupSubjects", "LookupResources", "LookupActions")
    return {
        **{f"pdp.api.v1.DecisionService.{name}": check_question for name in questions},
        "pdp.api.v1.DecisionService.CheckBatch": _nothing_more,
        "pdp.api.v1.DecisionService.CheckStream": _nothing_more,
        "pdp.api.v1.DecisionService.Explain": _explain,
        "pdp.api.v1.FactService.WriteFacts": _write,
        "pdp.api.v1.FactService.DeleteFacts": _delete,
        "pdp.api.v1.FactService.ReadFacts": _read,
        "pdp.api.v1.FactService.WatchFacts": _operator,
        "pdp.api.v1.PolicyService.GetPolicySet": operator_or_all,
        "pdp.api.v1.PolicyService.Validate": _nothing_more,
        DIFF_METHOD: _operator,
        "pdp.api.v1.PolicyService.Reload": _operator,
    }


def _nothing_more(_caller: Caller, _message: Any) -> None:
    """Ask nothing beyond the method: the caller brings all that it is answered from, or each item is looked at."""


def _operator(caller: Caller, message: Any) -> None:
    check_operator(caller, message.operator)


def _read(caller: Caller, message: facts_pb2.ReadFactsRequest) -> None:
    check_operator(caller, message.filter.operator, "filter.operator")


def _explain(caller: Caller, message: decision_pb2.ExplainRequest) -> None:
    if message.level == Level.ADMIN:
        check_admin_explanation(caller)
    if message.HasField("request"):
        check_question(caller, message.request)
    elif message.decision_id and not (caller.may_everything or caller.explains_as_admin):
        # FAIL CLOSED (whose decision): of which operator it is is looked at once its record is read, by
        # DecisionPoint.explain_past; which caller was answered is on no record.
        raise _refused(
            "decision_id",
            message.decision_id,
            f"bên gọi `{caller.name}` không được hỏi về quyết định theo mã",
            f"caller `{caller.name}` may not ask about a decision by its id",
        )


def _write(caller: Caller, message: facts_pb2.WriteFactsRequest) -> None:
    check_operator(caller, message.operator)
    _check_actor(caller, message.actor)
    _check_time(caller, message)
    for at, fact in enumerate(message.facts):
        _check_kind(caller, fact.WhichOneof("kind") or "", f"facts[{at}]")
    if message.delete_ids:
        _check_every_kind(caller, "delete_ids")


def _delete(caller: Caller, message: facts_pb2.DeleteFactsRequest) -> None:
    check_operator(caller, message.operator)
    _check_actor(caller, message.actor)
    _check_time(caller, message)
    if message.HasField("filter"):
        check_operator(caller, message.filter.operator or message.operator, "filter.operator")
    if message.HasField("filter") and message.filter.kind and not message.ids:
        _check_kind(caller, message.filter.kind, "filter.kind")
    else:
        _check_every_kind(caller, "ids" if message.ids else "filter.kind")


def _check_every_kind(caller: Caller, field: str) -> None:
    # FAIL CLOSED (kind of what is deleted): an id does not tell of which kind its fact is.
    for kind in sorted(FACT_KINDS):
        _check_kind(caller, kind, field)


def _check_kind(caller: Caller, kind: str, field: str) -> None:
    if not caller.may_write(kind):
        raise _refused(
            field,
            kind,
            f"bên gọi `{caller.name}` không được ghi sự kiện loại `{shown(kind)}`",
            f"caller `{caller.name}` may not write facts of kind `{shown(kind)}`",
        )


def _check_actor(caller: Caller, actor: request_pb2.Subject) -> None:
    if not caller.may_vouch_for(actor.type, actor.id):
        named = f"{actor.type}:{actor.id}"
        raise _refused(
            "actor",
            named,
            f"bên gọi `{caller.name}` không được hành động thay cho `{shown(named)}`",
            f"caller `{caller.name}` may not vouch for the actor `{shown(named)}`",
        )


def _check_time(caller: Caller, message: Any) -> None:
    if message.HasField("context") and message.context.HasField("time") and not caller.may_assert(Claim.TIME):
        raise _refused(
            "context.time",
            "",
            f"bên gọi `{caller.name}` không được tự nêu thời điểm",
            f"caller `{caller.name}` may not assert the time",
        )


def _refused(field: str, value: str, vi: str, en: str) -> NotPermittedError:
    return NotPermittedError(RequestError(NOT_PERMITTED, field, shown(value), "", Text(vi, en)))
