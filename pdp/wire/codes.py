"""Every kind of mistake that a request can hold, in one table."""

from enum import StrEnum


class Code(StrEnum):
    """The stable word that programs tell mistakes by; none is renamed or given another meaning once released.

    Something is missing, or there and says nothing
        required                  a field that every request or fact must carry is empty
        lacks-required            a fact lacks what its kind or status demands: a ground what its kind `requires`,
                                  a given consent its purposes or categories
        empty                     a value is present and says nothing: empty text, an empty list of fields
        null                      `null`, or a value of no kind

    A word is not known here
        unknown-word              no such operator, category, action, purpose, role, kind, status, form or value
        unknown-key               no such property
        unknown-field             the message holds a field that this version does not know
        not-for-this-operator     the key or kind is known, and another operator's policy has a use for it
        foreign-operator          a fact or scope of another operator

    A value is of the wrong make
        wrong-type                a value of another type
        not-whole                 a number that is not a whole one
        out-of-range              a number or instant beyond what can be held exactly
        malformed-entity          not an entity, an entity type or an id of the accepted form
        malformed-timestamp       not an instant
        malformed-token           not a page token of this question
        offset-missing            an instant without an offset from UTC

    There is too much of it
        too-many                  more facts, scopes, keys, elements or requests than are accepted
        too-long                  a text of more than 4 KiB
        too-deep                  structures nested more deeply than is accepted
        more-errors               stands last where there are further mistakes that are not listed

    It cannot be so
        not-held-in               the role cannot be held in a scope of that type
        never-assigned            the role is never assigned
        given-by-server           the field is filled in by the server alone
        empty-term                a fact ends before, or when, it begins
        two-truths                two facts of one identity contradict each other at the same time
        contains-itself           something lies in itself
        not-in-batch              the field is set for a whole batch and not for one item of it

    The JSON text cannot be read
        not-json                  the text is not JSON, or not a JSON object
        duplicate-key             an object holds a key twice, under the same or another spelling
        several-forms             of several fields only one may be set
        not-finite                NaN or an infinity
        not-unicode               half a surrogate pair
    """

    REQUIRED = "required"
    LACKS_REQUIRED = "lacks-required"
    EMPTY = "empty"
    NULL = "null"
    UNKNOWN_WORD = "unknown-word"
    UNKNOWN_KEY = "unknown-key"
    UNKNOWN_FIELD = "unknown-field"
    NOT_FOR_THIS_OPERATOR = "not-for-this-operator"
    FOREIGN_OPERATOR = "foreign-operator"
    WRONG_TYPE = "wrong-type"
    NOT_WHOLE = "not-whole"
    OUT_OF_RANGE = "out-of-range"
    MALFORMED_ENTITY = "malformed-entity"
    MALFORMED_TIMESTAMP = "malformed-timestamp"
    MALFORMED_TOKEN = "malformed-token"
    OFFSET_MISSING = "offset-missing"
    TOO_MANY = "too-many"
    TOO_LONG = "too-long"
    TOO_DEEP = "too-deep"
    MORE_ERRORS = "more-errors"
    NOT_HELD_IN = "not-held-in"
    NEVER_ASSIGNED = "never-assigned"
    GIVEN_BY_SERVER = "given-by-server"
    EMPTY_TERM = "empty-term"
    TWO_TRUTHS = "two-truths"
    CONTAINS_ITSELF = "contains-itself"
    NOT_IN_BATCH = "not-in-batch"
    NOT_JSON = "not-json"
    DUPLICATE_KEY = "duplicate-key"
    SEVERAL_FORMS = "several-forms"
    NOT_FINITE = "not-finite"
    NOT_UNICODE = "not-unicode"
