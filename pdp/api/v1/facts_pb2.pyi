import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from pdp.api.v1 import request_pb2 as _request_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Fact(_message.Message):
    __slots__ = ("id", "operator", "valid_from", "valid_until", "role", "consent", "ground", "containment")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    CONTAINMENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    operator: str
    valid_from: _timestamp_pb2.Timestamp
    valid_until: _timestamp_pb2.Timestamp
    role: RoleAssignment
    consent: Consent
    ground: Ground
    containment: Containment
    def __init__(self, id: _Optional[str] = ..., operator: _Optional[str] = ..., valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., role: _Optional[_Union[RoleAssignment, _Mapping]] = ..., consent: _Optional[_Union[Consent, _Mapping]] = ..., ground: _Optional[_Union[Ground, _Mapping]] = ..., containment: _Optional[_Union[Containment, _Mapping]] = ...) -> None: ...

class RoleAssignment(_message.Message):
    __slots__ = ("subject", "role", "scope", "granted_by")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    GRANTED_BY_FIELD_NUMBER: _ClassVar[int]
    subject: str
    role: str
    scope: str
    granted_by: str
    def __init__(self, subject: _Optional[str] = ..., role: _Optional[str] = ..., scope: _Optional[str] = ..., granted_by: _Optional[str] = ...) -> None: ...

class Consent(_message.Message):
    __slots__ = ("data_subject", "given_by", "purposes", "categories", "recipient", "form", "status", "properties")
    DATA_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    GIVEN_BY_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    data_subject: str
    given_by: str
    purposes: _containers.RepeatedScalarFieldContainer[str]
    categories: _containers.RepeatedScalarFieldContainer[str]
    recipient: str
    form: str
    status: str
    properties: _struct_pb2.Struct
    def __init__(self, data_subject: _Optional[str] = ..., given_by: _Optional[str] = ..., purposes: _Optional[_Iterable[str]] = ..., categories: _Optional[_Iterable[str]] = ..., recipient: _Optional[str] = ..., form: _Optional[str] = ..., status: _Optional[str] = ..., properties: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Ground(_message.Message):
    __slots__ = ("kind", "id", "beneficiary", "data_subject", "status", "properties")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    BENEFICIARY_FIELD_NUMBER: _ClassVar[int]
    DATA_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    beneficiary: str
    data_subject: str
    status: str
    properties: _struct_pb2.Struct
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., beneficiary: _Optional[str] = ..., data_subject: _Optional[str] = ..., status: _Optional[str] = ..., properties: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Containment(_message.Message):
    __slots__ = ("entity", "container")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    entity: str
    container: str
    def __init__(self, entity: _Optional[str] = ..., container: _Optional[str] = ...) -> None: ...

class WriteFactsRequest(_message.Message):
    __slots__ = ("request_id", "operator", "actor", "purpose", "context", "facts", "delete_ids", "expected_token")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    DELETE_IDS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_TOKEN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    operator: str
    actor: _request_pb2.Subject
    purpose: str
    context: _request_pb2.Context
    facts: _containers.RepeatedCompositeFieldContainer[Fact]
    delete_ids: _containers.RepeatedScalarFieldContainer[str]
    expected_token: str
    def __init__(self, request_id: _Optional[str] = ..., operator: _Optional[str] = ..., actor: _Optional[_Union[_request_pb2.Subject, _Mapping]] = ..., purpose: _Optional[str] = ..., context: _Optional[_Union[_request_pb2.Context, _Mapping]] = ..., facts: _Optional[_Iterable[_Union[Fact, _Mapping]]] = ..., delete_ids: _Optional[_Iterable[str]] = ..., expected_token: _Optional[str] = ...) -> None: ...

class WriteFactsResponse(_message.Message):
    __slots__ = ("token", "ids", "decision_ids")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    DECISION_IDS_FIELD_NUMBER: _ClassVar[int]
    token: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    decision_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, token: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., decision_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteFactsRequest(_message.Message):
    __slots__ = ("request_id", "operator", "actor", "purpose", "context", "ids", "filter")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    operator: str
    actor: _request_pb2.Subject
    purpose: str
    context: _request_pb2.Context
    ids: _containers.RepeatedScalarFieldContainer[str]
    filter: FactFilter
    def __init__(self, request_id: _Optional[str] = ..., operator: _Optional[str] = ..., actor: _Optional[_Union[_request_pb2.Subject, _Mapping]] = ..., purpose: _Optional[str] = ..., context: _Optional[_Union[_request_pb2.Context, _Mapping]] = ..., ids: _Optional[_Iterable[str]] = ..., filter: _Optional[_Union[FactFilter, _Mapping]] = ...) -> None: ...

class DeleteFactsResponse(_message.Message):
    __slots__ = ("token", "deleted")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    token: str
    deleted: int
    def __init__(self, token: _Optional[str] = ..., deleted: _Optional[int] = ...) -> None: ...

class FactFilter(_message.Message):
    __slots__ = ("operator", "kind", "subject", "scope", "data_subject", "as_of")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    DATA_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    operator: str
    kind: str
    subject: str
    scope: str
    data_subject: str
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, operator: _Optional[str] = ..., kind: _Optional[str] = ..., subject: _Optional[str] = ..., scope: _Optional[str] = ..., data_subject: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReadFactsRequest(_message.Message):
    __slots__ = ("filter", "consistency", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: FactFilter
    consistency: _request_pb2.Consistency
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[FactFilter, _Mapping]] = ..., consistency: _Optional[_Union[_request_pb2.Consistency, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class WatchFactsRequest(_message.Message):
    __slots__ = ("operator", "from_token")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    FROM_TOKEN_FIELD_NUMBER: _ClassVar[int]
    operator: str
    from_token: str
    def __init__(self, operator: _Optional[str] = ..., from_token: _Optional[str] = ...) -> None: ...

class FactChange(_message.Message):
    __slots__ = ("token", "written", "deleted_id", "heartbeat", "at", "actor", "decision_id")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    DELETED_ID_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    token: str
    written: Fact
    deleted_id: str
    heartbeat: bool
    at: _timestamp_pb2.Timestamp
    actor: str
    decision_id: str
    def __init__(self, token: _Optional[str] = ..., written: _Optional[_Union[Fact, _Mapping]] = ..., deleted_id: _Optional[str] = ..., heartbeat: _Optional[bool] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., decision_id: _Optional[str] = ...) -> None: ...
