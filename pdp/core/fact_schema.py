"""What is known about circumstances: kinds of ground, properties, obligations, and their types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pdp.core.text import Text


class ValueType(StrEnum):
    """The type of a property's value, or of the elements of its list."""

    BOOL = "bool"
    INT = "int"
    STRING = "string"
    TIMESTAMP = "timestamp"
    ENTITY = "entity"
    CATEGORY = "category"
    ROLE = "role"
    ENUM = "enum"


@dataclass(frozen=True, slots=True)
class PropertySpec:
    """One known property key.

    *values* are the members of an ENUM. *ops* are the operators whose policy has a use for it. *absent* is what a
    missing key stands for (facts.yaml, `absent:`): a value of *values*, `none` or a phrase; None means that a missing
    key is unknown.

    *text* fits into a sentence: a statement for a BOOL that is no list ("the sign-in was checked"), a noun phrase for
    every other type ("authentication method"). *value_texts* says what each member of *values* is called, *note* what
    *text* leaves out, for people who read the schema.
    """

    key: str
    type: ValueType
    is_list: bool
    values: tuple[str, ...]
    ops: frozenset[str]
    absent: str | None
    text: Text
    value_texts: Mapping[str, Text] = field(default_factory=dict)
    note: str = ""

    def value_text(self, value: str) -> Text:
        """Return what *value* is called; a value without a name of its own is called by itself."""
        return self.value_texts.get(value) or Text(vi=value, en=value)


@dataclass(frozen=True, slots=True)
class GroundSpec:
    """One kind of ground.

    *requires* lists the fields or properties that such a fact must carry. *text* is a noun phrase ("support ticket"),
    *status_texts* what follows "is" ("open").
    """

    kind: str
    requires: tuple[str, ...]
    statuses: tuple[str, ...]
    ops: frozenset[str]
    properties: Mapping[str, PropertySpec]
    text: Text
    status_texts: Mapping[str, Text] = field(default_factory=dict)
    note: str = ""

    def status_text(self, status: str) -> Text:
        """Return what *status* is called; a status without a name of its own is called by itself."""
        return self.status_texts.get(status) or Text(vi=status, en=status)


@dataclass(frozen=True, slots=True)
class ConsentSpec:
    """The forms, statuses and properties of a consent, and what each form and status is called."""

    forms: tuple[str, ...]
    statuses: tuple[str, ...]
    ops: frozenset[str]
    properties: Mapping[str, PropertySpec]
    form_texts: Mapping[str, Text] = field(default_factory=dict)
    status_texts: Mapping[str, Text] = field(default_factory=dict)

    def form_text(self, form: str) -> Text:
        """Return what *form* is called; a form without a name of its own is called by itself."""
        return self.form_texts.get(form) or Text(vi=form, en=form)

    def status_text(self, status: str) -> Text:
        """Return what *status* is called; a status without a name of its own is called by itself."""
        return self.status_texts.get(status) or Text(vi=status, en=status)


@dataclass(frozen=True, slots=True)
class ObligationSpec:
    """One known obligation: its words, when it is owed (a phrase), the clauses that may impose it, its parameters."""

    id: str
    text: Text
    when: str
    clauses: tuple[str, ...]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FactSchema:
    """Everything of facts.yaml. *digest* identifies the text that it was read from.

    Properties common to all kinds of ground (`concerns`) are among the properties of each kind that has their operator.
    """

    subject_properties: Mapping[str, PropertySpec]
    resource_properties: Mapping[str, PropertySpec]
    context_properties: Mapping[str, PropertySpec]
    grounds: Mapping[str, GroundSpec]
    consent: ConsentSpec
    obligations: Mapping[str, ObligationSpec]
    fields: tuple[str, ...]
    entity_types: Mapping[str, Text]
    digest: str
