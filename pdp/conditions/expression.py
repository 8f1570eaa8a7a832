"""The closed language of conditions as values: comparisons, membership, facts with constraints, and / or / not.

There are no loops and no calls. Every node knows its place (*at*, an offset into the text it was read from).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from pdp.core.entity import Entity
from pdp.core.fact_schema import ValueType
from pdp.core.policy import Doubt
from pdp.core.text import Text


class Root(StrEnum):
    """Where the value of a term is found."""

    SUBJECT = "subject"
    PERSON = "person"
    RECIPIENT = "recipient"
    RESOURCE = "resource"
    CONTEXT = "context"
    EXTRA = "extra"
    NOW = "now"
    FACT = "its"


class Emptiness(StrEnum):
    """What a value that is not there stands for."""

    UNKNOWN = "unknown"
    """It could be anything: unknown never helps."""
    DEFAULT = "default"
    """The value that the schema gives under `absent:`."""
    NONE = "none"
    """Known to be nothing (`absent: none`)."""
    ALL = "all"
    """Known to be everything (`fields` absent: all of the resource)."""
    MATCHES_NOTHING = "matches nothing"
    """An empty beneficiary, data subject or concern: equal to nothing, and different from nothing either."""


ISSUER: Final = "issuer"
"""Who made a demand: `issued_by` where it is on record, which facts.yaml asks for only "where that is not the
beneficiary", and the beneficiary otherwise."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value looked up: *name* within *root* ("" for the root itself).

    *value_texts* says each of *values*, in their order.
    """

    root: Root
    name: str
    type: ValueType
    is_list: bool
    values: tuple[str, ...]
    emptiness: Emptiness
    default: str
    text: Text
    at: int
    value_texts: tuple[Text, ...] = ()

    @property
    def path(self) -> str:
        """Return the path as written in a request (`context.channel`)."""
        return f"{self.root}.{self.name}" if self.name else str(self.root)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the condition; *texts* says it in words."""

    value: bool | int | str | Entity | tuple[str, ...] | tuple[Entity, ...]
    text: Text


@dataclass(frozen=True, slots=True)
class Duration:
    """A term of days or minutes (*span*), or of calendar *years*."""

    text: Text
    span: timedelta = timedelta()
    years: int = 0


@dataclass(frozen=True, slots=True)
class Shifted:
    """An instant *duration* after that of *term*."""

    duration: Duration
    term: Term


class Relation(StrEnum):
    """How two values are compared; the value is how it is written."""

    IS = "is"
    IS_NOT = "is not"
    ONE_OF = "is one of"
    NOT_ONE_OF = "is not one of"
    IN = "is in"
    NOT_IN = "is not in"
    WITHIN = "is within"
    INCLUDES = "includes"
    AT_LEAST = "is at least"
    AT_MOST = "is at most"
    MORE = "is more than"
    LESS = "is less than"
    BEFORE = "is before"
    NOT_BEFORE = "is not before"
    AFTER = "is after"
    NOT_AFTER = "is not after"


@dataclass(frozen=True, slots=True)
class Compare:
    """*left* stands in *relation* to *right*."""

    left: Term
    relation: Relation
    right: Term | Literal | Shifted


@dataclass(frozen=True, slots=True)
class CoversCategory:
    """One of the categories listed by *term* is, or contains, the category asked for."""

    term: Term


@dataclass(frozen=True, slots=True)
class Stated:
    """The value is there and not blank."""

    term: Term


@dataclass(frozen=True, slots=True)
class HasType:
    """The entity is of one of *types*."""

    term: Term
    types: tuple[str, ...]
    text: Text


@dataclass(frozen=True, slots=True)
class Holds:
    """The entity holds one of *roles* towards the person concerned, in a scope of *scope_type* if one is given."""

    term: Term
    roles: tuple[str, ...]
    scope_type: str | None
    text: Text
    scope_text: Text | None = None


@dataclass(frozen=True, slots=True)
class SomeGround:
    """A ground of *kind* is in force for which *where* holds."""

    kind: str
    where: "Expression | None"
    text: Text


@dataclass(frozen=True, slots=True)
class SomeConsent:
    """A consent covers this request, was given by a holder of one of *givers*, and *where* holds for it."""

    givers: tuple[str, ...]
    where: "Expression | None"
    text: Text


@dataclass(frozen=True, slots=True)
class SomeRefusal:
    """A refusal or withdrawal by a holder of one of *givers* is in force that touches this request."""

    givers: tuple[str, ...]
    text: Text


@dataclass(frozen=True, slots=True)
class EachPerson:
    """*inner* holds for the data subject and for everybody pictured; unknown when nobody is named."""

    inner: "Expression"


@dataclass(frozen=True, slots=True)
class Named:
    """Another condition of the folder holds."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """*part* does not hold; unknown stays unknown."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class All:
    """Every one of *parts* holds."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of *parts* holds."""

    parts: tuple["Expression", ...]


Expression = (
    Compare
    | CoversCategory
    | Stated
    | HasType
    | Holds
    | SomeGround
    | SomeConsent
    | SomeRefusal
    | EachPerson
    | Named
    | Not
    | All
    | AnyOf
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A named condition of a folder.

    *text* is how it is said, *clause* the sentence whose words it renders, *doubt* the room that those words leave.
    """

    name: str
    text: Text
    clause: str
    doubt: Doubt | None
    expression: Expression
    file: str
    line: int
