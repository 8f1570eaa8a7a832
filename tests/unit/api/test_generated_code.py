"""The generated code is what the protos generate; the contract keeps every name, type and number it was given."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor

from pdp.api.v1 import decision_pb2, errors_pb2, facts_pb2, policies_pb2, request_pb2

ROOT = Path(__file__).parents[3]
FILES: list[FileDescriptor] = [
    module.DESCRIPTOR for module in (decision_pb2, errors_pb2, facts_pb2, policies_pb2, request_pb2)
]

# Fields in the order of their numbers, from 1. No type: string. `optional`: absence and the zero value are told apart.
MESSAGES = {
    # the parts of a question
    "Subject": "type, id, Struct properties",
    "Action": "name, Struct properties",
    "Resource": "type, id, data_subject, repeated scopes, Struct properties",
    "Context": (
        "Timestamp time, optional bool authenticated, optional authentication_method, optional step_up,"
        " Timestamp session_started_at, optional bool transport_encrypted, optional channel, optional recipient,"
        " optional grantee, optional granted_role, optional bool necessary, optional bool necessity_documented,"
        " optional special_case, optional bool automatic, optional browser_cookies, Timestamp planned_for,"
        " repeated notice_to, Timestamp policy_effective_from, Struct extra"
    ),
    "Consistency": "bool minimize_latency, at_least_as_fresh, bool fully_consistent",
    # asking
    "CheckRequest": (
        "request_id, operator, Subject subject, Action action, Resource resource, purpose, Context context,"
        " repeated Fact facts, Consistency consistency"
    ),
    "CheckResponse": (
        "request_id, decision_id, Decision decision, Cause cause, repeated Reason reasons,"
        " repeated Obligation obligations, revision, checked_at, Timestamp valid_until, bool cached"
    ),
    "Reason": "clause, rule, effect, map message",
    "Obligation": "id, clause, Struct parameters, bool before, map message",
    "CheckResult": "request_id, CheckResponse response, Error error",
    "CheckBatchRequest": "repeated CheckRequest requests, Consistency consistency",
    "CheckBatchResponse": "repeated CheckResult results",
    "ExplainRequest": "CheckRequest request, decision_id, level, Timestamp as_of",
    "ExplainResponse": (
        "CheckResponse decision, repeated RuleTrace matched, repeated RuleTrace nearest, repeated FactUse facts,"
        " repeated Change would_allow, bool hypothetical"
    ),
    "RuleTrace": "rule, clause, effect, file, int32 line, repeated ConditionTrace conditions",
    "ConditionTrace": "name, outcome, repeated missing, map message",
    "FactUse": "Fact fact, bool stored, bool counted, why_not",
    "Change": "repeated Fact add, repeated Fact end, repeated circumstances, map message, by_whom",
    "LookupSubjectsRequest": (
        "operator, subject_type, Action action, Resource resource, purpose, Context context, repeated Fact facts,"
        " Consistency consistency, int32 page_size, page_token, Timestamp as_of"
    ),
    "LookupSubjectsResponse": "Match match, End end",
    "LookupResourcesRequest": (
        "operator, Subject subject, Action action, category, repeated Resource candidates, within, purpose,"
        " Context context, repeated Fact facts, Consistency consistency, int32 page_size, page_token, Timestamp as_of"
    ),
    "LookupResourcesResponse": "Match match, End end",
    "LookupActionsRequest": (
        "operator, Subject subject, Resource resource, purpose, Context context, repeated Fact facts,"
        " Consistency consistency, Timestamp as_of"
    ),
    "LookupActionsResponse": "repeated ActionAnswer actions",
    "ActionAnswer": "action, CheckResponse response",
    "Match": "entity, bool everyone, certainty, repeated ConditionTrace conditions, repeated Reason reasons",
    "End": "bool complete, next_page_token, checked_at, revision",
    "Error": "code, field, value, suggestion, map message",
    "Errors": "repeated Error errors",
    # facts
    "Fact": (
        "id, operator, Timestamp valid_from, Timestamp valid_until, RoleAssignment role, Consent consent,"
        " Ground ground, Containment containment"
    ),
    "RoleAssignment": "subject, role, scope, granted_by",
    "Consent": (
        "data_subject, given_by, repeated purposes, repeated categories, recipient, form, status, Struct properties"
    ),
    "Ground": "kind, id, beneficiary, data_subject, status, Struct properties",
    "Containment": "entity, container",
    "WriteFactsRequest": (
        "request_id, operator, Subject actor, purpose, Context context, repeated Fact facts, repeated delete_ids,"
        " expected_token"
    ),
    "WriteFactsResponse": "token, repeated ids, repeated decision_ids",
    "DeleteFactsRequest": (
        "request_id, operator, Subject actor, purpose, Context context, repeated ids, FactFilter filter"
    ),
    "DeleteFactsResponse": "token, int64 deleted",
    "FactFilter": "operator, kind, subject, scope, data_subject, Timestamp as_of",
    "ReadFactsRequest": "FactFilter filter, Consistency consistency, int32 page_size, page_token",
    "WatchFactsRequest": "operator, from_token",
    "FactChange": "token, Fact written, deleted_id, bool heartbeat, Timestamp at, actor, decision_id",
    # policies
    "GetPolicySetRequest": "operator",
    "GetPolicySetResponse": (
        "repeated OperatorPolicy policies, repeated RefusedPolicy refused, repeated WorkerRevision workers"
    ),
    "RefusedPolicy": "operator, digest, Timestamp refused_at, repeated Finding findings",
    "WorkerRevision": "int64 pid, revision",
    "OperatorPolicy": (
        "operator, revision, repeated PolicyFileDigest files, int32 rules, int32 clauses, tier, Timestamp activated_at,"
        " activated_by, engine_version"
    ),
    "PolicyFileDigest": "path, digest",
    "PolicyFile": "path, bytes content",
    "ValidateRequest": "repeated PolicyFile files",
    "ValidateResponse": "repeated Finding findings",
    "Finding": "file, int32 line, int32 column, severity, code, map message, suggestion",
    "DiffRequest": "operator, repeated PolicyFile files, int32 max_groups",
    "DiffGroup": "change, map message, CheckRequest witness, uint64 decisions",
    "ReloadRequest": "operator",
    "ReloadResponse": "revision, repeated Finding findings, bool activated",
}

ONEOFS = {
    "Consistency.requirement": ["minimize_latency", "at_least_as_fresh", "fully_consistent"],
    "CheckResult.outcome": ["response", "error"],
    "ExplainRequest.of": ["request", "decision_id"],
    "LookupSubjectsResponse.of": ["match", "end"],
    "LookupResourcesResponse.of": ["match", "end"],
    "Fact.kind": ["role", "consent", "ground", "containment"],
    "FactChange.change": ["written", "deleted_id", "heartbeat"],
}

ENUMS = {
    "Decision": ["DECISION_UNSPECIFIED", "DECISION_ALLOW", "DECISION_DENY"],
    "Cause": ["CAUSE_UNSPECIFIED", "CAUSE_RULE", "CAUSE_UNMET", "CAUSE_SILENT", "CAUSE_ERROR"],
}

METHODS = {
    "DecisionService.Check": "CheckRequest -> CheckResponse",
    "DecisionService.CheckBatch": "CheckBatchRequest -> CheckBatchResponse",
    "DecisionService.CheckStream": "stream CheckRequest -> stream CheckResult",
    "DecisionService.Explain": "ExplainRequest -> ExplainResponse",
    "DecisionService.LookupSubjects": "LookupSubjectsRequest -> stream LookupSubjectsResponse",
    "DecisionService.LookupResources": "LookupResourcesRequest -> stream LookupResourcesResponse",
    "DecisionService.LookupActions": "LookupActionsRequest -> LookupActionsResponse",
    "FactService.WriteFacts": "WriteFactsRequest -> WriteFactsResponse",
    "FactService.DeleteFacts": "DeleteFactsRequest -> DeleteFactsResponse",
    "FactService.ReadFacts": "ReadFactsRequest -> stream Fact",
    "FactService.WatchFacts": "WatchFactsRequest -> stream FactChange",
    "PolicyService.GetPolicySet": "GetPolicySetRequest -> GetPolicySetResponse",
    "PolicyService.Validate": "ValidateRequest -> ValidateResponse",
    "PolicyService.Diff": "DiffRequest -> stream DiffGroup",
    "PolicyService.Reload": "ReloadRequest -> ReloadResponse",
}

SCALARS = {
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_STRING: "",
    FieldDescriptor.TYPE_UINT64: "uint64",
}


def messages() -> dict[str, Descriptor]:
    return {name: message for file in FILES for name, message in file.message_types_by_name.items()}


def type_of(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        if field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            return "map" if (type_of(key), type_of(value)) == ("", "") else "map of something else"
        return str(field.message_type.name)
    return str(field.enum_type.name) if field.enum_type is not None else SCALARS[field.type]


def described(field: FieldDescriptor) -> str:
    """The field as MESSAGES writes it."""
    kind = type_of(field)
    alone = field.containing_oneof is not None and len(field.containing_oneof.fields) == 1
    label = (
        "repeated" if field.is_repeated and kind != "map" else "optional" if alone and not field.message_type else ""
    )
    return " ".join(part for part in (label, kind, field.name) if part)


@pytest.mark.parametrize("name", MESSAGES)
def test_message_has_the_fields_of_the_contract_with_their_numbers(name: str) -> None:
    fields = sorted(messages()[name].fields, key=lambda field: field.number)

    assert [described(field) for field in fields] == MESSAGES[name].split(", ")
    assert [field.number for field in fields] == list(range(1, len(fields) + 1))


def test_there_is_no_other_message() -> None:
    assert sorted(messages()) == sorted(MESSAGES)


def test_oneofs() -> None:
    found = {
        f"{message.name}.{oneof.name}": [field.name for field in oneof.fields]
        for message in messages().values()
        for oneof in message.oneofs
        if not oneof.name.startswith("_")  # what protoc makes of an `optional` field
    }

    assert found == ONEOFS


def test_enums_count_from_zero_in_the_order_of_the_contract() -> None:
    found = {name: enum for file in FILES for name, enum in file.enum_types_by_name.items()}

    assert {name: [(value.name, value.number) for value in enum.values] for name, enum in found.items()} == {
        name: [(value, number) for number, value in enumerate(values)] for name, values in ENUMS.items()
    }


def test_services() -> None:
    def side(message: Descriptor, streaming: bool) -> str:
        return f"stream {message.name}" if streaming else str(message.name)

    found = {
        f"{service.name}.{method.name}": (
            f"{side(method.input_type, method.client_streaming)} -> {side(method.output_type, method.server_streaming)}"
        )
        for file in FILES
        for service in file.services_by_name.values()
        for method in service.methods
    }

    assert found == METHODS


def test_everything_is_in_the_package_pdp_api_v1() -> None:
    assert {file.package for file in FILES} == {"pdp.api.v1"}


def test_every_file_of_the_contract_is_looked_at_here() -> None:
    on_disk = {path.name for path in (ROOT / "proto/pdp/api/v1").glob("*.proto")}

    assert on_disk == {Path(file.name).name for file in FILES}


# --- freshness -------------------------------------------------------------------------------------------------------


def check_proto(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/check_proto.sh", *arguments],
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the committed code, to be spoilt."""
    shutil.copytree(ROOT / "pdp/api/v1", tmp_path / "pdp/api/v1", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_committed_code_is_what_the_protos_generate() -> None:
    result = check_proto()

    assert result.returncode == 0, result.stdout + result.stderr


def test_an_edited_file_is_caught(copy: Path) -> None:
    stub = copy / "pdp/api/v1/decision_pb2.pyi"
    stub.write_text(stub.read_text().replace("data_subject", "subject_of_data").replace("purpose", "aim"))

    result = check_proto(str(copy))

    assert result.returncode == 1
    assert "decision_pb2.pyi" in result.stdout
    assert "make proto" in result.stderr


@pytest.mark.parametrize("name", ["facts_pb2.py", "policies_pb2_grpc.py"])
def test_a_missing_file_is_caught(copy: Path, name: str) -> None:
    (copy / "pdp/api/v1" / name).unlink()

    result = check_proto(str(copy))

    assert result.returncode == 1
    assert name in result.stdout


def test_a_file_that_the_protos_no_longer_describe_is_caught(copy: Path) -> None:
    (copy / "pdp/api/v1/advice_pb2.py").touch()

    result = check_proto(str(copy))

    assert result.returncode == 1
    assert "advice_pb2.py" in result.stdout
