"""May the aunt see this photo? Ask, and act on nothing but a clear yes."""

import sys
import time

import grpc

from pdp.api.v1 import decision_pb2, decision_pb2_grpc, request_pb2

FULFILLED = {"keep_evidence_of_consent", "record_ground"}  # the obligations that this program knows how to meet


def allowed(stub: decision_pb2_grpc.DecisionServiceStub, request: decision_pb2.CheckRequest) -> bool:
    """Return True for an allow whose obligations can be met; every failure is a deny."""
    for attempt in range(3):
        try:
            answer = stub.Check(request, timeout=0.5)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE and attempt < 2:  # ask again on this alone
                time.sleep(0.05 * 2**attempt)
                continue
            return False
        owed = {obligation.id for obligation in answer.obligations}
        return answer.decision == decision_pb2.DECISION_ALLOW and owed <= FULFILLED
    return False


with grpc.insecure_channel(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051") as channel:
    question = decision_pb2.CheckRequest(
        operator="kidsonline",
        subject=request_pb2.Subject(type="user", id="di-hoa"),
        action=request_pb2.Action(name="read"),
        resource=request_pb2.Resource(type="child_photo", id="anh-01", data_subject="child:minh"),
        purpose="family_follow_up",
        context=request_pb2.Context(authenticated=True, authentication_method="password", transport_encrypted=True),
    )
    print("show the photo" if allowed(decision_pb2_grpc.DecisionServiceStub(channel), question) else "show nothing")
