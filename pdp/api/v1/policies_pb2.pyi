import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from pdp.api.v1 import decision_pb2 as _decision_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetPolicySetRequest(_message.Message):
    __slots__ = ("operator",)
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    operator: str
    def __init__(self, operator: _Optional[str] = ...) -> None: ...

class GetPolicySetResponse(_message.Message):
    __slots__ = ("policies", "refused", "workers", "cache")
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    policies: _containers.RepeatedCompositeFieldContainer[OperatorPolicy]
    refused: _containers.RepeatedCompositeFieldContainer[RefusedPolicy]
    workers: _containers.RepeatedCompositeFieldContainer[WorkerRevision]
    cache: CacheUse
    def __init__(self, policies: _Optional[_Iterable[_Union[OperatorPolicy, _Mapping]]] = ..., refused: _Optional[_Iterable[_Union[RefusedPolicy, _Mapping]]] = ..., workers: _Optional[_Iterable[_Union[WorkerRevision, _Mapping]]] = ..., cache: _Optional[_Union[CacheUse, _Mapping]] = ...) -> None: ...

class RefusedPolicy(_message.Message):
    __slots__ = ("operator", "digest", "refused_at", "findings")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    REFUSED_AT_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    operator: str
    digest: str
    refused_at: _timestamp_pb2.Timestamp
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    def __init__(self, operator: _Optional[str] = ..., digest: _Optional[str] = ..., refused_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ...) -> None: ...

class WorkerRevision(_message.Message):
    __slots__ = ("pid", "revision")
    PID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    pid: int
    revision: str
    def __init__(self, pid: _Optional[int] = ..., revision: _Optional[str] = ...) -> None: ...

class CacheUse(_message.Message):
    __slots__ = ("keeps", "shared", "counted", "not_kept")
    class CountedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    KEEPS_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    NOT_KEPT_FIELD_NUMBER: _ClassVar[int]
    keeps: bool
    shared: str
    counted: _containers.ScalarMap[str, int]
    not_kept: _containers.RepeatedCompositeFieldContainer[NotKept]
    def __init__(self, keeps: _Optional[bool] = ..., shared: _Optional[str] = ..., counted: _Optional[_Mapping[str, int]] = ..., not_kept: _Optional[_Iterable[_Union[NotKept, _Mapping]]] = ...) -> None: ...

class NotKept(_message.Message):
    __slots__ = ("what", "message")
    class MessageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    WHAT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    what: str
    message: _containers.ScalarMap[str, str]
    def __init__(self, what: _Optional[str] = ..., message: _Optional[_Mapping[str, str]] = ...) -> None: ...

class OperatorPolicy(_message.Message):
    __slots__ = ("operator", "revision", "files", "rules", "clauses", "tier", "activated_at", "activated_by", "engine_version")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    CLAUSES_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    ACTIVATED_AT_FIELD_NUMBER: _ClassVar[int]
    ACTIVATED_BY_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    operator: str
    revision: str
    files: _containers.RepeatedCompositeFieldContainer[PolicyFileDigest]
    rules: int
    clauses: int
    tier: str
    activated_at: _timestamp_pb2.Timestamp
    activated_by: str
    engine_version: str
    def __init__(self, operator: _Optional[str] = ..., revision: _Optional[str] = ..., files: _Optional[_Iterable[_Union[PolicyFileDigest, _Mapping]]] = ..., rules: _Optional[int] = ..., clauses: _Optional[int] = ..., tier: _Optional[str] = ..., activated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., activated_by: _Optional[str] = ..., engine_version: _Optional[str] = ...) -> None: ...

class PolicyFileDigest(_message.Message):
    __slots__ = ("path", "digest")
    PATH_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    path: str
    digest: str
    def __init__(self, path: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class PolicyFile(_message.Message):
    __slots__ = ("path", "content")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    path: str
    content: bytes
    def __init__(self, path: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class ValidateRequest(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[PolicyFile]
    def __init__(self, files: _Optional[_Iterable[_Union[PolicyFile, _Mapping]]] = ...) -> None: ...

class ValidateResponse(_message.Message):
    __slots__ = ("findings",)
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    def __init__(self, findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("file", "line", "column", "severity", "code", "message", "suggestion")
    class MessageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    file: str
    line: int
    column: int
    severity: str
    code: str
    message: _containers.ScalarMap[str, str]
    suggestion: str
    def __init__(self, file: _Optional[str] = ..., line: _Optional[int] = ..., column: _Optional[int] = ..., severity: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[_Mapping[str, str]] = ..., suggestion: _Optional[str] = ...) -> None: ...

class DiffRequest(_message.Message):
    __slots__ = ("operator", "files", "max_groups")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    MAX_GROUPS_FIELD_NUMBER: _ClassVar[int]
    operator: str
    files: _containers.RepeatedCompositeFieldContainer[PolicyFile]
    max_groups: int
    def __init__(self, operator: _Optional[str] = ..., files: _Optional[_Iterable[_Union[PolicyFile, _Mapping]]] = ..., max_groups: _Optional[int] = ...) -> None: ...

class DiffGroup(_message.Message):
    __slots__ = ("change", "message", "witness", "decisions")
    class MessageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    WITNESS_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    change: str
    message: _containers.ScalarMap[str, str]
    witness: _decision_pb2.CheckRequest
    decisions: int
    def __init__(self, change: _Optional[str] = ..., message: _Optional[_Mapping[str, str]] = ..., witness: _Optional[_Union[_decision_pb2.CheckRequest, _Mapping]] = ..., decisions: _Optional[int] = ...) -> None: ...

class ReloadRequest(_message.Message):
    __slots__ = ("operator",)
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    operator: str
    def __init__(self, operator: _Optional[str] = ...) -> None: ...

class ReloadResponse(_message.Message):
    __slots__ = ("revision", "findings", "activated")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ACTIVATED_FIELD_NUMBER: _ClassVar[int]
    revision: str
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    activated: bool
    def __init__(self, revision: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., activated: _Optional[bool] = ...) -> None: ...
