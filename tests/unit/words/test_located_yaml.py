"""The strict YAML reader: places, texts, and what it refuses."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.words import LocatedList, LocatedMap, LocatedText, file_text, located_yaml, position, read_located
from pdp.words.located import Located


def _read(text: str) -> LocatedMap:
    value, findings = read_located("a.yaml", text.encode())
    assert findings == ()
    assert isinstance(value, LocatedMap)
    return value


def _scalar(text: str, key: str) -> LocatedText:
    value = _read(text).get(key)
    assert isinstance(value, LocatedText)
    return value


@pytest.mark.parametrize(
    "written", ["no", "on", "1.0", "0x1F", "2024-01-01", "~", "null", "1_000", "true", ".inf", "="]
)
def test_no_scalar_is_given_a_type(written: str) -> None:
    """What YAML would make a number, a date, a boolean or null stays the text that was written."""
    assert _scalar(f"a: {written}\n", "a").text == written


def test_places_count_characters_from_one() -> None:
    """Line and column are counted from 1, and a letter with its marks is one character."""
    value = _read("chủ thể: {đồng ý: [một, hai]}\n")
    inner = value.get("chủ thể")
    assert isinstance(inner, LocatedMap)
    assert (inner.line, inner.column) == (1, 10)
    items = inner.get("đồng ý")
    assert isinstance(items, LocatedList)
    assert [(item.line, item.column) for item in items.items] == [(1, 20), (1, 25)]


@pytest.mark.parametrize(
    ("written", "text", "style", "raw"),
    [
        ("plain text", "plain text", "", "plain text"),
        ("'it''s'", "it's", "'", "'it''s'"),
        ('"a\\tb"', "a\tb", '"', '"a\\tb"'),
        ("one\n  two", "one two", "", "one\n  two"),
        ('"one\n  two"', "one two", '"', '"one\n  two"'),
        ("|\n  one\n  two\n", "one\ntwo\n", "|", "|\n  one\n  two\n"),
        (">-\n  one\n  two\n", "one two", ">", ">-\n  one\n  two\n"),
        ("''", "", "'", "''"),
    ],
)
def test_a_scalar_knows_the_raw_text_it_was_read_from(written: str, text: str, style: str, raw: str) -> None:
    """The offsets enclose the scalar as written, with quotes or block sign, over as many lines as it has."""
    source = f"# dữ liệu\nkey: {written}\n"
    scalar = _scalar(source, "key")
    assert (scalar.text, scalar.style) == (text, style)
    assert source[scalar.raw_start : scalar.raw_end].rstrip("\n") == raw.rstrip("\n")
    assert (scalar.line, scalar.column) == (2, 6) == position(source, scalar.raw_start)


def test_a_place_inside_a_block_can_be_told() -> None:
    """An offset into the raw text of a block scalar leads to the true line and column."""
    source = "when: >-\n  all of\n    ground.status is open\n"
    scalar = _scalar(source, "when")
    assert position(source, source.index("open", scalar.raw_start)) == (3, 22)


def test_windows_line_ends_count_as_one() -> None:
    """A carriage return with its line feed ends one line, for the reader and for `position` alike."""
    source = "a: 1\r\nb: 2\r\n"
    scalar = _scalar(source, "b")
    assert (scalar.line, scalar.column) == (2, 4) == position(source, scalar.raw_start)


def test_a_key_without_value_is_empty_text() -> None:
    """Nothing after the colon is the empty text, placed behind the colon."""
    scalar = _scalar("a:\nb: 1\n", "a")
    assert (scalar.text, scalar.line, scalar.column) == ("", 1, 3)


def test_the_order_of_a_mapping_is_kept() -> None:
    """Entries come in the order of the file, and a key that is not there gives None."""
    value = _read("b: 1\na: 2\nc: 3\n")
    assert [key.text for key, _ in value] == ["b", "a", "c"]
    assert value.get("d") is None
    assert value.key("d") is None
    place = value.key("a")
    assert place is not None
    assert (place.line, place.column) == (2, 1)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only words\n"])
def test_an_empty_file_is_no_problem(content: bytes) -> None:
    """A file without content gives neither a value nor a finding."""
    assert read_located("a.yaml", content) == (None, ())


_BROKEN = [
    (b"a: b: c\n", "yaml-syntax", (1, 5)),
    (b"a: 1\n\tb: 2\n", "yaml-syntax", (2, 1)),
    (b"a: [1, 2\n", "yaml-syntax", (2, 1)),
    (b'a: "1\n', "yaml-syntax", (2, 1)),
    (b'a: "\\q"\n', "yaml-syntax", (1, 6)),
    (b'a: "\\UFFFFFFFF"\n', "yaml-syntax", (1, 1)),
    (b"? [a]\n: 1\n", "yaml-syntax", (1, 3)),
    (b"a: 1\nb: 2\na: 3\n", "yaml-duplicate-key", (3, 1)),
    (b"a: {b: 1, 'b': 2}\n", "yaml-duplicate-key", (1, 11)),
    (b"a: &x 1\n", "yaml-anchor", (1, 4)),
    (b"a: *x\n", "yaml-anchor", (1, 4)),
    (b"a:\n  <<: 1\n", "yaml-anchor", (2, 3)),
    (b"a: !!int 1\n", "yaml-tag", (1, 4)),
    (b"a: ! 1\n", "yaml-tag", (1, 4)),
    (b"a: !!python/object:os.system {}\n", "yaml-tag", (1, 4)),
    (b"%TAG ! tag:example.org:\n---\na: 1\n", "yaml-tag", (1, 1)),
    (b"a: 1\n---\nb: 2\n", "yaml-multiple-documents", (2, 1)),
    (b"a: 1\n...\n---\nb: 2\n", "yaml-multiple-documents", (3, 1)),
    (b"[" * 17 + b"]" * 17, "yaml-depth", (1, 17)),
    (b"\xef\xbb\xbfa: 1\n", "file-bom", (1, 1)),
    ("a: 1\nb: đ".encode() + b"\xff\n", "file-encoding", (2, 5)),
    ("a: 1\n".encode("utf-16"), "file-encoding", (1, 1)),
    (b"a: \xed\xa0\x80\n", "file-encoding", (1, 4)),
    (b"a: 1\nb: \x00\n", "file-control-character", (2, 4)),
    ("a: x\u200b\n".encode(), "file-control-character", (1, 5)),
    ("a: \u202ex\n".encode(), "file-control-character", (1, 4)),
    ("a: x\u2028b: 1\n".encode(), "file-control-character", (1, 5)),
    ("a: x\u0085b: 1\n".encode(), "file-control-character", (1, 5)),
    ("a: \uffff\n".encode(), "file-control-character", (1, 4)),
    (b'a: "\\u202e"\n', "file-control-character", (1, 4)),
    (b'a: "\\ud800"\n', "file-control-character", (1, 4)),
    (b"a" * ((1 << 20) + 1), "file-too-large", (1, 1)),
]


@pytest.mark.parametrize(
    ("content", "code", "place"), _BROKEN, ids=[f"{code}-{number}" for number, (_, code, _) in enumerate(_BROKEN)]
)
def test_what_is_refused_has_a_code_and_a_place(content: bytes, code: str, place: tuple[int, int]) -> None:
    """Whatever these files may not hold is a finding at its exact place, in both languages, and never an exception."""
    _, findings = read_located("a.yaml", content)
    assert [(finding.code, (finding.line, finding.column)) for finding in findings] == [(code, place)]
    message = findings[0].message
    assert message.vi != message.en
    assert not message.vi.endswith(".")
    assert not message.en.endswith(".")


def test_every_problem_is_told_at_once() -> None:
    """Problems that leave the structure readable do not hide one another, and come in the order of their places."""
    value, findings = read_located("a.yaml", b"a: &x 1\na: !t 2\n<<: *x\n")
    assert [(finding.line, finding.code) for finding in findings] == [
        (1, "yaml-anchor"),
        (2, "yaml-duplicate-key"),
        (2, "yaml-tag"),
        (3, "yaml-anchor"),
        (3, "yaml-anchor"),
    ]
    assert isinstance(value, LocatedMap)


def test_of_two_equal_keys_the_first_stays() -> None:
    """A repeated key never replaces the value that a reader meets first."""
    value, _ = read_located("a.yaml", b"a: 1\na: 2\n")
    assert isinstance(value, LocatedMap)
    kept = value.get("a")
    assert isinstance(kept, LocatedText)
    assert kept.text == "1"


def test_the_deepest_nesting_that_is_accepted() -> None:
    """Sixteen levels are read, whatever they are made of."""
    _, findings = read_located("a.yaml", b"[" * 16 + b"]" * 16)
    assert findings == ()


@pytest.mark.parametrize(
    "content",
    [b"[" * 1_000_000, b"- " * 500_000, b"? " * 500_000, b"{a: " * 250_000],
    ids=["flow-lists", "block-lists", "complex-keys", "flow-mappings"],
)
def test_a_bomb_of_brackets_costs_nothing(content: bytes) -> None:
    """Nesting without end is refused at the limit, before the rest of the file is looked at."""
    start = time.process_time()
    value, findings = read_located("a.yaml", content)
    assert value is None
    assert len(findings) == 1
    assert time.process_time() - start < 2


def test_the_text_of_a_file_is_what_the_offsets_count_in() -> None:
    """`file_text` gives the text that raw offsets belong to, or the findings that say why there is none."""
    assert file_text("a.yaml", "vì sao".encode()) == ("vì sao", ())
    text, findings = file_text("a.yaml", b"\x80")
    assert text is None
    assert [finding.code for finding in findings] == ["file-encoding"]


ROOT = Path(__file__).parents[3]
YAML_FILES = sorted([*ROOT.glob("policies/*/*.yaml"), *ROOT.glob("pdp/words/**/*.yaml")])


@pytest.mark.parametrize("file", YAML_FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_both_parsers_read_alike(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The fast parser sees the same values at the same places as the other one."""
    fast = read_located(file.name, file.read_bytes())
    monkeypatch.setattr(located_yaml, "FAST_LOADER", None)
    assert fast == read_located(file.name, file.read_bytes())
    assert fast[0] is not None


@given(st.text(st.sampled_from(list("ab:- \n#'\"[]{},&*!|>%@`?\tạ")), max_size=40))
def test_no_text_is_read_differently_by_the_fast_parser(text: str) -> None:
    """What both accept they read alike; what only one accepts (`>#`) is accepted; the rest is told by the other one."""
    content = text.encode()
    found, findings = read_located("f.yaml", content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(located_yaml, "FAST_LOADER", None)
        slowly, told = read_located("f.yaml", content)
    assert findings == () if not told else findings in {(), told}
    assert findings or told or plain(found) == plain(slowly)


def plain(found: Located | None) -> object:
    """Return what *found* says, without places: the parsers differ in where an empty value stands."""
    match found:
        case LocatedMap(entries=entries):
            return [(plain(key), plain(inner)) for key, inner in entries]
        case LocatedList(items=items):
            return [plain(item) for item in items]
        case LocatedText(text=text):
            return text
        case _:
            return None
