"""Broken policy folders, each a good one with one edit, and the finding that each has to give."""

from dataclasses import dataclass
from typing import Final

from tests.unit.policy_set.small_folder import MARK, OPERATOR, Files, edited, place_of_mark, the_files, with_text

POLICY: Final = f"{OPERATOR}/policy.csv"
CONDITIONS: Final = f"{OPERATOR}/conditions.yaml"
CLAUSES: Final = f"{OPERATOR}/clauses.yaml"
GRANTING: Final = f"{OPERATOR}/granting.yaml"
GROUPS: Final = f"{OPERATOR}/groups.yaml"
OBLIGATIONS: Final = f"{OPERATOR}/obligations.yaml"
RETENTION: Final = f"{OPERATOR}/retention.yaml"
PROPERTIES: Final = f"{OPERATOR}/properties.yaml"
MODEL: Final = f"{OPERATOR}/model.conf"
DOCUMENT: Final = f"{OPERATOR}/document.txt"
SHARED: Final = "shared/conditions.yaml"


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken folder.

    *old* in *file* becomes *new*, in which the mark stands where the finding points; without a mark it points at *at*.
    *also* are the codes of the findings that follow from the same edit, *suggestion* None when it is not looked at.
    """

    file: str
    old: str
    new: str
    code: str
    suggestion: str | None = None
    also: tuple[str, ...] = ()
    at: tuple[int, int] | None = None

    @property
    def files(self) -> Files:
        """Return the broken folder."""
        return edited(self.file, self.old, self.new)

    @property
    def place(self) -> tuple[int, int]:
        """Return the line and the column of the finding."""
        return self.at if self.at is not None else place_of_mark(self.file, self.old, self.new)

    def __str__(self) -> str:
        shown = self.new.replace(MARK, "").strip().partition("\n")[0][:40]
        return f"{self.file.rpartition('/')[2]}-{self.code}-{shown.encode('ascii', 'replace').decode()}"


_SALE: Final = "p, no-sale, deny, any, sell, personal_data, any, always, KIDS-1.13, nothing"
_READS: Final = (
    "p, guardian-reads, allow, guardian, read, child_data, following, signed_in and registered, KIDS-1.7, nothing"
)

_LAST_ROW: Final = len(the_files()[POLICY].splitlines())

ROWS: Final = [
    # effects
    Broken(POLICY, "no-sale, deny", "no-sale, ▲Deny", "unknown-effect", "deny"),
    Broken(POLICY, "no-sale, deny", "no-sale, ▲DENY", "unknown-effect", "deny"),
    Broken(POLICY, "no-sale, deny", "no-sale, ▲den", "unknown-effect", "deny"),
    Broken(POLICY, "no-sale, deny", "no-sale,  ▲alow", "unknown-effect", "allow"),
    Broken(POLICY, "no-sale, deny", "no-sale, ▲forbidden", "unknown-effect", "write `allow` or `deny`"),
    Broken(POLICY, "no-sale, deny", "no-sale, ▲line", "unknown-effect"),
    Broken(POLICY, "no-sale, deny", "no-sale, ▲", "row-empty-field", "always, any, nothing"),
    # words
    Broken(POLICY, "allow, guardian, read", "allow, ▲gaurdian, read", "unknown-role", "guardian"),
    Broken(POLICY, "allow, guardian, read", "allow, ▲Guardian, read", "unknown-role", "guardian"),
    Broken(POLICY, "allow, guardian, read", "allow, ▲following, read", "unknown-role"),
    Broken(POLICY, "any, sell", "any, ▲sel", "unknown-action", "sell"),
    Broken(POLICY, "sell, personal_data", "sell, ▲personal-data", "unknown-category", "personal_data"),
    Broken(POLICY, "customer_support, always", "▲customer_suport, always", "unknown-purpose", "customer_support"),
    Broken(POLICY, "personal_data, any, always", "personal_data, ▲all, always", "unknown-purpose"),
    Broken(POLICY, "any, always, KIDS-1.13", "any, always, ▲KIDS-1.31", "unknown-clause", "KIDS-1.13"),
    Broken(POLICY, "any, always, KIDS-1.13", "any, always, ▲kids-1.13", "unknown-clause", "KIDS-1.13"),
    Broken(POLICY, "any, always, KIDS-1.13", "any, always, ▲KIDS-0", "clause-decides-nothing", ""),
    Broken(
        POLICY, "any, read, child_data, any, KIDS-1.7", "any, read, child_data, any, ▲KIDS-0", "clause-decides-nothing"
    ),
    Broken(POLICY, "any, signed_in, KIDS", "any, ▲signed_inn, KIDS", "unknown-condition", "signed_in"),
    Broken(POLICY, "any, signed_in, KIDS", "any, ▲Always, KIDS", "unknown-condition", "always"),
    Broken(
        POLICY,
        "KIDS-1.9, record_grant",
        "KIDS-1.9, ▲record_grants",
        "unknown-obligation",
        "record_grant",
        ("unused-obligation",),
    ),
    Broken(POLICY, "signed_in and registered", "signed_in ▲or registered", "unknown-condition", None, ("row-and",)),
    Broken(POLICY, "signed_in and registered", "signed_in ▲registered", "row-and", "a and b"),
    Broken(POLICY, "signed_in and registered", "▲signed_in and registered and", "row-and", "a and b"),
    Broken(
        POLICY,
        "signed_in and registered",
        "signed_in and registered and ▲signed_in",
        "row-repeats",
        "remove one of them",
    ),
    Broken(POLICY, "signed_in and registered", "signed_in and registered and ▲always", "unknown-condition"),
    Broken(POLICY, "signed_in and registered", "▲not signed_in", "unknown-condition", None, ("row-and",)),
    # the shape of a row
    Broken(POLICY, f"{_SALE}\n", f"{_SALE[:-9]}\n", "row-columns", None, (), (5, 58)),
    Broken(
        POLICY,
        f"{_SALE}\n",
        f"{_SALE}, ▲more\n",
        "row-columns",
        "p, id, eft, role, action, category, purpose, when, clause, owes",
    ),
    Broken(POLICY, f"{_SALE}\n", "▲p\n", "row-columns"),
    Broken(POLICY, f"{_SALE}\n", f"{_SALE},▲\n", "row-empty-field", "remove the comma before it"),
    Broken(POLICY, "g2, share, hands_out\n", "g2, share, hands_out, ▲_\n", "row-character", None),
    Broken(POLICY, "g2, share, hands_out\n", "g2, share, hands_out, ▲x\n", "row-columns", "g2, narrow, broad"),
    Broken(POLICY, f"{_SALE}\n", f"{_SALE} ▲# for now\n", "trailing-comment", "move the comment to the line above"),
    Broken(
        POLICY,
        f"{_SALE}\n",
        f"{_SALE.replace('any, sell', '▲' + chr(34) + 'any' + chr(34) + ', sell')}\n",
        "row-character",
    ),
    Broken(POLICY, f"{_SALE}\n", _SALE.replace("deny", "▲'deny'") + "\n", "row-character"),
    Broken(POLICY, "any, sell", "any, ▲[sell", "row-character"),
    Broken(POLICY, "any, sell", "any, sell▲(x)", "row-character"),
    Broken(POLICY, "any, sell", "any, ▲\u2018sell\u2019", "row-character"),
    Broken(POLICY, "any, sell", "any, sel▲ł", "row-character"),
    Broken(POLICY, "any, sell", "any▲；sell", "row-character"),
    Broken(POLICY, "any, sell", "any,▲, sell", "row-empty-field"),
    Broken(POLICY, _SALE, _SALE.replace("p,", "▲P,", 1), "unknown-row-type", "p"),
    Broken(POLICY, _SALE, _SALE.replace("p,", "▲p3,", 1), "unknown-row-type"),
    Broken(POLICY, _SALE, _SALE.replace("p,", "▲policy,", 1), "unknown-row-type"),
    Broken(POLICY, _SALE, _SALE.replace("p,", "p▲;", 1), "row-separator"),
    Broken(POLICY, _SALE, _SALE.replace(", ", "\t").replace("p\t", "p▲\t", 1), "row-separator"),
    Broken(POLICY, _SALE, _SALE.replace("p,", '▲"p",', 1), "row-character"),
    Broken(POLICY, "signed_in and registered", "signed_in ▲AND registered", "row-and", "and"),
    Broken(POLICY, _SALE, _SALE.replace("p,", "▲// p,", 1), "unknown-row-type"),
    Broken(POLICY, "g2, share, hands_out", "▲g5, share, hands_out", "unknown-row-type"),
    # ids and repetitions
    Broken(POLICY, "p, no-sale,", "p, ▲no-outsiders,", "duplicate-row-id", None, (), (6, 4)),
    Broken(POLICY, "p2, line-family,", "p2, ▲no-sale,", "duplicate-row-id", "give the row an id of its own"),
    Broken(POLICY, "p, no-sale,", "p, ▲No-Sale,", "row-id", "a-z, 0-9, -"),
    Broken(POLICY, "p, no-sale,", "p, ▲no sale,", "row-id"),
    Broken(POLICY, "p, no-sale,", "p, ▲1st,", "row-id"),
    Broken(POLICY, "p, no-sale,", f"p, ▲{'n' * 65},", "row-id"),
    Broken(
        POLICY, f"{_SALE}\n", f"{_SALE}\n{_SALE.replace('no-sale', '▲twice')}\n", "duplicate-row", "remove one of them"
    ),
    Broken(
        POLICY,
        "g2, share, hands_out\n",
        "g2, share, hands_out\n▲g2, share, hands_out\n",
        "duplicate-row",
        "remove one of them",
    ),
    # rows that never change an answer
    Broken(
        POLICY,
        f"{_SALE}\n",
        f"▲p, sells, allow, guardian, sell, child_photo, any, signed_in, KIDS-1.7, nothing\n{_SALE}\n",
        "unreachable-row",
        "see line 6",
    ),
    Broken(
        POLICY,
        f"{_SALE}\n",
        f"{_SALE}\n▲p, no-sale-of-photos, deny, any, sell, child_photo, marketing, signed_in, KIDS-1.13, nothing\n",
        "unreachable-row",
        "see line 5",
    ),
    Broken(
        POLICY,
        f"{_READS}\n",
        f"{_READS}\n▲{_READS.replace('guardian-', 'mother-').replace('allow, ', 'allow, primary_')}\n",
        "unreachable-row",
        "see line 2",
    ),
    # hierarchies and groups
    Broken(
        POLICY,
        "g3, child_photo, child_data\n",
        "",
        "hierarchy-missing",
        "g3, child_photo, child_data",
        (),
        (_LAST_ROW - 1, 1),
    ),
    Broken(
        POLICY,
        "g3, child_photo, child_data\n",
        "g3, child_photo, ▲personal_data\n",
        "hierarchy-wrong",
        "g3, child_photo, child_data",
        ("hierarchy-missing",),
    ),
    Broken(
        POLICY,
        "g3, child_photo, child_data\n",
        "g3, child_photo, child_data\ng3, child_photo, ▲personal_data\n",
        "hierarchy-wrong",
        "g3, child_photo, child_data",
    ),
    Broken(
        POLICY,
        "g, partner, third_party\n",
        "g, partner, third_party\ng, operator, ▲third_party\n",
        "hierarchy-wrong",
        "remove the row",
    ),
    Broken(
        POLICY,
        "g3, child_photo, child_data\n",
        "g3, child_photo, child_data\ng3, child_data, ▲child_photo\n",
        "hierarchy-cycle",
        "remove the row",
    ),
    Broken(
        POLICY,
        "g3, child_photo, child_data\n",
        "g3, child_photo, child_data\ng3, child_data, ▲child_data\n",
        "hierarchy-cycle",
    ),
    Broken(
        POLICY,
        "g, partner, third_party\n",
        "g, partner, third_party\ng, ▲partnr, third_party\n",
        "unknown-role",
        "partner",
    ),
    Broken(POLICY, "g2, share, hands_out\n", "g2, share, ▲hand_out\n", "unknown-action", "hands_out"),
    Broken(POLICY, "g2, share, hands_out\n", "g2, share, hands_out\ng2, ▲hands_out, transfer\n", "unknown-action"),
    Broken(
        POLICY, "g2, share, hands_out\ng2, disclose, hands_out\n", "", "group-empty", "g2, ..., hands_out", (), (1, 1)
    ),
    # characters
    Broken(POLICY, "# Who", "▲\u200b# Who", "file-control-character", "remove the character"),
    Broken(POLICY, "no-sale, deny", "no-sale, de▲\u00adny", "file-control-character"),
    Broken(POLICY, "no-sale, deny", "no-sale, deny▲\u202e", "file-control-character"),
    Broken(POLICY, "no-sale, deny", "no-sale, deny▲\x00", "file-control-character"),
    Broken(POLICY, "no-sale, deny", "no-sale, deny▲\x85", "file-control-character"),
    Broken(POLICY, "no-sale, deny", "no-sale, deny▲\u2028", "file-control-character"),
    Broken(POLICY, "any, sell", "any, se▲\tll", "row-character"),
]

_LOST: Final = ("unknown-condition", "unused-condition")

CONDITION_ENTRIES: Final = [
    Broken(CONDITIONS, "  vi: đã đăng ký cho chính trẻ này\n", "", "entry-key-missing", "vi: ...", (), (5, 1)),
    Broken(CONDITIONS, "  en: registered for this very child\n", "", "entry-key-missing", "en: ...", (), (5, 1)),
    Broken(
        CONDITIONS,
        "  en: without consent\n  clause: KIDS-1.13\n",
        "  en: without consent\n",
        "entry-key-missing",
        "clause: ...",
        (),
        (20, 1),
    ),
    Broken(CONDITIONS, "  when: not consented\n", "", "entry-key-missing", "when: ...", ("unused-condition",), (20, 1)),
    Broken(
        CONDITIONS, "  when: not consented\n", "  when: ▲[consented]\n", "entry-not-text", None, ("unused-condition",)
    ),
    Broken(CONDITIONS, "  when: not consented\n", "  when:▲\n", "entry-not-text", None, ("unused-condition",)),
    Broken(
        CONDITIONS, "  vi: đã đăng ký cho", "  ▲v1: đã đăng ký cho", "entry-unknown-key", None, ("entry-key-missing",)
    ),
    Broken(
        CONDITIONS,
        "  when: not consented\n",
        "  ▲whenever: not consented\n",
        "entry-unknown-key",
        "when",
        ("entry-key-missing", "unused-condition"),
    ),
    Broken(CONDITIONS, "  reading:\n", "  ▲readings: none\n  reading:\n", "entry-unknown-key", "reading"),
    Broken(
        CONDITIONS,
        "  reading:\n    vi: Bấm nút không phải là văn bản.\n    en: A button pressed is no writing.\n",
        "  reading: ▲a button\n",
        "entry-not-a-mapping",
    ),
    Broken(CONDITIONS, "    en: A button pressed is no writing.\n", "", "entry-key-missing", "en: ...", (), (20, 1)),
    Broken(CONDITIONS, "without_consent:\n", "▲without-consent:\n", "entry-name", "a-z, 0-9, _", _LOST),
    Broken(CONDITIONS, "without_consent:\n", "▲any:\n", "entry-name", None, _LOST),
    Broken(CONDITIONS, "without_consent:\n", "▲guardian:\n", "entry-name", None, _LOST),
    Broken(CONDITIONS, "without_consent:\n", "▲school:\n", "entry-name", None, _LOST),
    Broken(
        CONDITIONS,
        "without_consent:\n",
        "▲registered: no\nwithout_consent:\n",
        "yaml-duplicate-key",
        "keep one of them",
    ),
    Broken(
        CONDITIONS,
        "  same_as: signed_in\n",
        "  same_as: ▲signd_in\n",
        "unknown-condition",
        "signed_in",
        ("clause-without-place",),
    ),
    Broken(
        CONDITIONS,
        "  same_as: signed_in\n",
        "  same_as: signed_in\n  when: ▲context.channel is web\n",
        "condition-twice",
        "remove it, or remove `same_as`",
    ),
    Broken(
        CONDITIONS,
        "  clause: KIDS-2.1\n",
        "  clause: ▲KIDS-2.10\n",
        "unknown-clause",
        "KIDS-2.1",
        ("clause-without-place",),
    ),
    Broken(
        CONDITIONS,
        "  when: not consented\n",
        "  when: not ▲consentd\n",
        "unknown-condition",
        "consented",
        ("unused-condition",),
    ),
    Broken(
        CONDITIONS,
        "  when: not consented\n",
        "  when: not without_consent\n",
        "condition-cycle",
        None,
        ("unused-condition",),
        (20, 1),
    ),
    Broken(
        CONDITIONS,
        "(consent from primary_guardian where (its form is written))",
        "(without_consent)",
        "condition-cycle",
        None,
        ("condition-cycle",),
        (14, 1),
    ),
    Broken(
        CONDITIONS,
        "signed_in:\n  same_as: signed_in\n  clause: KIDS-2.1\n",
        "signed_in: ▲yes\n",
        "entry-not-a-mapping",
        None,
        ("unknown-condition", "clause-without-place"),
    ),
    Broken(
        SHARED,
        "context.authenticated is yes",
        "▲context.authentcated is yes",
        "condition-syntax",
        "context.authenticated",
        ("clause-without-place",),
    ),
    Broken(SHARED, "  vi: đã đăng nhập\n", "", "entry-key-missing", "vi: ...", (), (1, 1)),
    Broken(SHARED, "  vi: đã đăng nhập\n", "  vi: đã đăng nhập\n  ▲clause: KIDS-2.1\n", "entry-unknown-key"),
]


def _when(text: str, suggestion: str | None = None) -> Broken:
    also = ("unused-condition",)
    return Broken(CONDITIONS, "when: not consented", f"when: {text}", "condition-syntax", suggestion, also)


def _where(text: str, suggestion: str | None = None) -> Broken:
    return Broken(CONDITIONS, "and its status is active)", f"and {text})", "condition-syntax", suggestion)


EXPRESSIONS: Final = [
    _when("not▲"),
    _when("consented and▲"),
    _when("consented or▲"),
    _when("(consented▲"),
    _when("consented▲)"),
    _when("consented ▲registered"),
    _when("not ▲always", ""),
    _when("some ▲tickets", "support_ticket"),
    _when("no ▲order"),
    _when("consent from ▲gaurdian", "guardian"),
    _when("▲consent by guardian"),
    _when("each person ▲consented"),
    _when("▲context.chanel is web", "context.channel"),
    _when("▲context.step_up is passed"),
    _when("▲its.status is open"),
    _when("its ▲status is open"),
    _when("context.channel is ▲wbe", "web"),
    _when("▲context.channel is at least web", ""),
    _when("context.authenticated is ▲maybe", "yes, no"),
    _when("▲resource.fields is email", "includes, is within"),
    _when("▲resource.pictured is not one of [child:a]", "includes, is within"),
    _when("▲context.channel includes web", "is, is one of"),
    _when("subject.product is ▲context.channel", ""),
    _when("subject is ▲now"),
    _when("subject ▲= resource.data_subject"),
    _when("subject holds ▲teachr", "teacher"),
    _when("subject holds teacher in ▲child", "class, school"),
    _when("subject has type ▲usr", "user"),
    _when("context.session_started_at is before 3 ▲weeks after now", "minutes, hours, days, years"),
    _when("(" * 16 + "▲consented" + ")" * 16),
    _when('"not consented and▲"'),
    _when("'not consented ▲''x'''"),
    _when('"not ▲\\x63onsented"'),
    _when("|\n    not consented\n    ▲# or so\n"),
    _where("its ▲statu is active", "status"),
    _where("its status is ▲closed", "active, ended"),
    _where("its registrar is ▲hoa", "type:id"),
    _where("its registrar is in ▲resource.data_subject", ""),
]

_PARAMETER: Final = "\n      - {when: registered, is: kidsonline}\n      - {is: schoolonline}\n"
_WORD: Final = "  type: string\n"
_LAST: Final = " && satisfied(r.asked, p.id, p.eft)"
_EFFECT: Final = "e = some(where (p.eft == allow)) && !some(where (p.eft == deny))"

OTHER_FILES: Final = [
    # clauses.yaml
    Broken(CLAUSES, "  quote: Chúng tôi yêu trẻ.\n", "", "entry-key-missing", "quote: ...", (), (1, 1)),
    Broken(CLAUSES, "  section: Mở đầu\n", "", "entry-key-missing", "section: ...", (), (1, 1)),
    Broken(CLAUSES, "  en: We love children.\n", "", "entry-key-missing", "en: ...", (), (1, 1)),
    Broken(CLAUSES, "  kind: none\n", "", "entry-key-missing", "kind: ...", ("clause-without-place",), (1, 1)),
    Broken(CLAUSES, "kind: none", "kind: ▲non", "clause-kind", "none", ("clause-without-place",)),
    Broken(CLAUSES, "kind: none", "kind: ▲law", "clause-kind", None, ("clause-without-place",)),
    Broken(
        CLAUSES,
        "quote: Chúng tôi yêu trẻ.",
        "quote: ▲Chúng tôi rất yêu trẻ.",
        "quote-not-published",
        "copy the sentence from the document",
    ),
    Broken(CLAUSES, "quote: Chúng tôi yêu trẻ.", "quote: ▲chúng tôi yêu trẻ.", "quote-not-published"),
    Broken(CLAUSES, "quote: Chúng tôi yêu trẻ.", 'quote: ▲""', "entry-not-text"),
    Broken(
        CLAUSES,
        "lead_in: 'Người giám hộ chính có quyền:'",
        "lead_in: ▲'Người giám hộ có quyền:'",
        "quote-not-published",
    ),
    Broken(CLAUSES, "KIDS-0:", "▲OES-0:", "clause-prefix", "KIDS-..."),
    Broken(CLAUSES, "KIDS-0:", "▲kids-0:", "clause-prefix"),
    Broken(CLAUSES, "KIDS-0:", "▲KIDS-:", "clause-prefix"),
    Broken(CLAUSES, "KIDS-4.2:", "▲KIDS-2.3:", "yaml-duplicate-key", "keep one of them", ("unknown-clause",)),
    Broken(
        CLAUSES,
        "contradicts: [KIDS-1.13]",
        "contradicts: [▲KIDS-1.31]",
        "clause-contradiction",
        "KIDS-1.13",
        ("clause-contradiction",),
    ),
    Broken(
        CLAUSES,
        "contradicts: [KIDS-1.13]",
        "contradicts: ▲KIDS-1.13",
        "entry-not-a-list",
        "contradicts: [..., ...]",
        ("clause-contradiction",),
    ),
    Broken(
        CLAUSES,
        "contradicts: [KIDS-1.13]",
        "contradicts: [▲[KIDS-1.13]]",
        "entry-not-text",
        None,
        ("clause-contradiction",),
    ),
    Broken(
        CLAUSES,
        "  en: Users sign in.\n",
        "  en: Users sign in.\n  not_decidable_here: {vi: không, en: no}\n",
        "clause-place-twice",
        "remove `not_decidable_here`",
        (),
        (1, 1),
    ),
    # granting.yaml
    Broken(GRANTING, "family_member:", "▲familymember:", "unknown-role", "family_member"),
    Broken(GRANTING, "[primary_guardian]", "[▲primary_gaurdian]", "unknown-role", "primary_guardian"),
    Broken(GRANTING, "[primary_guardian]", "▲primary_guardian", "entry-not-a-list", "by: [..., ...]"),
    Broken(GRANTING, "[primary_guardian]", "▲[]", "entry-not-a-list"),
    Broken(GRANTING, "[primary_guardian]", "[▲{role: primary_guardian}]", "entry-not-text"),
    Broken(GRANTING, "  by: [primary_guardian]\n", "", "entry-not-a-list", None, (), (1, 1)),
    Broken(GRANTING, "required: yes", "required: ▲Yes", "entry-not-yes-or-no", "yes, no"),
    Broken(GRANTING, "required: yes", "required: ▲true", "entry-not-yes-or-no", "yes, no"),
    Broken(GRANTING, "  required: yes\n", "", "entry-key-missing", "required: ...", (), (1, 1)),
    Broken(GRANTING, "  required: yes\n", "  required: yes\n  ▲require: yes\n", "entry-unknown-key", "required"),
    Broken(GRANTING, "clause: KIDS-1.9", "clause: ▲KIDS-1.90", "unknown-clause", "KIDS-1.9"),
    # retention.yaml
    Broken(RETENTION, "consent:", "▲consents:", "unknown-kind-of-fact", "role, consent, ground, containment"),
    Broken(RETENTION, "days: 3650", "days: ▲forever", "not-a-number-of-days", "days: 3650"),
    Broken(RETENTION, "days: 3650", "days: ▲0", "not-a-number-of-days"),
    Broken(RETENTION, "days: 3650", "days: ▲36526", "not-a-number-of-days"),
    Broken(RETENTION, "  days: 3650\n", "", "entry-key-missing", "days: ...", (), (1, 1)),
    Broken(RETENTION, "clause: KIDS-1.9", "clause: ▲KIDS-1.90", "unknown-clause", "KIDS-1.9"),
    Broken(RETENTION, "days: 3650", "days: 3650\n  ▲day: 1", "entry-unknown-key", "days"),
    # groups.yaml
    Broken(
        GROUPS, "of: actions", "of: ▲action", "group-kind", "roles, actions, categories, purposes", ("unknown-action",)
    ),
    Broken(GROUPS, "of: actions", "of: ▲operators", "group-kind", None, ("unknown-action",)),
    Broken(GROUPS, "  of: actions\n", "", "entry-key-missing", "of: ...", ("unknown-action",), (1, 1)),
    Broken(GROUPS, "  vi: theo dõi trẻ\n", "", "entry-key-missing", "vi: ...", (), (6, 1)),
    Broken(GROUPS, "hands_out:", "▲share:", "group-name-taken", None, ("unknown-action",)),
    Broken(GROUPS, "hands_out:", "▲any:", "entry-name", None, ("unknown-action",)),
    Broken(GROUPS, "hands_out:", "▲Hands-Out:", "entry-name", None, ("unknown-action",)),
    # obligations.yaml
    Broken(
        OBLIGATIONS, "record_grant:", "▲record_grants:", "unknown-obligation", "record_grant", ("unknown-obligation",)
    ),
    Broken(OBLIGATIONS, "clause: KIDS-1.9", "clause: ▲KIDS-1.7", "obligation-clause", "KIDS-1.9"),
    Broken(OBLIGATIONS, "clause: KIDS-1.9", "clause: ▲KIDS-9.9", "unknown-clause"),
    Broken(OBLIGATIONS, "before: no", "before: ▲never", "entry-not-yes-or-no", "yes, no"),
    Broken(OBLIGATIONS, "  before: no\n", "", "entry-key-missing", "before: ...", (), (1, 1)),
    Broken(OBLIGATIONS, "  before: no\n", "  before: no\n  parameters: {▲days: 3}\n", "obligation-parameter", ""),
    Broken(OBLIGATIONS, "  before: no\n", "  before: no\n  parameters: ▲[days]\n", "obligation-parameter", "remove it"),
    Broken(
        OBLIGATIONS, "    product:\n", "    ▲prodct:\n", "obligation-parameter", "product", ("obligation-parameter",)
    ),
    Broken(
        OBLIGATIONS, f"  parameters:\n    product:{_PARAMETER}", "", "obligation-parameter", "product: ...", (), (5, 1)
    ),
    Broken(OBLIGATIONS, _PARAMETER, " ▲resource.prodct\n", "obligation-parameter", "resource.product"),
    Broken(OBLIGATIONS, _PARAMETER, " ▲resource.scopes\n", "obligation-parameter", "resource.product"),
    Broken(OBLIGATIONS, _PARAMETER, " ▲{is: kidsonline}\n", "obligation-parameter"),
    Broken(OBLIGATIONS, _PARAMETER, " ▲[]\n", "obligation-parameter"),
    Broken(OBLIGATIONS, "{when: registered, is", "{when: ▲registred, is", "unknown-condition", "registered"),
    Broken(
        OBLIGATIONS,
        "{when: registered, is",
        "{▲whem: registered, is",
        "obligation-parameter",
        "{when: CONDITION, is: VALUE}",
    ),
    Broken(OBLIGATIONS, "{when: registered, is", "{▲when: [registered], is", "obligation-parameter"),
    Broken(OBLIGATIONS, "{is: schoolonline}", "▲{when: registered}", "obligation-parameter"),
    Broken(OBLIGATIONS, "{is: schoolonline}", "▲schoolonline", "obligation-parameter"),
    # properties.yaml
    Broken(PROPERTIES, "camera:", "▲channel:", "property-name-taken"),
    Broken(PROPERTIES, "camera:", "▲x_camera:", "property-name-taken"),
    Broken(PROPERTIES, "camera:", "▲Camera:", "word-id", "camera"),
    Broken(PROPERTIES, "type: string", "type: ▲strng", "word-type-unknown", "string"),
    Broken(PROPERTIES, "type: string", "▲typ: string", "word-key-unknown", "type", ("word-key-missing",)),
    Broken(PROPERTIES, _WORD, "", "word-key-missing", "type: …", (), (1, 1)),
    Broken(PROPERTIES, "  vi: máy quay\n", "", "word-text-missing", "vi: …", (), (1, 1)),
    Broken(PROPERTIES, _WORD, f"{_WORD}  absent: ▲nothing\n", "word-absent"),
    Broken(PROPERTIES, _WORD, "  type: enum\n", "word-values", "values:", (), (1, 1)),
    Broken(PROPERTIES, _WORD, f"{_WORD}  ops: [▲welearning]\n", "word-operator-unknown"),
    Broken(PROPERTIES, _WORD, f"{_WORD}  ops: [▲kidonline]\n", "word-operator-unknown", "kidsonline"),
    Broken(PROPERTIES, _WORD, f"{_WORD}  ops: [kidsonline, ▲kidsonline]\n", "word-duplicate"),
    Broken(PROPERTIES, _WORD, "  type: ▲[string]\n", "word-shape"),
    Broken(PROPERTIES, "camera:\n  vi: máy quay\n  en: camera\n  type: string\n", "▲- camera\n", "entry-not-a-mapping"),
    # model.conf
    Broken(MODEL, _EFFECT, "▲e = some(where (p.eft == allow))", "model-differs", _EFFECT),
    Broken(MODEL, _LAST, " || satisfied(r.asked, p.id, p.eft)", "model-differs", None, (), (24, 1)),
    Broken(MODEL, _LAST, "", "model-differs", None, (), (24, 1)),
    Broken(MODEL, _LAST, f"{_LAST} # all", "model-differs", None, (), (24, 1)),
    Broken(MODEL, f"[policy_effect]\n{_EFFECT}\n", "", "model-incomplete", _EFFECT, (), (23, 1)),
    Broken(
        MODEL, "[policy_effect]", "[policy_efect]", "model-unknown", "policy_effect", ("model-incomplete",), (21, 1)
    ),
    Broken(MODEL, "g4 = _, _", "g4 = _, _\n▲g5 = _, _", "model-unknown"),
    Broken(MODEL, "g4 = _, _", "g4 = _, _\n▲g4 = _, _", "model-duplicate", "remove one of them"),
    Broken(MODEL, "g4 = _, _", "▲g4 = _, _, _", "model-differs", "g4 = _, _"),
    Broken(MODEL, "r = role, action,", "▲r = action, role,", "model-differs"),
    Broken(MODEL, "[matchers]", "[matchers]\n▲m2 = true", "model-unknown"),
    Broken(MODEL, "[matchers]", "▲nonsense\n[matchers]", "model-unknown"),
    # YAML
    Broken(GRANTING, "  clause: KIDS-1.9", "  clause: KIDS-1.9\n   x▲: y", "yaml-syntax"),
    Broken(GRANTING, "  required: yes", "▲\trequired: yes", "yaml-syntax", "indent with spaces"),
    Broken(GRANTING, "[primary_guardian]", "[primary_guardian", "yaml-syntax", None, (), (3, 11)),
    Broken(GRANTING, "[primary_guardian]", "▲&by [primary_guardian]", "yaml-anchor", "write the value out"),
    Broken(GRANTING, "[primary_guardian]", "▲*by", "yaml-anchor", None, ("entry-not-a-list",)),
    Broken(GRANTING, "  required: yes", "  ▲<<: x\n  required: yes", "yaml-anchor", None, ("entry-unknown-key",)),
    Broken(GRANTING, "required: yes", "required: ▲!!bool yes", "yaml-tag", "remove the tag"),
    Broken(GRANTING, "  required: yes", "  required: no\n  ▲required: yes", "yaml-duplicate-key", "keep one of them"),
    Broken(GRANTING, "family_member:", "a: b\n▲---\nfamily_member:", "yaml-multiple-documents"),
    Broken(GRANTING, "[primary_guardian]", "[" * 14 + "▲[primary_guardian]" + "]" * 14, "yaml-depth"),
    Broken(GRANTING, "family_member:", "? ▲[a]\n: b\nfamily_member:", "yaml-syntax", "write the key as text"),
    Broken(
        GRANTING,
        "clause: KIDS-1.9",
        'clause: ▲"KIDS\\u200b-1.9"',
        "file-control-character",
        "remove the escape",
        ("unknown-clause",),
    ),
    Broken(GRANTING, "clause: KIDS-1.9", "clause: KIDS-1.9▲\u200b", "file-control-character"),
]

BROKEN: Final = (*ROWS, *CONDITION_ENTRIES, *EXPRESSIONS, *OTHER_FILES)


@dataclass(frozen=True, slots=True)
class BrokenWhole:
    """A folder that is broken as a whole: its *files*, and the finding at *file* and *place* that it has to give."""

    files: Files
    file: str
    code: str
    suggestion: str
    also: tuple[str, ...] = ()
    place: tuple[int, int] = (1, 1)
    operator: str = OPERATOR

    def __str__(self) -> str:
        return f"{self.file}-{self.code}-{len(b''.join(self.files.values()))}"


def without(path: str) -> Files:
    """Return the folder without the file at *path*."""
    return {name: content for name, content in the_files().items() if name != path}


def renamed(path: str, other: str) -> Files:
    """Return the folder with the file at *path* under the name *other*."""
    return {**without(path), other: the_files()[path]}


def with_bytes(path: str, content: bytes) -> Files:
    """Return the folder with another content at *path*."""
    return {**the_files(), path: content}


def with_house(rules: str, name: str = "policy.csv") -> Files:
    """Return the folder with a house that has *rules* in a file of this *name*, and a clause for them to cite."""
    return {**the_files(), _house(name): rules.encode(), _house("clauses.yaml"): _HOUSE_CLAUSE.encode()}


def _house(name: str) -> str:
    return f"house/{OPERATOR}/{name}"


def _own(name: str) -> str:
    return f"{OPERATOR}/{name}"


_HOUSE_POLICY: Final = _house("policy.csv")
_HOUSE_RULES: Final = "house/policy.csv"
_HOUSE_ROW: Final = "p, house-reads, allow, guardian, update, system, any, signed_in, HOUSE-1, nothing\n"
_HOUSE_CLAUSE: Final = "HOUSE-1:\n  section: Nhà\n  quote: Nhà.\n  en: House.\n  kind: decision\n"
_POLICY_BYTES: Final = the_files()[POLICY]
_BOM: Final = b"\xef\xbb\xbf"
_NO_BOM: Final = "save the file as UTF-8 without BOM"
_UTF8: Final = "save the file as UTF-8"
_EMPTY: Final = "an empty policy is never served"
_ENDED: Final = "end the file with a line break"
_NO_ROW: Final = ("policy-empty",)

WHOLE: Final = [
    BrokenWhole(without(POLICY), POLICY, "file-missing", "policy.csv"),
    BrokenWhole(without(CONDITIONS), CONDITIONS, "file-missing", "conditions.yaml"),
    BrokenWhole(without(CLAUSES), CLAUSES, "file-missing", "clauses.yaml"),
    BrokenWhole(without(GRANTING), GRANTING, "file-missing", "granting.yaml"),
    BrokenWhole(without(SHARED), CONDITIONS, "unknown-condition", "", ("clause-without-place",), (2, 12)),
    BrokenWhole(renamed(MODEL, _own("model.txt")), _own("model.txt"), "unknown-file", "model.conf"),
    BrokenWhole(renamed(PROPERTIES, _own("property.yaml")), _own("property.yaml"), "unknown-file", "properties.yaml"),
    BrokenWhole(renamed(GRANTING, _own("granting.yml")), GRANTING, "file-missing", "granting.yaml", ("unknown-file",)),
    BrokenWhole(
        with_bytes(_own("old/policy.csv"), b""), _own("old/policy.csv"), "file-repeated", "remove one of them", _NO_ROW
    ),
    BrokenWhole(with_house(f"{_HOUSE_ROW}g2, sell, hands_out\n"), _HOUSE_POLICY, "house-row-type", "", (), (2, 1)),
    BrokenWhole(
        with_house(_HOUSE_ROW.replace("house-reads", "no-sale")),
        _HOUSE_POLICY,
        "duplicate-row-id",
        "give the row an id of its own",
        (),
        (1, 4),
    ),
    BrokenWhole(
        with_house(_HOUSE_ROW, "polcy.csv"), _house("polcy.csv"), "unknown-file", _HOUSE_RULES, ("file-missing",)
    ),
    BrokenWhole(with_house("", "note.json"), _house("clauses.yaml"), "file-missing", _HOUSE_RULES),
    BrokenWhole(the_files(), "kidsonlin", "unknown-operator", "kidsonline", operator="kidsonlin"),
    BrokenWhole(the_files(), "KidsOnline", "unknown-operator", "kidsonline", operator="KidsOnline"),
    BrokenWhole(the_files(), "shared", "unknown-operator", "", operator="shared"),
    BrokenWhole(with_text(POLICY, ""), POLICY, "policy-empty", _EMPTY),
    BrokenWhole(with_text(POLICY, "# p, a, allow\n\n  # nothing\n"), POLICY, "policy-empty", _EMPTY),
    BrokenWhole(with_bytes(POLICY, _POLICY_BYTES[:-1]), POLICY, "cut-off", _ENDED, (), (_LAST_ROW, 1)),
    BrokenWhole(with_bytes(POLICY, _BOM + _POLICY_BYTES), POLICY, "file-bom", _NO_BOM),
    BrokenWhole(with_bytes(POLICY, _POLICY_BYTES.decode().encode("utf-16")), POLICY, "file-encoding", _UTF8),
    BrokenWhole(with_bytes(POLICY, b"# a\n# caf\xe9\n" + _POLICY_BYTES), POLICY, "file-encoding", _UTF8, (), (2, 6)),
    BrokenWhole(with_bytes(POLICY, b"#" * (1 << 20) + _POLICY_BYTES), POLICY, "file-too-large", "split the file"),
    BrokenWhole(with_bytes(GRANTING, _BOM + the_files()[GRANTING]), GRANTING, "file-bom", _NO_BOM),
    BrokenWhole(with_bytes(MODEL, _BOM + the_files()[MODEL]), MODEL, "file-bom", _NO_BOM),
    BrokenWhole(with_text(GRANTING, "[family_member]\n"), GRANTING, "entry-not-a-mapping", ""),
    BrokenWhole(with_text(GRANTING, "family_member\n"), GRANTING, "entry-not-a-mapping", ""),
]
