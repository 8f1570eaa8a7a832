"""What is refused in vocabulary.yaml and facts.yaml, and where each finding points."""

from typing import Final

import pytest

from pdp.core.errors import InvalidPolicyError
from pdp.core.finding import Finding
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.words import fact_schema_from, vocabulary_from

# A small vocabulary and a small schema without a fault. Each case below replaces one piece of them; ▲ stands right
# before the character that the finding has to point at and is taken out before the text is read. Without it the finding
# is about the whole file and points at its beginning.
_VOCABULARY: Final = """\
operators:
  shopline: {vi: Cửa hàng, en: Shop, clauses: SHOP}
  schoolday: {vi: Trường học, en: School, clauses: SCH}
roles:
  data_subject: {vi: chủ thể dữ liệu, en: data subject}
  staff: {vi: nhân viên, en: staff, held_in: [shop, school]}
  teacher: {in: staff, vi: giáo viên, en: teacher, held_in: [school]}
categories:
  personal_data: {vi: thông tin cá nhân, en: personal data, dpv: dpv:PersonalData}
  contact: {in: personal_data, vi: liên hệ, en: contact, note: all of it}
actions:
  read: {vi: xem, en: read}
purposes:
  service: {vi: dịch vụ, en: the service}
"""

_FACTS: Final = """\
conventions:
  time: the moment of the decision
entity_types:
  shop: {vi: cửa hàng, en: shop}
  school: {vi: trường học, en: school}
ground_properties:
  concerns: {vi: đối tượng, en: thing, type: entity, ops: [shopline]}
grounds:
  ticket:
    vi: phiếu hỗ trợ
    en: ticket
    requires: [beneficiary, concerns]
    status:
      open: {vi: đang mở, en: open}
    ops: [shopline]
    properties:
      opened_by: {vi: người hỏi, en: requester, type: entity}
consent:
  form:
    written: {vi: văn bản, en: written}
  status:
    given: {vi: đã đồng ý, en: given}
  ops: [shopline, schoolday]
  properties: {}
subject_properties: {}
resource_properties:
  state:
    vi: trạng thái
    en: state
    type: enum
    values:
      active: {vi: hoạt động, en: active}
    absent: active
  parties: {vi: các bên, en: parties, type: list<entity>, ops: [schoolday]}
context_properties: {}
fields: [name, phone]
obligations:
  record_it: {vi: Ghi lại, en: record it, when: always, clauses: [SHOP-1.2], parameters: {days: three}}
"""

_BROKEN_VOCABULARY: Final = [
    ("purposes:", "▲porposes:", "word-section-unknown", "purposes"),
    ("actions:\n  read: {vi: xem, en: read}\n", "", "word-section-missing", "actions:"),
    ("en: read}", "en: read, ▲dvp: x}", "word-key-unknown", "dpv"),
    ("en: read}", "en: read, ▲held_in: [shop]}", "word-key-unknown", None),
    ("  read: {vi: xem, en: read}", "  ▲read: {vi: xem}", "word-text-missing", "en: …"),
    ("  read: {vi: xem, en: read}", "  ▲read: {en: read}", "word-text-missing", "vi: …"),
    ("en: read}", 'en: ▲""}', "word-text-missing", None),
    ("  read: {", "  ▲Read-It: {", "word-id", "read_it"),
    ("  read: {", "  ▲1st: {", "word-id", None),
    ("  read: {vi: xem, en: read}", "  read: ▲xem", "word-shape", None),
    ("in: personal_data", "in: ▲personal_date", "word-broader-unknown", "personal_data"),
    ("in: staff", "in: ▲contact", "word-broader-unknown", None),
    ("  personal_data: {", "  personal_data: {in: ▲contact, ", "word-broader-cycle", None),
    ("en: read}", "en: read, in: ▲read}", "word-broader-cycle", None),
    ("held_in: [school]", "held_in: [school, ▲school]", "word-duplicate", "keep one of them"),
    ("held_in: [school]", "held_in: ▲school", "word-shape", None),
    ("held_in: [school]", "held_in: ▲[]", "word-scope-type", None),
    (
        "  teacher: {in: staff, vi: giáo viên, en: teacher, held_in: [school]}",
        "  ▲teacher: {in: staff, vi: giáo viên, en: teacher}",
        "word-key-missing",
        "held_in: …",
    ),
    ("clauses: SCH}", "clauses: ▲SHOP}", "word-duplicate", None),
    ("clauses: SCH}", "clauses: ▲sch}", "word-clause", None),
    (
        "  schoolday: {vi: Trường học, en: School, clauses: SCH}",
        "  ▲schoolday: {vi: A, en: B}",
        "word-key-missing",
        None,
    ),
    ("dpv:PersonalData", "▲dvp:PersonalData", "word-dpv", None),
    ("  contact: {in", "  ▲personal_data: {in", "yaml-duplicate-key", None),
    ("note: all of it", "note: ▲[all]", "word-shape", None),
]

_BROKEN_FACTS: Final = [
    ("fields: [name", "▲feilds: [name", "word-section-unknown", "fields"),
    ("subject_properties: {}\n", "", "word-section-missing", "subject_properties:"),
    ("time: the moment", "time: ▲[the] #", "word-shape", None),
    ("  shop: {vi: cửa hàng, en: shop}", "  ▲shop: {vi: cửa hàng}", "word-text-missing", "en: …"),
    ("type: entity, ops: [shopline]", "type: entity, ops: [▲shopeline]", "word-operator-unknown", "shopline"),
    ("type: entity, ops: [shopline]", "type: ▲entty, ops: [shopline]", "word-type-unknown", "entity"),
    ("type: list<entity>", "type: ▲list<entty>", "word-type-unknown", "list<entity>"),
    ("type: list<entity>", "type: ▲list<list<entity>>", "word-type-unknown", None),
    ("type: list<entity>", "type: ▲[entity]", "word-shape", None),
    ("requires: [beneficiary,", "requires: [▲benficiary,", "word-requires", "beneficiary"),
    (
        "concerns]\n    status:\n      open: {vi: đang mở, en: open}\n    ops: [shopline]",
        "▲concerns]\n    status:\n      open: {vi: đang mở, en: open}\n    ops: [schoolday]",
        "word-requires",
        None,
    ),
    (
        "en: requester, type: entity",
        "en: requester, type: entity, ops: [▲schoolday]",
        "word-operator-outside",
        "shopline",
    ),
    ("en: requester, type: entity", "en: requester, type: entity, ▲absent: none", "word-absent", "remove `absent`"),
    ("  opened_by: {", "  ▲concerns: {", "word-duplicate", None),
    ("      open: {vi: đang mở, en: open}", "      ▲open: {en: open}", "word-text-missing", "vi: …"),
    (
        "  ticket:\n    vi: phiếu hỗ trợ\n    en: ticket\n    requires: [beneficiary, concerns]\n",
        "  ▲ticket:\n    vi: phiếu hỗ trợ\n    en: ticket\n",
        "word-key-missing",
        "requires: …",
    ),
    ("      active: {vi: hoạt động, en: active}", "      ▲active: {vi: hoạt động}", "word-text-missing", "en: …"),
    ("    absent: active", "    absent: ▲actve", "word-absent", "active"),
    ("type: list<entity>", "type: list<entity>, absent: ▲nothing", "word-absent", None),
    (
        "  parties: {vi: các bên, en: parties, type: list<entity>",
        "  ▲parties: {vi: a, en: b, type: enum",
        "word-values",
        "values:",
    ),
    ("type: list<entity>", "type: string, ▲values: {a: {vi: a, en: b}}", "word-values", "type: enum"),
    ("fields: [name, phone]", "fields: [name, ▲name]", "word-duplicate", None),
    ("fields: [name, phone]", "fields: [name, ▲Phone]", "word-id", "phone"),
    ("SHOP-1.2", "▲SHOOP-1.2", "word-clause", "SHOP-1.2"),
    ("SHOP-1.2", "▲SHOP", "word-clause", None),
    (
        "  record_it: {vi: Ghi lại, en: record it, when: always, ",
        "  ▲record_it: {vi: Ghi lại, en: record it, ",
        "word-key-missing",
        "when: …",
    ),
    ("parameters: {days: three}", "parameters: ▲three", "word-shape", None),
    ("entity_types:\n  shop:", "▲entity_types:\n  shopp:", "word-scope-type", "shopp"),
    ("  form:", "  ▲forms:", "word-key-unknown", "form"),
]


def _broken(whole: str, old: str, new: str) -> tuple[str, tuple[int, int]]:
    """Return the broken text, and the place that the finding has to point at."""
    assert whole.count(old) == 1, old
    marked = whole.replace(old, new)
    before, mark, after = marked.partition("▲")
    lines = before.split("\n")
    return before + after, (len(lines), len(lines[-1]) + 1) if mark else (1, 1)


def _check(findings: tuple[Finding, ...], code: str, place: tuple[int, int], hint: str | None) -> None:
    (found,) = (finding for finding in findings if (finding.line, finding.column) == place)
    assert found.code == code
    assert found.message.vi != found.message.en
    if hint is not None:
        assert found.suggestion == hint


@pytest.fixture(name="vocabulary")
def _vocabulary() -> Vocabulary:
    return vocabulary_from("vocabulary.yaml", _VOCABULARY.encode())


def test_the_small_texts_are_without_fault(vocabulary: Vocabulary) -> None:
    """The texts that the cases break are accepted as they stand, so that each finding comes from the break."""
    schema = fact_schema_from("facts.yaml", _FACTS.encode(), vocabulary)
    assert list(vocabulary.words(WordKind.ROLE)) == ["data_subject", "staff", "teacher"]
    assert list(schema.grounds["ticket"].properties) == ["concerns", "opened_by"]
    assert schema.resource_properties["state"].absent == "active"
    assert schema.obligations["record_it"].parameters == {"days": "three"}
    assert schema.grounds["ticket"].ops == {"shopline"}


@pytest.mark.parametrize(("old", "new", "code", "hint"), _BROKEN_VOCABULARY)
def test_a_broken_vocabulary_is_refused_at_the_place_of_the_fault(
    old: str, new: str, code: str, hint: str | None
) -> None:
    """Every fault of a vocabulary has its code, its line and column, and the nearest right word where there is one."""
    text, place = _broken(_VOCABULARY, old, new)
    with pytest.raises(InvalidPolicyError) as caught:
        vocabulary_from("vocabulary.yaml", text.encode())
    _check(caught.value.findings, code, place, hint)


@pytest.mark.parametrize(("old", "new", "code", "hint"), _BROKEN_FACTS)
def test_a_broken_schema_is_refused_at_the_place_of_the_fault(
    vocabulary: Vocabulary, old: str, new: str, code: str, hint: str | None
) -> None:
    """Every fault of a schema has its code, its line and column, and the nearest right word where there is one."""
    text, place = _broken(_FACTS, old, new)
    with pytest.raises(InvalidPolicyError) as caught:
        fact_schema_from("facts.yaml", text.encode(), vocabulary)
    _check(caught.value.findings, code, place, hint)


def test_all_faults_are_told_together_in_order() -> None:
    """One reading of a file tells every fault in it, from top to bottom."""
    text = _VOCABULARY.replace("in: staff", "in: staf").replace("en: read}", "e: read}").replace("clauses: SCH", "x: y")
    with pytest.raises(InvalidPolicyError) as caught:
        vocabulary_from("v.yaml", text.encode())
    assert [(finding.line, finding.column, finding.code) for finding in caught.value.findings] == [
        (3, 3, "word-key-missing"),
        (3, 43, "word-key-unknown"),
        (7, 17, "word-broader-unknown"),
        (12, 3, "word-text-missing"),
        (12, 19, "word-key-unknown"),
    ]
    assert {finding.file for finding in caught.value.findings} == {"v.yaml"}


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "word-section-missing"), (b"- a\n", "word-shape"), (b"a: [\n", "yaml-syntax"), (b"\xff", "file-encoding")],
)
def test_a_file_of_another_shape_is_refused(vocabulary: Vocabulary, content: bytes, code: str) -> None:
    """An empty, unreadable or otherwise built file is a list of findings, for both files."""
    with pytest.raises(InvalidPolicyError) as first:
        vocabulary_from("v.yaml", content)
    with pytest.raises(InvalidPolicyError) as second:
        fact_schema_from("f.yaml", content, vocabulary)
    assert code in {finding.code for finding in first.value.findings}
    assert code in {finding.code for finding in second.value.findings}


def test_a_cycle_is_told_once() -> None:
    """Three words that lie in each other are one fault, told at the first of them, with the way round."""
    text = _VOCABULARY.replace(
        "  read: {vi: xem, en: read}\n",
        "  a: {in: b, vi: a, en: a}\n  b: {in: c, vi: b, en: b}\n  c: {in: a, vi: c, en: c}\n",
    )
    with pytest.raises(InvalidPolicyError) as caught:
        vocabulary_from("v.yaml", text.encode())
    (finding,) = caught.value.findings
    assert (finding.line, finding.column, finding.code) == (12, 11, "word-broader-cycle")
    assert "a → b → c → a" in finding.message.en


def test_a_role_scope_that_is_no_entity_type_is_told_with_the_role(vocabulary: Vocabulary) -> None:
    """A role held in a type that the schema does not list is a fault of both files together, and names the role."""
    text = _FACTS.replace("  school: {vi: trường học, en: school}\n", "")
    with pytest.raises(InvalidPolicyError) as caught:
        fact_schema_from("facts.yaml", text.encode(), vocabulary)
    roles = [finding.message.en.split("`")[1] for finding in caught.value.findings]
    assert roles == ["staff", "teacher"]
    assert {finding.code for finding in caught.value.findings} == {"word-scope-type"}
