"""Reads the text of a condition into an expression.

expression := conjunction ("or" conjunction)*
conjunction := negation ("and" negation)*
negation := "not" negation | "(" expression ")" | statement
statement := "some" GROUND ["where" "(" expression ")"] | "no" GROUND [...]
           | "consent from" ROLE ("or" ROLE)* ["where" "(" expression ")"]
           | ["no"] "refusal from" ROLE ("or" ROLE)*
           | "each person" "(" expression ")"
           | TERM RELATION value | TERM "is stated" | TERM "has type" TYPE ["or" TYPE]
           | TERM "holds" ROLE ("or" ROLE)* ["in" TYPE] | NAME
"""

from datetime import timedelta
from typing import Final

from pdp.conditions.cursor import Cursor
from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    CoversCategory,
    Duration,
    EachPerson,
    Expression,
    HasType,
    Holds,
    Literal,
    Named,
    Not,
    Relation,
    Shifted,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
    Term,
)
from pdp.conditions.reserved import RESERVED
from pdp.conditions.resolving import FactFrame, Resolver
from pdp.conditions.tokens import ConditionSyntaxError, TokenKind, tokens
from pdp.core.entity import Entity
from pdp.core.fact_schema import ValueType
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind

MAXIMUM_DEPTH: Final = 16
MAXIMUM_YEARS: Final = 1000
MAXIMUM_COUNT: Final = 365 * MAXIMUM_YEARS
"""How many minutes, hours or days a term may have: a longer one could end outside the calendar."""


_UNITS: Final = {
    "minute": (timedelta(minutes=1), "phút", "minute"),
    "hour": (timedelta(hours=1), "giờ", "hour"),
    "day": (timedelta(days=1), "ngày", "day"),
}

# Longest first: `is not one of` before `is not` before `is`.
_RELATIONS: Final = tuple(sorted(Relation, key=lambda relation: -len(relation.value.split())))
_LISTED: Final = frozenset({Relation.ONE_OF, Relation.NOT_ONE_OF, Relation.WITHIN})
_MEMBERSHIP: Final = frozenset({Relation.IN, Relation.NOT_IN})
_ORDERED: Final = frozenset({Relation.AT_LEAST, Relation.AT_MOST, Relation.MORE, Relation.LESS})
_TEMPORAL: Final = frozenset({Relation.BEFORE, Relation.NOT_BEFORE, Relation.AFTER, Relation.NOT_AFTER})


def parse_condition(text: str, resolver: Resolver, start: int = 0) -> Expression:
    """Read *text* from offset *start* on; raise ConditionSyntaxError at the first place that cannot be right."""
    return _Parser(tokens(text, start), resolver).whole()


class _Parser(Cursor):
    def whole(self) -> Expression:
        expression = self._expression()
        if self._peek.kind is not TokenKind.END:
            raise self._unexpected("`and`, `or`")
        return expression

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise ConditionSyntaxError(self._peek.at, "lồng nhau quá sâu", f"nested more than {MAXIMUM_DEPTH} deep")
        parts = [self._conjunction()]
        while self._accept("or"):
            parts.append(self._conjunction())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _conjunction(self) -> Expression:
        parts = [self._negation()]
        while self._accept("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _negation(self) -> Expression:
        if self._accept("not"):
            self._depth += 1
            if self._depth > MAXIMUM_DEPTH:
                raise ConditionSyntaxError(self._peek.at, "lồng nhau quá sâu", f"nested more than {MAXIMUM_DEPTH} deep")
            part = Not(self._negation())
            self._depth -= 1
            return part
        if self._accept("("):
            inner = self._expression()
            self._expect(")")
            return inner
        return self._statement()

    def _statement(self) -> Expression:
        if self._accept("some"):
            return self._ground()
        if self._accept("refusal", "from"):
            return self._refusal()
        if self._accept("no", "refusal", "from"):
            return Not(self._refusal())
        if self._accept("no"):
            return Not(self._ground())
        if self._accept("consent", "from"):
            return self._consent()
        if self._accept("each", "person"):
            self._expect("(")
            inner = self._expression()
            self._expect(")")
            return EachPerson(inner)
        token = self._peek
        if token.kind is TokenKind.WORD and not self._resolver.is_term(token.text):
            if token.text in RESERVED:
                raise self._unexpected("a statement")
            self._take()
            return Named(token.text, token.at)
        return self._comparison(self._term())

    def _ground(self) -> Expression:
        token = self._take()
        kind = self._resolver.ground_kind(token.text, token.at)
        where = self._where(FactFrame(kind))
        return SomeGround(kind, where, self._resolver.schema.grounds[kind].text)

    def _consent(self) -> Expression:
        roles = self._roles()
        where = self._where(FactFrame("consent"))
        return SomeConsent(roles, where, self._roles_text(roles))

    def _refusal(self) -> Expression:
        roles = self._roles()
        return SomeRefusal(roles, self._roles_text(roles))

    def _where(self, frame: FactFrame) -> Expression | None:
        if not self._accept("where"):
            return None
        self._expect("(")
        self._frames.append(frame)
        inner = self._expression()
        self._frames.pop()
        self._expect(")")
        return inner

    def _roles(self) -> tuple[str, ...]:
        roles = [self._role()]
        # `or` goes on with the roles only when a role follows it: `holds a or holds b` is two statements.
        while self._peek.text == "or" and self._is_role(self._next + 1):
            self._take()
            roles.append(self._role())
        return tuple(roles)

    def _is_role(self, index: int) -> bool:
        return index < len(self._tokens) and self._resolver.is_word(WordKind.ROLE, self._tokens[index].text)

    def _role(self) -> str:
        token = self._take()
        return self._resolver.word(WordKind.ROLE, token.text, token.at)

    def _roles_text(self, roles: tuple[str, ...]) -> Text:
        return join_texts((self._resolver.word_text(WordKind.ROLE, role) for role in roles), " hoặc ", " or ")

    def _term(self) -> Term:
        token = self._peek
        if token.kind is not TokenKind.WORD or not self._resolver.is_term(token.text):
            raise self._unexpected("a value such as `context.channel`")
        self._take()
        if token.text == "its":
            name = self._take()
            return self._resolver.fact_term(self._frames[-1] if self._frames else None, name.text, name.at)
        return self._resolver.term(token.text, token.at)

    def _comparison(self, term: Term) -> Expression:
        if self._accept("is", "stated"):
            return Stated(term)
        if self._accept("cover", "the", "category"):
            return self._covers_category(term)
        if self._accept("has", "type"):
            return self._has_type(term)
        if self._peek.text == "holds":
            return self._holds(term)
        for relation in _RELATIONS:
            if self._accept(*relation.value.split()):
                return self._related(term, relation)
        raise self._unexpected("`is`, `holds`, `has type` or another relation")

    def _covers_category(self, term: Term) -> Expression:
        if term.type is not ValueType.CATEGORY or not term.is_list:
            raise ConditionSyntaxError(
                term.at,
                f"`{term.path}` không phải là danh sách loại dữ liệu",
                f"`{term.path}` is no list of categories",
            )
        return CoversCategory(term)

    def _has_type(self, term: Term) -> Expression:
        self._require(term, (ValueType.ENTITY,), "has type")
        token = self._take()
        types = [self._resolver.entity_type(token.text, token.at)]
        while self._peek.text == "or" and self._tokens[self._next + 1].text in self._resolver.schema.entity_types:
            self._take()
            types.append(self._take().text)
        texts = join_texts((self._resolver.schema.entity_types[type_] for type_ in types), " hoặc ", " or ")
        return HasType(term, tuple(types), texts)

    def _holds(self, term: Term) -> Expression:
        self._require(term, (ValueType.ENTITY,), "holds")
        self._expect("holds")
        roles = self._roles()
        if not self._accept("in"):
            return Holds(term, roles, None, self._roles_text(roles))
        token = self._take()
        scope_type = self._resolver.scope_type(token.text, roles, token.at)
        scope_text = self._resolver.schema.entity_types[scope_type]
        return Holds(term, roles, scope_type, self._roles_text(roles), scope_text)

    def _related(self, term: Term, relation: Relation) -> Expression:
        if relation in _LISTED:
            if term.is_list is not (relation is Relation.WITHIN):
                raise self._mismatch(term, relation)
            return Compare(term, relation, self._listed(term))
        if relation in _TEMPORAL:
            self._require(term, (ValueType.TIMESTAMP,), relation.value)
            return Compare(term, relation, self._instant())
        if relation in _ORDERED:
            self._require(term, (ValueType.INT,), relation.value)
        if term.is_list and relation is not Relation.INCLUDES:
            raise self._mismatch(term, relation)
        if relation is Relation.INCLUDES and not term.is_list:
            raise self._mismatch(term, relation)
        return Compare(term, relation, self._value(term, in_list=relation in _MEMBERSHIP))

    def _require(self, term: Term, types: tuple[ValueType, ...], relation: str) -> None:
        if term.type not in types or term.is_list:
            raise ConditionSyntaxError(
                term.at,
                f"`{term.path}` không so sánh được bằng `{relation}`",
                f"`{term.path}` cannot be compared by `{relation}`",
            )

    def _mismatch(self, term: Term, relation: Relation) -> ConditionSyntaxError:
        kind = "a list" if term.is_list else "one value"
        return ConditionSyntaxError(
            term.at,
            f"`{term.path}` không so sánh được bằng `{relation.value}`",
            f"`{term.path}` is {kind} and cannot be compared by `{relation.value}`",
            "includes, is within" if term.is_list else "is, is one of",
        )

    def _value(self, like: Term, *, in_list: bool) -> Term | Literal:
        token = self._peek
        if token.kind is TokenKind.WORD and self._resolver.is_term(token.text):
            right = self._term()
            disjoint = like.type is ValueType.ENUM and not set(like.values) & set(right.values)
            if right.type is not like.type or right.is_list is not in_list or disjoint:
                raise ConditionSyntaxError(
                    token.at,
                    f"`{right.path}` không cùng kiểu với `{like.path}`",
                    f"`{right.path}` is not of the type that `{like.path}` can be compared with",
                )
            return right
        if in_list:
            raise self._unexpected("a list such as `resource.scopes`")
        if token.kind in {TokenKind.MARK, TokenKind.END}:
            raise self._unexpected("a value")
        self._take()
        return self._resolver.literal(token.text, like, token.at)

    def _listed(self, like: Term) -> Literal:
        self._expect("[")
        values: list[str | Entity] = []
        texts: list[Text] = []
        while True:
            token = self._take()
            literal = self._resolver.literal(token.text, like, token.at)
            if not isinstance(literal.value, str | Entity):
                raise ConditionSyntaxError(
                    token.at, f"`{token.text}` không thể nằm trong danh sách", f"`{token.text}` cannot stand in a list"
                )
            values.append(literal.value)
            texts.append(literal.text)
            if not self._accept(","):
                break
        self._expect("]")
        return Literal(tuple(values), join_texts(texts, ", ", ", "))  # type: ignore[arg-type]  # one type: all read like *like*

    def _instant(self) -> Term | Shifted:
        token = self._peek
        if token.kind is not TokenKind.NUMBER:
            return self._timestamp()
        self._take()
        duration = self._duration(int(token.text), token.at)
        self._expect("after")
        return Shifted(duration, self._timestamp())

    def _timestamp(self) -> Term:
        term = self._term()
        self._require(term, (ValueType.TIMESTAMP,), "before / after")
        return term

    def _duration(self, count: int, at: int) -> Duration:
        token = self._take()
        unit = token.text.removesuffix("s")
        most = MAXIMUM_YEARS if unit == "year" else MAXIMUM_COUNT
        if count > most:
            raise ConditionSyntaxError(at, "thời hạn quá dài", "the term is too long", f"at most {most}")
        plural = "" if count == 1 else "s"
        if unit == "year":
            return Duration(Text(f"{count} năm", f"{count} year{plural}"), years=count)
        if unit not in _UNITS:
            raise ConditionSyntaxError(
                token.at,
                f"`{token.text}` không phải là đơn vị thời gian",
                f"`{token.text}` is no unit of time",
                "minutes, hours, days, years",
            )
        span, vietnamese, english = _UNITS[unit]
        return Duration(Text(f"{count} {vietnamese}", f"{count} {english}{plural}"), span=span * count)
