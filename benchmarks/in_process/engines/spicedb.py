"""SpiceDB in memory, in this very process: no network and no disk are in its figures."""

from itertools import islice
from typing import Final

from authzed.api.v1 import (
    CheckPermissionRequest,
    CheckPermissionResponse,
    Consistency,
    ObjectReference,
    Relationship,
    RelationshipUpdate,
    SubjectReference,
    WriteRelationshipsRequest,
)
from spicedb_embedded import EmbeddedSpiceDB

from benchmarks.access import Access
from benchmarks.in_process.engines import Ask
from benchmarks.renderings import SPICEDB_SCHEMA, spicedb_relationships
from benchmarks.renderings import Relationship as Named

_AT_ONCE: Final = 1_000
_ALLOWED: Final = CheckPermissionResponse.PERMISSIONSHIP_HAS_PERMISSION


def load(access: Access) -> Ask:
    """Return the question to a database that holds *access*."""
    permissions = EmbeddedSpiceDB.start(SPICEDB_SCHEMA).permissions()
    relationships = spicedb_relationships(access)
    while batch := list(islice(relationships, _AT_ONCE)):
        request = WriteRelationshipsRequest(updates=[_added(named) for named in batch])
        written = permissions.WriteRelationships(request).written_at
    # Of all that may answer from what was found before, this one alone is sure to see what has just been written.
    consistency = Consistency(at_least_as_fresh=written)

    def ask(user: str, data: str, action: str) -> bool:
        request = CheckPermissionRequest(
            consistency=consistency,
            resource=ObjectReference(object_type="data", object_id=data),
            permission=action,
            subject=SubjectReference(object=ObjectReference(object_type="user", object_id=user)),
        )
        return bool(permissions.CheckPermission(request).permissionship == _ALLOWED)

    return ask


def _added(named: Named) -> RelationshipUpdate:
    resource, relation, subject = named
    whom, _, of = subject.partition("#")
    return RelationshipUpdate(
        operation=RelationshipUpdate.Operation.OPERATION_TOUCH,
        relationship=Relationship(
            resource=_reference(resource),
            relation=relation,
            subject=SubjectReference(object=_reference(whom), optional_relation=of),
        ),
    )


def _reference(name: str) -> ObjectReference:
    type_, _, id_ = name.partition(":")
    return ObjectReference(object_type=type_, object_id=id_)
