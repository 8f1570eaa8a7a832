import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from pdp.api.v1 import errors_pb2 as _errors_pb2
from pdp.api.v1 import facts_pb2 as _facts_pb2
from pdp.api.v1 import request_pb2 as _request_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Decision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECISION_UNSPECIFIED: _ClassVar[Decision]
    DECISION_ALLOW: _ClassVar[Decision]
    DECISION_DENY: _ClassVar[Decision]

class Cause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAUSE_UNSPECIFIED: _ClassVar[Cause]
    CAUSE_RULE: _ClassVar[Cause]
    CAUSE_UNMET: _ClassVar[Cause]
    CAUSE_SILENT: _ClassVar[Cause]
    CAUSE_ERROR: _ClassVar[Cause]
DECISION_UNSPECIFIED: Decision
DECISION_ALLOW: Decision
DECISION_DENY: Decision
CAUSE_UNSPECIFIED: Cause
CAUSE_RULE: Cause
CAUSE_UNMET: Cause
CAUSE_SILENT: Cause
CAUSE_ERROR: Cause

class CheckRequest(_message.Message):
    __slots__ = ("request_id", "operator", "subject", "action", "resource", "purpose", "context", "facts", "consistency")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    operator: str
    subject: _request_pb2.Subject
    action: _request_pb2.Action
    resource: _request_pb2.Resource
    purpose: str
    context: _request_pb2.Context
    facts: _containers.RepeatedCompositeFieldContainer[_facts_pb2.Fact]
    consistency: _request_pb2.Consistency
    def __init__(self, request_id: _Optional[str] = ..., operator: _Optional[str] = ..., subject: _Optional[_Union[_request_pb2.Subject, _Mapping]] = ..., action: _Optional[_Union[_request_pb2.Action, _Mapping]] = ..., resource: _Optional[_Union[_request_pb2.Resource, _Mapping]] = ..., purpose: _Optional[str] = ..., context: _Optional[_Union[_request_pb2.Context, _Mapping]] = ..., facts: _Optional[_Iterable[_Union[_facts_pb2.Fact, _Mapping]]] = ..., consistency: _Optional[_Union[_request_pb2.Consistency, _Mapping]] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("request_id", "decision_id", "decision", "cause", "reasons", "obligations", "revision", "checked_at", "valid_until", "cached")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    OBLIGATIONS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHECKED_AT_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    decision_id: str
    decision: Decision
    cause: Cause
    reasons: _containers.RepeatedCompositeFieldContainer[Reason]
    obligations: _containers.RepeatedCompositeFieldContainer[Obligation]
    revision: str
    checked_at: str
    valid_until: _timestamp_pb2.Timestamp
    cached: bool
    def __init__(self, request_id: _Optional[str] = ..., decision_id: _Optional[str] = ..., decision: _Optional[_Union[Decision, str]] = ..., cause: _Optional[_Union[Cause, str]] = ..., reasons: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ..., obligations: _Optional[_Iterable[_Union[Obligation, _Mapping]]] = ..., revision: _Optional[str] = ..., checked_at: _Optional[str] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cached: _Optional[bool] = ...) -> None: ...

class Reason(_message.Message):
    __slots__ = ("clause", "rule", "effect", "message")
    class MessageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    clause: str
    rule: str
    effect: str
    message: _containers.ScalarMap[str, str]
    def __init__(self, clause: _Optional[str] = ..., rule: _Optional[str] = ..., effect: _Optional[str] = ..., message: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Obligation(_message.Message):
    __slots__ = ("id", "clause", "parameters", "before", "message")
    class MessageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    id: str
    clause: str
    parameters: _struct_pb2.Struct
    before: bool
    message: _containers.ScalarMap[str, str]
    def __init__(self, id: _Optional[str] = ..., clause: _Optional[str] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., before: _Optional[bool] = ..., message: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CheckResult(_message.Message):
    __slots__ = ("request_id", "response", "error")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    response: CheckResponse
    error: _errors_pb2.Error
    def __init__(self, request_id: _Optional[str] = ..., response: _Optional[_Union[CheckResponse, _Mapping]] = ..., error: _Optional[_Union[_errors_pb2.Error, _Mapping]] = ...) -> None: ...

class CheckBatchRequest(_message.Message):
    __slots__ = ("requests", "consistency")
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[CheckRequest]
    consistency: _request_pb2.Consistency
    def __init__(self, requests: _Optional[_Iterable[_Union[CheckRequest, _Mapping]]] = ..., consistency: _Optional[_Union[_request_pb2.Consistency, _Mapping]] = ...) -> None: ...

class CheckBatchResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[CheckResult]
    def __init__(self, results: _Optional[_Iterable[_Union[CheckResult, _Mapping]]] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("request", "decision_id", "level", "as_of")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    request: CheckRequest
    decision_id: str
    level: str
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, request: _Optional[_Union[CheckRequest, _Mapping]] = ..., decision_id: _Optional[str] = ..., level: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("decision", "matched", "nearest", "facts", "would_allow", "hypothetical")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    WOULD_ALLOW_FIELD_NUMBER: _ClassVar[int]
    HYPOTHETICAL_FIELD_NUMBER: _ClassVar[int]
    decision: CheckResponse
    matched: _containers.RepeatedCompositeFieldContainer[RuleTrace]
    nearest: _containers.RepeatedCompositeFieldContainer[RuleTrace]
    facts: _containers.RepeatedCompositeFieldContainer[FactUse]
    would_allow: _containers.RepeatedCompositeFieldContainer[Change]
    hypothetical: bool
    def __init__(self, decision: _Optional[_Union[CheckResponse, _Mapping]] = ..., matched: _Optional[_Iterable[_Union[RuleTrace, _Mapping]]] = ..., nearest: _Optional[_Iterable[_Union[RuleTrace, _Mapping]]] = ..., facts: _Optional[_Iterable[_Union[FactUse, _Mapping]]] = ..., would_allow: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., hypothetical: _Optional[bool] = ...) -> None: ...

class RuleTrace(_message.Message):
    __slots__ = ("rule", "clause", "effect", "file", "line", "conditions")
    RULE_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    rule: str
    clause: str
    effect: str
    file: str
    line: int
    conditions: _containers.RepeatedCompositeFieldContainer[ConditionTrace]
    def __init__(self, rule: _Optional[str] = ..., clause: _Optional[str] = ..., effect: _Optional[str] = ..., file: _Optional[str] = ..., line: _Optional[int] = ..., conditions: _Optional[_Iterable[_Union[ConditionTrace, _Mapping]]] = ...) -> None: ...

class ConditionTrace(_message.Message):
    __slots__ = ("name", "outcome", "missing", "message")
    class MessageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    outcome: str
    missing: _containers.RepeatedScalarFieldContainer[str]
    message: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., outcome: _Optional[str] = ..., missing: _Optional[_Iterable[str]] = ..., message: _Optional[_Mapping[str, str]] = ...) -> None: ...

class FactUse(_message.Message):
    __slots__ = ("fact", "stored", "counted", "why_not")
    FACT_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    WHY_NOT_FIELD_NUMBER: _ClassVar[int]
    fact: _facts_pb2.Fact
    stored: bool
    counted: bool
    why_not: str
    def __init__(self, fact: _Optional[_Union[_facts_pb2.Fact, _Mapping]] = ..., stored: _Optional[bool] = ..., counted: _Optional[bool] = ..., why_not: _Optional[str] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("add", "end", "circumstances", "message", "by_whom")
    class MessageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ADD_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    CIRCUMSTANCES_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    BY_WHOM_FIELD_NUMBER: _ClassVar[int]
    add: _containers.RepeatedCompositeFieldContainer[_facts_pb2.Fact]
    end: _containers.RepeatedCompositeFieldContainer[_facts_pb2.Fact]
    circumstances: _containers.RepeatedScalarFieldContainer[str]
    message: _containers.ScalarMap[str, str]
    by_whom: str
    def __init__(self, add: _Optional[_Iterable[_Union[_facts_pb2.Fact, _Mapping]]] = ..., end: _Optional[_Iterable[_Union[_facts_pb2.Fact, _Mapping]]] = ..., circumstances: _Optional[_Iterable[str]] = ..., message: _Optional[_Mapping[str, str]] = ..., by_whom: _Optional[str] = ...) -> None: ...

class LookupSubjectsRequest(_message.Message):
    __slots__ = ("operator", "subject_type", "action", "resource", "purpose", "context", "facts", "consistency", "page_size", "page_token", "as_of")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    operator: str
    subject_type: str
    action: _request_pb2.Action
    resource: _request_pb2.Resource
    purpose: str
    context: _request_pb2.Context
    facts: _containers.RepeatedCompositeFieldContainer[_facts_pb2.Fact]
    consistency: _request_pb2.Consistency
    page_size: int
    page_token: str
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, operator: _Optional[str] = ..., subject_type: _Optional[str] = ..., action: _Optional[_Union[_request_pb2.Action, _Mapping]] = ..., resource: _Optional[_Union[_request_pb2.Resource, _Mapping]] = ..., purpose: _Optional[str] = ..., context: _Optional[_Union[_request_pb2.Context, _Mapping]] = ..., facts: _Optional[_Iterable[_Union[_facts_pb2.Fact, _Mapping]]] = ..., consistency: _Optional[_Union[_request_pb2.Consistency, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LookupSubjectsResponse(_message.Message):
    __slots__ = ("match", "end")
    MATCH_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    match: Match
    end: End
    def __init__(self, match: _Optional[_Union[Match, _Mapping]] = ..., end: _Optional[_Union[End, _Mapping]] = ...) -> None: ...

class LookupResourcesRequest(_message.Message):
    __slots__ = ("operator", "subject", "action", "category", "candidates", "within", "purpose", "context", "facts", "consistency", "page_size", "page_token", "as_of")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    operator: str
    subject: _request_pb2.Subject
    action: _request_pb2.Action
    category: str
    candidates: _containers.RepeatedCompositeFieldContainer[_request_pb2.Resource]
    within: str
    purpose: str
    context: _request_pb2.Context
    facts: _containers.RepeatedCompositeFieldContainer[_facts_pb2.Fact]
    consistency: _request_pb2.Consistency
    page_size: int
    page_token: str
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, operator: _Optional[str] = ..., subject: _Optional[_Union[_request_pb2.Subject, _Mapping]] = ..., action: _Optional[_Union[_request_pb2.Action, _Mapping]] = ..., category: _Optional[str] = ..., candidates: _Optional[_Iterable[_Union[_request_pb2.Resource, _Mapping]]] = ..., within: _Optional[str] = ..., purpose: _Optional[str] = ..., context: _Optional[_Union[_request_pb2.Context, _Mapping]] = ..., facts: _Optional[_Iterable[_Union[_facts_pb2.Fact, _Mapping]]] = ..., consistency: _Optional[_Union[_request_pb2.Consistency, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LookupResourcesResponse(_message.Message):
    __slots__ = ("match", "end")
    MATCH_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    match: Match
    end: End
    def __init__(self, match: _Optional[_Union[Match, _Mapping]] = ..., end: _Optional[_Union[End, _Mapping]] = ...) -> None: ...

class LookupActionsRequest(_message.Message):
    __slots__ = ("operator", "subject", "resource", "purpose", "context", "facts", "consistency", "as_of")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    operator: str
    subject: _request_pb2.Subject
    resource: _request_pb2.Resource
    purpose: str
    context: _request_pb2.Context
    facts: _containers.RepeatedCompositeFieldContainer[_facts_pb2.Fact]
    consistency: _request_pb2.Consistency
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, operator: _Optional[str] = ..., subject: _Optional[_Union[_request_pb2.Subject, _Mapping]] = ..., resource: _Optional[_Union[_request_pb2.Resource, _Mapping]] = ..., purpose: _Optional[str] = ..., context: _Optional[_Union[_request_pb2.Context, _Mapping]] = ..., facts: _Optional[_Iterable[_Union[_facts_pb2.Fact, _Mapping]]] = ..., consistency: _Optional[_Union[_request_pb2.Consistency, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LookupActionsResponse(_message.Message):
    __slots__ = ("actions",)
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedCompositeFieldContainer[ActionAnswer]
    def __init__(self, actions: _Optional[_Iterable[_Union[ActionAnswer, _Mapping]]] = ...) -> None: ...

class ActionAnswer(_message.Message):
    __slots__ = ("action", "response")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    action: str
    response: CheckResponse
    def __init__(self, action: _Optional[str] = ..., response: _Optional[_Union[CheckResponse, _Mapping]] = ...) -> None: ...

class Match(_message.Message):
    __slots__ = ("entity", "everyone", "certainty", "conditions", "reasons")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    EVERYONE_FIELD_NUMBER: _ClassVar[int]
    CERTAINTY_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    entity: str
    everyone: bool
    certainty: str
    conditions: _containers.RepeatedCompositeFieldContainer[ConditionTrace]
    reasons: _containers.RepeatedCompositeFieldContainer[Reason]
    def __init__(self, entity: _Optional[str] = ..., everyone: _Optional[bool] = ..., certainty: _Optional[str] = ..., conditions: _Optional[_Iterable[_Union[ConditionTrace, _Mapping]]] = ..., reasons: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ...) -> None: ...

class End(_message.Message):
    __slots__ = ("complete", "next_page_token", "checked_at", "revision")
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHECKED_AT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    complete: bool
    next_page_token: str
    checked_at: str
    revision: str
    def __init__(self, complete: _Optional[bool] = ..., next_page_token: _Optional[str] = ..., checked_at: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...
