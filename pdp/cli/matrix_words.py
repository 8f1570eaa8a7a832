"""What a matrix says, in words of both languages: for the terminal and for the page."""

from collections.abc import Iterator, Sequence
from typing import Final

from pdp.analysis.boxes import Box, say_words
from pdp.analysis.matrix import Bearing, Entry, Permission
from pdp.analysis.sections import Section
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet

MARKS: Final = {Permission.ALLOWED: "●", Permission.CONDITIONAL: "◐", Permission.DENIED: "–"}

SAID: Final = {
    Permission.ALLOWED: Text("được phép", "allowed"),
    Permission.CONDITIONAL: Text("được phép nếu", "allowed if"),
    Permission.DENIED: Text("bị từ chối", "denied"),
}
MOST: Final = {
    Permission.ALLOWED: Text("có việc được phép không điều kiện", "something is allowed without a condition"),
    Permission.CONDITIONAL: Text("có việc được phép với điều kiện", "something is allowed under conditions"),
    Permission.DENIED: Text("mọi việc bị từ chối", "everything is denied"),
}

TITLE: Final = Text("Ai được làm gì", "Who may what")
OVERVIEW: Final = Text("Tổng quan: vai trò và loại dữ liệu", "Overview: roles and categories of data")
HOW_TO_READ: Final = Text("Cách đọc", "How to read this")
READING: Final = (
    Text(
        "Mỗi phần nói về người có đúng một trong các vai trò được nêu, và không có vai trò nào khác.",
        "Each section is about somebody who holds one of the named roles and no other role.",
    ),
    Text(
        "Điều kiện của một việc được phép phải chắc chắn đúng: điều không biết không bao giờ giúp được.",
        "What something is allowed under must be certain: what is not known never helps.",
    ),
    Text(
        "Điều sau chữ “trừ khi” ngăn việc đó lại ngay cả khi chỉ là chưa bị loại trừ.",
        "What stands after “unless” prevents it even where it is merely not ruled out.",
    ),
    Text(
        "Những gì không có trong phần nào thì bị từ chối: không câu nào cho phép.",
        "Whatever a section does not list is denied: no sentence allows it.",
    ),
)
DATA: Final = Text("Dữ liệu", "Data")
DOES: Final = Text("Hành động", "Action")
PURPOSE: Final = Text("Mục đích", "Purpose")
ANSWER: Final = Text("Trả lời và điều kiện", "Answer and conditions")
SENTENCES: Final = Text("Câu đã công bố", "Published sentence")
ROLE: Final = Text("Vai trò", "Role")
LINES: Final = Text("Những câu vạch ranh giới", "Sentences that draw a line")
REVISION: Final = Text("Phiên bản", "Revision")
_UNLESS: Final = Text("trừ khi", "unless")
_DENIED_IF: Final = Text("nếu", "if")
_WITHOUT: Final = Text("không kèm", "without")
_EMPTIED: Final = Text(
    "bị từ chối khi mọi loại dữ liệu trong đó đều bị giữ lại", "denied where all that lies in the data is kept back"
)


def letter(at: int) -> str:
    """Return the name of the section of that number: A to Z, then AA and so on."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def say_roles(policy: PolicySet, section: Section) -> Text:
    """Return the roles of a section, each by name."""
    named = [(role, policy.word_text(WordKind.ROLE, role)) for role in section.roles]
    return Text(
        ", ".join(f"{text.vi} (`{role}`)" for role, text in named),
        ", ".join(f"{text.en} (`{role}`)" for role, text in named),
    )


def say_region(policy: PolicySet, box: Box) -> tuple[Text, Text, Text]:
    """Return the categories, actions and purposes of a region."""
    return (
        say_words(policy, WordKind.CATEGORY, box.categories),
        say_words(policy, WordKind.ACTION, box.actions),
        say_words(policy, WordKind.PURPOSE, box.purposes),
    )


def say_answer(policy: PolicySet, entry: Entry) -> list[tuple[Text, tuple[str, ...]]]:
    """Return what is answered, line by line, each with the clauses that it rests on."""
    return list(_answer(policy, entry))


def _answer(policy: PolicySet, entry: Entry) -> Iterator[tuple[Text, tuple[str, ...]]]:
    said = SAID[entry.permission]
    if entry.permission is Permission.DENIED:
        for one in entry.denying:
            when = [_DENIED_IF, _conditions(policy, one)] if one.conditions else []
            yield _spaced(said, *when), (one.rule.clause,)
    for one in entry.allowing:
        plain = entry.permission is Permission.ALLOWED or not one.conditions
        head = SAID[Permission.ALLOWED] if plain else said
        yield (_spaced(head, *([_conditions(policy, one)] if one.conditions else []))), (one.rule.clause,)
    if entry.permission is not Permission.DENIED:
        for one in entry.denying:
            yield _spaced(_UNLESS, _conditions(policy, one)), (one.rule.clause,)
    for bearings, words in _kept_alike(entry):
        left_out = _spaced(_WITHOUT, say_words(policy, WordKind.CATEGORY, words))
        for one in bearings:
            when = [_DENIED_IF, _conditions(policy, one)] if one.conditions else []
            yield _spaced(left_out, *when), (one.rule.clause,)
    if entry.emptied:
        yield _EMPTIED, ()


def _kept_alike(entry: Entry) -> list[tuple[tuple[Bearing, ...], list[str]]]:
    """Return the narrower categories that are kept back alike, together."""
    found: dict[tuple[Bearing, ...], list[str]] = {}
    for word, bearings in entry.kept_back:
        found.setdefault(bearings, []).append(word)
    return list(found.items())


def _conditions(policy: PolicySet, bearing: Bearing) -> Text:
    return join_texts([policy.conditions[name].text for name in bearing.conditions], "; ", "; ")


def _spaced(*parts: Text) -> Text:
    return Text(" ".join(part.vi for part in parts), " ".join(part.en for part in parts))


def sentence(policy: PolicySet, clause: str) -> Text:
    """Return the published sentence."""
    return policy.clauses[clause].text


def say_lines(policy: PolicySet) -> Sequence[tuple[str, Text]]:
    """Return the clauses of the sentences that draw a line, each once, with the sentence."""
    return [(clause, sentence(policy, clause)) for clause in dict.fromkeys(line.clause for line in policy.lines)]
