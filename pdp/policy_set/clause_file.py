"""Reads clauses.yaml: the published sentences of an operator, each compared with the published document."""

from collections.abc import Mapping
from typing import Final

from pdp.core.policy import Clause
from pdp.core.text import nearest
from pdp.policy_set.condition_file import nearest_clause
from pdp.policy_set.entries import DOUBT_KEYS, Entry, entries
from pdp.policy_set.report import FolderReport
from pdp.words import LocatedText

FILE: Final = "clauses.yaml"
KINDS: Final = ("decision", "obligation", "deadline", "retention", "quota", "account_state", "none")
_KEYS: Final = {"section", "quote", "lead_in", "en", "kind", *DOUBT_KEYS, "not_decidable_here", "contradicts"}


def read_clauses(
    file: str, content: bytes | None, prefix: str, document: str | None, report: FolderReport
) -> Mapping[str, Clause]:
    """Return the clauses by id; *prefix* is the operator's (`KIDS`), *document* the published text or None."""
    found: dict[str, Clause] = {}
    contradictions: list[tuple[Clause, LocatedText]] = []
    for entry in entries(file, content, report, _KEYS):
        clause = _clause(entry)
        _check_id(entry, prefix)
        _check_kind(entry, clause.kind)
        for key, quoted in (("quote", clause.quote), ("lead_in", clause.lead_in)):
            if document is not None and quoted and _plain(quoted) not in document:
                report.error(
                    file,
                    entry.place(key),
                    "quote-not-published",
                    f"câu trích của `{clause.id}` không có nguyên văn trong văn bản đã công bố",
                    f"the `{key}` of `{clause.id}` does not stand word for word in the published document",
                    "copy the sentence from the document",
                )
        found[clause.id] = clause
        contradictions += [(clause, word) for word in _contradicted(entry)]
    for clause, word in contradictions:
        _check_contradiction(file, clause, word, found, report)
    return found


def _contradicted(entry: Entry) -> tuple[LocatedText, ...]:
    return entry.words("contradicts") if entry.body.get("contradicts") else ()


def _check_contradiction(
    file: str, clause: Clause, word: LocatedText, found: Mapping[str, Clause], report: FolderReport
) -> None:
    other = word.text
    if other not in found or clause.id not in found[other].contradicts:
        mend = f"write `contradicts: [{clause.id}]` at `{other}`"
        report.error(
            file,
            (word.line, word.column),
            "clause-contradiction",
            f"`{clause.id}` mâu thuẫn với `{other}`, nhưng `{other}` không nói như vậy",
            f"`{clause.id}` contradicts `{other}`, and `{other}` does not say so",
            mend if other in found else nearest_clause(other, found),
        )


def _clause(entry: Entry) -> Clause:
    lead_in = entry.optional("lead_in")
    kind = entry.required("kind")
    return Clause(
        id=entry.name.text,
        section=entry.text("section"),
        quote=entry.text("quote"),
        summary=entry.text("en"),
        kind=kind.text if kind else "",
        lead_in=" ".join(lead_in.text.split()) if lead_in else "",
        doubt=entry.doubt(),
        not_decidable=entry.said("not_decidable_here"),
        contradicts=tuple(word.text for word in _contradicted(entry)),
    )


def _check_id(entry: Entry, prefix: str) -> None:
    id_ = entry.name.text
    head, _, number = id_.partition("-")
    if head not in {prefix, "HOUSE"} or not number:
        entry.report.error(
            entry.file,
            entry.at,
            "clause-prefix",
            f"mã điều khoản `{id_}` phải bắt đầu bằng `{prefix}-`",
            f"the clause id `{id_}` must begin with `{prefix}-`",
            f"{prefix}-...",
        )


def _check_kind(entry: Entry, kind: str) -> None:
    if kind and kind not in KINDS:
        entry.report.error(
            entry.file,
            entry.place("kind"),
            "clause-kind",
            f"không có loại điều khoản `{kind}`",
            f"there is no kind of clause `{kind}`",
            nearest(kind, KINDS) or ", ".join(KINDS),
        )


def document_text(content: bytes) -> str:
    """Return the published document in the form in which quotes are looked for: every run of blanks is one space."""
    return _plain(content.decode("utf-8", "replace"))


def _plain(text: str) -> str:
    return " ".join(text.split())
