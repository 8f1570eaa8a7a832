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
        "Tìm vai trò trong phần tổng quan, rồi mở phần mang chữ cái của vai trò đó.",
        "Find a role in the overview, and open the section of its letter.",
    ),
    Text(
        "Mỗi phần nói về người có đúng một trong các vai trò được nêu, và không có vai trò nào khác.",
        "Each section is about somebody who holds one of the named roles and no other role.",
    ),
    Text(
        "Khi có nhiều dòng cho phép thì chỉ cần một dòng; mọi điều kiện trong một dòng đều phải đúng.",
        "Where several lines allow, one of them is enough; all conditions of a line have to hold.",
    ),
    Text(
        "Điều kiện của một việc được phép phải chắc chắn đúng: điều không biết không bao giờ giúp được.",
        "What something is allowed under must be certain: what is not known never helps.",
    ),
    Text(
        "D1, D2, … là các quy tắc từ chối, viết đầy đủ một lần ở cuối. Quy tắc đứng sau “trừ khi” ngăn việc đó lại "
        "ngay cả khi chỉ là chưa bị loại trừ; quy tắc đứng sau “không kèm” khiến loại dữ liệu được nêu bị giữ lại.",
        "D1, D2, … are deny rules, written out once at the end. One after “unless” prevents it even where it is merely "
        "not ruled out; one after “without” keeps the named data back.",
    ),
    Text(
        "Những gì phần đó không nêu là được phép thì bị từ chối: không câu nào cho phép.",
        "Whatever a section does not list as allowed is denied: no sentence allows it.",
    ),
)
DATA: Final = Text("Dữ liệu", "Data")
DOES: Final = Text("Hành động", "Action")
PURPOSE: Final = Text("Mục đích", "Purpose")
ANSWER: Final = Text("Trả lời và điều kiện", "Answer and conditions")
KINDS: Final = {
    WordKind.ROLE: Text("Vai trò", "Roles"),
    WordKind.CATEGORY: Text("Loại dữ liệu", "Categories of data"),
    WordKind.ACTION: Text("Hành động", "Actions"),
    WordKind.PURPOSE: Text("Mục đích", "Purposes"),
}
INDEX: Final = Text("Vai trò, mỗi chữ cái là một phần", "Roles, a letter for each section")
OPEN_ALL: Final = Text("Mở mọi phần", "Open every section")
PRINT_OPEN: Final = Text("Chỉ in các vai trò đang mở", "Print only the roles that are open")
DENIED_TO_ALL: Final = Text("Mọi vai trò đều bị từ chối với", "Denied to every role")
NOTHING_ALLOWED: Final = Text("Không việc gì được phép.", "Nothing is allowed.")
DENYING_HERE: Final = Text("Các quy tắc từ chối rõ ràng ở đây", "Rules that deny here in so many words")
BACK: Final = Text("Về phần tổng quan", "Back to the overview")
RULES: Final = Text("Các quy tắc từ chối", "The deny rules")
NUMBER: Final = Text("Số", "No.")
WHO: Final = Text("Ai", "Who")
DENIED_IF_ALL: Final = Text("Bị từ chối nếu", "Denied if")
ALWAYS: Final = Text("luôn luôn", "always")
ALL_SENTENCES: Final = Text("Các câu đã công bố", "The published sentences")
DRAWS_A_LINE: Final = Text("(vạch một ranh giới)", "(draws a line)")
WORDS: Final = Text("Các từ được dùng ở đây", "The words used here")
NAME: Final = Text("Tên gọi", "Name")
IN_THE_FILES: Final = Text("Trong các tệp", "In the files")
INSIDE: Final = Text("Bao gồm", "What lies in it")
REVISION: Final = Text("Phiên bản", "Revision")
UNLESS: Final = Text("trừ khi", "unless")
_DENIED_IF: Final = Text("nếu", "if")
WITHOUT: Final = Text("không kèm", "without")
EMPTIED: Final = Text(
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


def say_conditions(policy: PolicySet, names: Sequence[str]) -> Text:
    """Return conditions that have to hold together, in words."""
    *most, last = [policy.conditions[name].text for name in names] or [ALWAYS]
    return join_texts([join_texts(most, "; ", "; "), last], "; và ", "; and ") if most else last


def say_allowing(policy: PolicySet, entry: Entry, one: Bearing, *, first: bool = True) -> Text:
    """Return under which conditions *one* allows; it is the *first* line of an answer, or another that is enough."""
    plain = entry.permission is Permission.ALLOWED or not one.conditions
    head = SAID[Permission.ALLOWED if plain else entry.permission]
    said = _spaced(head, *([say_conditions(policy, one.conditions)] if one.conditions else []))
    return said if first else Text(f"hoặc {said.vi}", f"or {said.en}")


def say_answer(policy: PolicySet, entry: Entry) -> list[tuple[Text, tuple[str, ...]]]:
    """Return what is answered, line by line, each with the clauses that it rests on."""
    return list(_answer(policy, entry))


def _answer(policy: PolicySet, entry: Entry) -> Iterator[tuple[Text, tuple[str, ...]]]:
    said = SAID[entry.permission]
    if entry.permission is Permission.DENIED:
        for one in entry.denying:
            when = [_DENIED_IF, say_conditions(policy, one.conditions)] if one.conditions else []
            yield _spaced(said, *when), (one.rule.clause,)
    for at, one in enumerate(entry.allowing):
        yield say_allowing(policy, entry, one, first=not at), (one.rule.clause,)
    if entry.permission is not Permission.DENIED:
        for one in entry.denying:
            yield _spaced(UNLESS, say_conditions(policy, one.conditions)), (one.rule.clause,)
    for bearings, words in kept_alike(entry):
        left_out = _spaced(WITHOUT, say_words(policy, WordKind.CATEGORY, words))
        for one in bearings:
            when = [_DENIED_IF, say_conditions(policy, one.conditions)] if one.conditions else []
            yield _spaced(left_out, *when), (one.rule.clause,)
    if entry.emptied:
        yield EMPTIED, ()


def kept_alike(entry: Entry) -> list[tuple[tuple[Bearing, ...], list[str]]]:
    """Return the narrower categories that are kept back alike, together."""
    found: dict[tuple[Bearing, ...], list[str]] = {}
    for word, bearings in entry.kept_back:
        found.setdefault(bearings, []).append(word)
    return list(found.items())


def _spaced(*parts: Text) -> Text:
    return Text(" ".join(part.vi for part in parts), " ".join(part.en for part in parts))


def sentence(policy: PolicySet, clause: str) -> Text:
    """Return the published sentence."""
    return policy.clauses[clause].text
