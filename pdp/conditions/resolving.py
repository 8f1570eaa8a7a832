"""Finds what a word of a condition means: a value of the request, a field of a fact, a word of the vocabulary."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pdp.conditions.expression import ISSUER, Emptiness, Literal, Root, Term
from pdp.conditions.tokens import ConditionSyntaxError
from pdp.core.entity import Entity
from pdp.core.fact_schema import FactSchema, PropertySpec, ValueType
from pdp.core.text import Text, nearest
from pdp.core.vocabulary import Vocabulary, WordKind

_ENTITY: Final = ValueType.ENTITY


@dataclass(frozen=True, slots=True)
class _Known:
    """A value that every request or fact has a place for."""

    type: ValueType
    is_list: bool
    emptiness: Emptiness
    text: Text


_FIXED: Final[Mapping[tuple[Root, str], _Known]] = {
    (Root.SUBJECT, ""): _Known(_ENTITY, False, Emptiness.UNKNOWN, Text("người yêu cầu", "the subject")),
    (Root.PERSON, ""): _Known(
        _ENTITY, False, Emptiness.UNKNOWN, Text("người mà dữ liệu nói về", "the person concerned")
    ),
    (Root.RECIPIENT, ""): _Known(
        _ENTITY,
        False,
        Emptiness.UNKNOWN,
        Text("bên nhận (chính người yêu cầu, khi không nêu ai)", "the recipient (the subject, where none is named)"),
    ),
    (Root.NOW, ""): _Known(ValueType.TIMESTAMP, False, Emptiness.UNKNOWN, Text("thời điểm này", "this moment")),
    (Root.RESOURCE, ""): _Known(_ENTITY, False, Emptiness.UNKNOWN, Text("dữ liệu được hỏi", "the data asked for")),
    (Root.RESOURCE, "data_subject"): _Known(
        _ENTITY, False, Emptiness.UNKNOWN, Text("chủ thể của dữ liệu", "the person the data is about")
    ),
    (Root.RESOURCE, "scopes"): _Known(
        _ENTITY, True, Emptiness.UNKNOWN, Text("nơi chứa dữ liệu (lớp, trường, ...)", "the scopes of the data")
    ),
}

_GROUND_FIELDS: Final[Mapping[str, _Known]] = {
    "id": _Known(_ENTITY, False, Emptiness.UNKNOWN, Text("mã", "id")),
    "beneficiary": _Known(_ENTITY, False, Emptiness.MATCHES_NOTHING, Text("người được dựa vào căn cứ", "beneficiary")),
    "data_subject": _Known(_ENTITY, False, Emptiness.MATCHES_NOTHING, Text("người liên quan", "person concerned")),
}

_ISSUER: Final = _Known(_ENTITY, False, Emptiness.MATCHES_NOTHING, Text("bên đưa ra yêu cầu", "issuer"))

_CONSENT_FIELDS: Final[Mapping[str, _Known]] = {
    "given_by": _Known(_ENTITY, False, Emptiness.UNKNOWN, Text("người đồng ý", "giver")),
    "recipient": _Known(_ENTITY, False, Emptiness.MATCHES_NOTHING, Text("bên nhận", "recipient")),
    "categories": _Known(ValueType.CATEGORY, True, Emptiness.UNKNOWN, Text("các loại dữ liệu được nêu", "categories")),
}


@dataclass(frozen=True, slots=True)
class FactFrame:
    """The kind of fact that `its` speaks of: a ground of *kind*, or a consent when *kind* is "consent"."""

    kind: str


class Resolver:
    """Knows the words of one operator."""

    def __init__(
        self,
        operator: str,
        vocabulary: Vocabulary,
        schema: FactSchema,
        declared: Mapping[str, PropertySpec],
        groups: Mapping[WordKind, Mapping[str, Text]],
    ) -> None:
        self.operator = operator
        self.vocabulary = vocabulary
        self.schema = schema
        self._groups = groups
        self._sections: Mapping[Root, Mapping[str, PropertySpec]] = {
            Root.SUBJECT: self._usable(schema.subject_properties),
            Root.RESOURCE: self._with_fields(self._usable(schema.resource_properties)),
            Root.CONTEXT: {k: v for k, v in self._usable(schema.context_properties).items() if k != "time"},
            Root.EXTRA: declared,
        }

    def _usable(self, specs: Mapping[str, PropertySpec]) -> Mapping[str, PropertySpec]:
        return {key: spec for key, spec in specs.items() if self.operator in spec.ops}

    def _with_fields(self, specs: Mapping[str, PropertySpec]) -> Mapping[str, PropertySpec]:
        """Let `resource.fields` name the fields that the schema lists, and no other."""
        return {
            key: replace(spec, type=ValueType.ENUM, values=self.schema.fields) if key == "fields" else spec
            for key, spec in specs.items()
        }

    def is_term(self, word: str) -> bool:
        """Say whether *word* begins like a path and not like a literal."""
        return "." in word or word in {"subject", "person", "recipient", "resource", "now", "its"}

    def term(self, path: str, at: int) -> Term:
        """Resolve `root.name`; raise ConditionSyntaxError when this operator has no such value."""
        head, _, name = path.partition(".")
        if head not in set(Root) or head == Root.FACT:
            raise ConditionSyntaxError(
                at,
                f"`{path}` không phải là một giá trị của yêu cầu",
                f"`{path}` is no value of a request",
                nearest(head, [root for root in Root if root is not Root.FACT])
                or "subject, resource, context, its ...",
            )
        root = Root(head)
        fixed = _FIXED.get((root, name))
        if fixed is not None:
            return _fixed_term(root, name, fixed, at)
        section = self._sections.get(root, {})
        if name not in section:
            suggestion = nearest(name, section)
            raise ConditionSyntaxError(
                at,
                f"`{path}` không có trong các thuộc tính dùng được cho `{self.operator}`",
                f"`{path}` is no property that `{self.operator}` has a use for",
                f"{head}.{suggestion}" if suggestion else ", ".join(f"{head}.{key}" for key in sorted(section)),
            )
        return _property_term(root, section[name], at)

    def fact_term(self, frame: FactFrame | None, name: str, at: int) -> Term:
        """Resolve `its name` inside a statement about a fact."""
        if frame is None:
            raise ConditionSyntaxError(
                at,
                "`its` chỉ dùng được bên trong `where (...)`",
                "`its` means something only inside `where (...)`",
            )
        if frame.kind == "consent":
            return self._consent_term(name, at)
        spec = self.schema.grounds[frame.kind]
        if name in _GROUND_FIELDS:
            return _fixed_term(Root.FACT, name, _GROUND_FIELDS[name], at)
        if name == "status":
            texts = tuple(spec.status_text(status) for status in spec.statuses)
            return _enum_term(name, spec.statuses, texts, Text("trạng thái", "status"), at)
        properties = self._usable(spec.properties)
        if name == ISSUER and "issued_by" in properties:
            return _fixed_term(Root.FACT, name, _ISSUER, at)
        if name not in properties:
            known = (*_GROUND_FIELDS, "status", *properties)
            raise _unknown_field(frame.kind, name, known, at)
        emptiness = Emptiness.MATCHES_NOTHING if name == "concerns" else None
        return _property_term(Root.FACT, properties[name], at, emptiness)

    def _consent_term(self, name: str, at: int) -> Term:
        consent = self.schema.consent
        if name in _CONSENT_FIELDS:
            return _fixed_term(Root.FACT, name, _CONSENT_FIELDS[name], at)
        if name == "form":
            texts = tuple(consent.form_text(form) for form in consent.forms)
            return _enum_term(name, consent.forms, texts, Text("hình thức", "form"), at)
        if name == "purposes":
            purposes = self.vocabulary.words(WordKind.PURPOSE)
            texts = tuple(purpose.text for purpose in purposes.values())
            term = _enum_term(name, tuple(purposes), texts, Text("các mục đích được nêu", "purposes"), at)
            return replace(term, is_list=True)
        if name in consent.properties:
            return _property_term(Root.FACT, consent.properties[name], at)
        raise _unknown_field("consent", name, (*_CONSENT_FIELDS, "form", "purposes", *consent.properties), at)

    def ground_kind(self, kind: str, at: int) -> str:
        """Return *kind* when it is a kind of ground that this operator has a use for."""
        usable = {name for name, spec in self.schema.grounds.items() if self.operator in spec.ops}
        if kind not in usable:
            raise ConditionSyntaxError(
                at,
                f"`{kind}` không phải là loại căn cứ dùng được cho `{self.operator}`",
                f"`{kind}` is no kind of ground that `{self.operator}` has a use for",
                nearest(kind, usable) or ", ".join(sorted(usable)),
            )
        return kind

    def is_word(self, kind: WordKind, word: str) -> bool:
        """Say whether *word* is a word, or a group of the folder, of *kind*."""
        return self.vocabulary.knows(kind, word) or word in self._groups.get(kind, {})

    def takes(self, name: str) -> bool:
        """Say whether *name* has a meaning after `or`: there it would be read as a role or an entity type."""
        return self.is_word(WordKind.ROLE, name) or name in self.schema.entity_types

    def word(self, kind: WordKind, word: str, at: int) -> str:
        """Return *word* when it is a word, or a group of the folder, of *kind*."""
        groups = self._groups.get(kind, {})
        if not self.is_word(kind, word):
            raise ConditionSyntaxError(
                at,
                f"`{word}` không có trong từ vựng ({kind.value})",
                f"`{word}` is no {kind.singular} of the vocabulary",
                nearest(word, (*self.vocabulary.words(kind), *groups)) or "",
            )
        return word

    def word_text(self, kind: WordKind, word: str) -> Text:
        """Return how a word or a group of the folder is said."""
        group = self._groups.get(kind, {}).get(word)
        return group or self.vocabulary.text(kind, word)

    def entity_type(self, type_: str, at: int) -> str:
        """Return *type_* when it is an entity type in use."""
        if type_ not in self.schema.entity_types:
            raise ConditionSyntaxError(
                at,
                f"`{type_}` không phải là loại thực thể đang dùng",
                f"`{type_}` is no entity type in use",
                nearest(type_, self.schema.entity_types) or "",
            )
        return type_

    def scope_type(self, type_: str, roles: tuple[str, ...], at: int) -> str:
        """Return *type_* when one of *roles* can be held in such a scope: what nobody can hold is always false."""
        known = self.vocabulary.words(WordKind.ROLE)
        held_in = sorted(
            {
                scope
                for role in roles
                for word in known
                if role in self.vocabulary.upward(WordKind.ROLE, word) or role not in known
                for scope in known[word].held_in
            }
        )
        if self.entity_type(type_, at) not in held_in:
            raise ConditionSyntaxError(
                at,
                f"không ai giữ được vai trò này ở `{type_}`",
                f"nobody can hold this role in a `{type_}`",
                ", ".join(held_in),
            )
        return type_

    def literal(self, word: str, like: Term, at: int) -> Literal:
        """Read *word* as a value that *like* could have."""
        reader = _READERS.get(like.type)
        if reader is not None:
            return reader(word, at)
        if like.type is ValueType.ENUM:
            return self._enum_literal(word, like, at)
        kind = WordKind.ROLE if like.type is ValueType.ROLE else WordKind.CATEGORY
        return Literal(self.word(kind, word, at), self.word_text(kind, word))

    def _enum_literal(self, word: str, like: Term, at: int) -> Literal:
        if word not in like.values:
            raise ConditionSyntaxError(
                at,
                f"`{word}` không phải là một giá trị của `{like.path}`",
                f"`{word}` is no value of `{like.path}`",
                nearest(word, like.values) or ", ".join(like.values),
            )
        return Literal(word, like.value_texts[like.values.index(word)])


def _fixed_term(root: Root, name: str, known: _Known, at: int) -> Term:
    return Term(root, name, known.type, known.is_list, (), known.emptiness, "", known.text, at)


def _enum_term(name: str, values: tuple[str, ...], texts: tuple[Text, ...], text: Text, at: int) -> Term:
    return Term(Root.FACT, name, ValueType.ENUM, False, values, Emptiness.UNKNOWN, "", text, at, texts)


def _property_term(root: Root, spec: PropertySpec, at: int, emptiness: Emptiness | None = None) -> Term:
    default = ""
    if emptiness is None:
        emptiness = Emptiness.UNKNOWN
        if spec.absent is not None:
            if spec.absent in spec.values and not spec.is_list:
                emptiness, default = Emptiness.DEFAULT, spec.absent
            else:
                emptiness = Emptiness.NONE if spec.absent == "none" else Emptiness.ALL
    texts = tuple(spec.value_text(value) for value in spec.values)
    return Term(root, spec.key, spec.type, spec.is_list, spec.values, emptiness, default, spec.text, at, texts)


def _unknown_field(kind: str, name: str, known: tuple[str, ...], at: int) -> ConditionSyntaxError:
    return ConditionSyntaxError(
        at,
        f"căn cứ `{kind}` không có trường `{name}`",
        f"a `{kind}` has no field `{name}`",
        nearest(name, known) or ", ".join(known),
    )


def _read_bool(word: str, at: int) -> Literal:
    if word not in {"yes", "no"}:
        raise ConditionSyntaxError(
            at, f"`{word}` phải là `yes` hoặc `no`", f"`{word}` must be `yes` or `no`", "yes, no"
        )
    return Literal(word == "yes", Text("có", "yes") if word == "yes" else Text("không", "no"))


def _read_int(word: str, at: int) -> Literal:
    if not word.isdecimal():
        raise ConditionSyntaxError(at, f"`{word}` không phải là số nguyên", f"`{word}` is no whole number")
    return Literal(int(word), Text(word, word))


def _read_entity(word: str, at: int) -> Literal:
    try:
        return Literal(Entity.parse(word), Text(f"`{word}`", f"`{word}`"))
    except ValueError as problem:
        raise ConditionSyntaxError(
            at, f"`{word}` không phải là thực thể `loại:mã`", f"`{word}` {problem}", "type:id"
        ) from problem


def _read_string(word: str, at: int) -> Literal:
    if not word.startswith('"'):
        raise ConditionSyntaxError(
            at, f"`{word}` phải đặt trong dấu ngoặc kép", f"`{word}` must stand in quotes", f'"{word}"'
        )
    return Literal(word.strip('"'), Text(word, word))


def _refuse_timestamp(word: str, at: int) -> Literal:
    raise ConditionSyntaxError(
        at,
        f"`{word}`: thời điểm chỉ so sánh được với thời điểm khác",
        f"`{word}`: an instant can be compared only with another instant",
        "now, or `3 days after ...`",
    )


_READERS: Final = {
    ValueType.BOOL: _read_bool,
    ValueType.INT: _read_int,
    ValueType.ENTITY: _read_entity,
    ValueType.STRING: _read_string,
    ValueType.TIMESTAMP: _refuse_timestamp,
}
