"""Which facts a filter selects."""

from pdp.core.fact_identity import kind_name
from pdp.core.fact_index import data_subject_of, scope_of, subject_of
from pdp.core.facts import FactKind
from pdp.core.stores import FactFilter


def selects(selection: FactFilter, kind: FactKind) -> bool:
    """Say whether *selection* selects a fact of this content."""
    return (
        selection.kind in ("", kind_name(kind))
        and selection.subject in (None, subject_of(kind))
        and selection.scope in (None, scope_of(kind))
        and selection.data_subject in (None, data_subject_of(kind))
    )
