"""From the files of an operator's folder to a policy set, or to every problem in them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pdp.conditions import Condition, Resolver
from pdp.core.errors import InvalidPolicyError
from pdp.core.fact_schema import FactSchema, PropertySpec
from pdp.core.finding import Finding
from pdp.core.policy import HOUSE_PREFIX, Clause, Duty, Granting, hierarchies
from pdp.core.text import Text, nearest
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.engine import IndexedEngine, Row
from pdp.policy_set import (
    clause_file,
    condition_file,
    duty_file,
    granting_file,
    group_file,
    model_check,
    property_file,
    retention_file,
)
from pdp.policy_set.clause_places import Place, clause_places, report_places
from pdp.policy_set.hierarchy_rows import read_groupings
from pdp.policy_set.policy_set import PolicySet
from pdp.policy_set.reachability import report_unreachable
from pdp.policy_set.report import FolderReport
from pdp.policy_set.rows import LocatedRow, read_rows
from pdp.policy_set.rule_rows import KnownNames, RuleRows, read_rules

ENGINE_VERSION: Final = "indexed-1"
"""Raised whenever the same files would be decided differently."""

POLICY_FILE: Final = "policy.csv"
SHARED: Final = "shared"
"""The folder beside the operators' folders whose files belong to all of them."""

HOUSE: Final = "house"
"""The folder beside the operators' folders with one folder for each operator that has rules of its own, unpublished."""

HOUSE_POLICY: Final = f"{HOUSE}/{POLICY_FILE}"
HOUSE_CLAUSES: Final = f"{HOUSE}/{clause_file.FILE}"
HOUSE_ID: Final = HOUSE_PREFIX.removesuffix("-")
INVARIANTS_FILE: Final = "invariants.yaml"
"""What `pdp prove` proves of the folder; it decides nothing, so it is no part of the revision."""

DOCUMENT_FILE: Final = "document.txt"
_LINE_ENDS: Final = (b"\n", b"\r", b"\n\0")
"""How a file ends that is whole; the last is of UTF-16, about which other findings have more to say."""

# Without granting.yaml every grant of a role would count: a folder whose roles nobody grants has an empty one.
_REQUIRED: Final[tuple[str, ...]] = (POLICY_FILE, condition_file.FILE, clause_file.FILE, granting_file.FILE)
_KNOWN: Final[tuple[str, ...]] = (
    *_REQUIRED,
    model_check.FILE,
    duty_file.FILE,
    group_file.FILE,
    property_file.FILE,
    retention_file.FILE,
    DOCUMENT_FILE,
    condition_file.SHARED_FILE,
    HOUSE_POLICY,
    HOUSE_CLAUSES,
)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a folder."""

    clauses: Mapping[str, Clause]
    places: Mapping[str, Place | None]
    groups: Mapping[WordKind, Mapping[str, Text]]
    declared: Mapping[str, PropertySpec]
    conditions: Mapping[str, Condition]
    duties: Mapping[str, Duty]
    granting: Mapping[str, Granting]
    retention: Mapping[str, int]
    rows: tuple[LocatedRow, ...]
    found: RuleRows
    members: Mapping[WordKind, Mapping[str, frozenset[str]]]


class _Folder:
    """The files of a folder by their names inside it, `shared/...` for those of all operators, with their paths."""

    def __init__(self, operator: str, files: Sequence[tuple[str, bytes]]) -> None:
        self._operator = operator
        named = [(_name_of(path), path, content) for path, content in files]
        self.contents = {name: content for name, _, content in named}
        self.repeated = tuple(path for at, (name, path, _) in enumerate(named) if name in {n for n, _, _ in named[:at]})
        self._paths = {name: path for name, path, _ in named}

    def __getitem__(self, name: str) -> tuple[str, bytes | None]:
        return self._paths.get(name, f"{self._operator}/{name}"), self.contents.get(name)


def _name_of(path: str) -> str:
    parts = path.split("/")
    if parts[-3:-2] == [HOUSE]:
        return f"{HOUSE}/{parts[-1]}"
    return "/".join(parts[-2:]) if parts[-2:-1] == [SHARED] else parts[-1]


def check_folder(
    operator: str, files: Sequence[tuple[str, bytes]], vocabulary: Vocabulary, schema: FactSchema
) -> tuple[Finding, ...]:
    """Return every finding in the folder of *operator*, warnings included."""
    report = FolderReport()
    _read(operator, _Folder(operator, files), vocabulary, schema, report)
    return report.findings


def build_policy_set(
    operator: str, files: Sequence[tuple[str, bytes]], vocabulary: Vocabulary, schema: FactSchema
) -> PolicySet:
    """Build the policy set of *operator* from (path, content) of its files.

    Raises InvalidPolicyError, holding every finding, when one of them is an error.
    """
    folder = _Folder(operator, files)
    report = FolderReport()
    read = _read(operator, folder, vocabulary, schema, report)
    if report.has_errors or read is None:
        raise InvalidPolicyError(report.findings)
    engine = IndexedEngine([Row(row.type, row.texts) for row in read.rows])
    digests = {name: hashlib.sha256(folder.contents[name]).hexdigest() for name in _KNOWN if name in folder.contents}
    return PolicySet(
        operator=operator,
        revision=_revision(operator, digests, vocabulary, schema),
        vocabulary=vocabulary,
        schema=schema,
        rules={rule.id: rule for rule in read.found.rules},
        lines=read.found.lines,
        clauses=read.clauses,
        places=read.places,
        conditions=read.conditions,
        duties=read.duties,
        granting=read.granting,
        retention=read.retention,
        groups=read.groups,
        declared=read.declared,
        hierarchies=hierarchies(vocabulary, read.members),
        engine=engine,
        tier=engine.tier,
        files=digests,
        warnings=report.findings,
    )


def _read(
    operator: str, folder: _Folder, vocabulary: Vocabulary, schema: FactSchema, report: FolderReport
) -> _Read | None:
    if not _check_files(operator, folder, vocabulary, report):
        return None
    model_check.check_model(*folder[model_check.FILE], report)
    document = folder.contents.get(DOCUMENT_FILE)
    clauses = clause_file.read_clauses(
        *folder[clause_file.FILE],
        vocabulary.words(WordKind.OPERATOR)[operator].clause_prefix,
        clause_file.document_text(document) if document is not None else None,
        report,
    )
    groups = group_file.read_groups(*folder[group_file.FILE], vocabulary, report)
    declared = property_file.read_declared(*folder[property_file.FILE], operator, schema, report)
    resolver = Resolver(operator, vocabulary, schema, declared, groups)
    conditions, condition_names = condition_file.read_conditions(
        folder[condition_file.FILE], folder[condition_file.SHARED_FILE], resolver, clauses, report
    )
    duties = duty_file.read_duties(*folder[duty_file.FILE], schema, clauses, resolver, condition_names, report)
    granting = granting_file.read_granting(*folder[granting_file.FILE], vocabulary, clauses, report)
    retention = retention_file.read_retention(*folder[retention_file.FILE], clauses, report)
    policy_path, policy_content = folder[POLICY_FILE]
    rows = read_rows(policy_path, policy_content or b"", report)
    if not rows:
        return None  # read_rows has said why; all that would follow would be said of every word and condition
    members = read_groupings(policy_path, rows, vocabulary, groups, report)
    names = KnownNames(vocabulary, groups, clauses, condition_names, frozenset(duties))
    found = read_rules(policy_path, rows, names, report)
    house = _read_house(folder, rows, names, report)
    clauses, rows = {**clauses, **house.clauses}, (*rows, *house.rows)
    found = RuleRows((*found.rules, *house.found.rules), (*found.lines, *house.found.lines))
    if not report.has_errors:
        report_unreachable(policy_path, found.rules, hierarchies(vocabulary, members), report)
    _report_unused(folder, conditions, duties, found, report)
    places = clause_places(clauses, found, conditions, duties, granting)
    report_places(folder[clause_file.FILE][0], clauses, places, report)
    return _Read(clauses, places, groups, declared, conditions, duties, granting, retention, rows, found, members)


@dataclass(frozen=True, slots=True)
class _House:
    """What the house adds to the promise of an operator."""

    clauses: Mapping[str, Clause]
    rows: tuple[LocatedRow, ...]
    found: RuleRows


def _read_house(folder: _Folder, promised: Sequence[LocatedRow], names: KnownNames, report: FolderReport) -> _House:
    """Read the rules that no published sentence supports; they cite clauses of their own and nothing else."""
    path, content = folder[HOUSE_POLICY]
    if content is None:
        # FAIL CLOSED (house rules lost): one of them may be the refusal that matters.
        if HOUSE_CLAUSES in folder.contents:
            message = (f"thiếu tệp `{HOUSE_POLICY}`", f"the file `{HOUSE_POLICY}` is missing")
            report.error(folder[HOUSE_CLAUSES][0], (1, 1), "file-missing", *message, HOUSE_POLICY)
        return _House({}, (), RuleRows((), ()))
    clauses = clause_file.read_clauses(*folder[HOUSE_CLAUSES], HOUSE_ID, None, report)
    rows = read_rows(path, content, report)
    taken = {row["id"].text for row in promised if row.type in {"p", "p2"}}
    for row in rows:
        if row.type not in {"p", "p2"}:
            report.error(
                path,
                (row.line, 1),
                "house-row-type",
                "quy tắc nội bộ chỉ có dòng `p` và `p2`: các nhóm từ thuộc thư mục của nhà cung cấp",
                "house rules are rows `p` and `p2` alone: groups of words belong to the operator's own folder",
            )
        elif row["id"].text in taken:
            report.error(
                path,
                (row.line, row["id"].column),
                "duplicate-row-id",
                f"mã `{row['id'].text}` đã dùng trong thư mục của nhà cung cấp",
                f"the id `{row['id'].text}` is used already in the operator's own folder",
                "give the row an id of its own",
            )
    found = read_rules(path, rows, replace(names, clauses=clauses), report)
    return _House(clauses, rows, found)


def _check_files(operator: str, folder: _Folder, vocabulary: Vocabulary, report: FolderReport) -> bool:
    if not vocabulary.knows(WordKind.OPERATOR, operator):
        report.error(
            operator,
            (1, 1),
            "unknown-operator",
            f"không có nhà cung cấp `{operator}`",
            f"there is no operator `{operator}`",
            vocabulary.nearest(WordKind.OPERATOR, operator),
        )
        return False
    # FAIL CLOSED (two files of one name): nobody could say which of them decides.
    for path in folder.repeated:
        report.error(
            path, (1, 1), "file-repeated", "có hai tệp cùng tên", "two files have this name", "remove one of them"
        )
    # FAIL CLOSED (file cut off): what a copy that was broken off left out could be the row that denies.
    for name, content in folder.contents.items():
        if name in _KNOWN and name != DOCUMENT_FILE and content and not content.endswith(_LINE_ENDS):
            report.error(
                folder[name][0],
                (content.count(b"\n") + 1, 1),
                "cut-off",
                "dòng cuối chưa kết thúc: tệp có thể bị cắt cụt",
                "the last line has no end: the file may have been cut off",
                "end the file with a line break",
            )
    for name in folder.contents:
        if name not in _KNOWN and name != INVARIANTS_FILE and not name.endswith((".json", ".md")):
            _report_unknown(name, folder, report)
    if DOCUMENT_FILE not in folder.contents:
        report.warning(
            folder[DOCUMENT_FILE][0],
            (1, 1),
            "document-missing",
            "không có văn bản đã công bố: các câu trích không được đối chiếu",
            "the published text is not there: the quotes are compared with nothing",
            f"save it as `{DOCUMENT_FILE}`",
        )
    missing = [name for name in _REQUIRED if name not in folder.contents]
    for name in missing:
        report.error(
            folder[name][0], (1, 1), "file-missing", f"thiếu tệp `{name}`", f"the file `{name}` is missing", name
        )
    return not missing


def _report_unknown(name: str, folder: _Folder, report: FolderReport) -> None:
    """Report a file that is not read: an error when one is missing that it may have been meant to be.

    A `granting.yml` that nobody reads would let every grant count.
    """
    place, _, base = name.rpartition("/")
    beside = (known for known in _KNOWN if known != condition_file.SHARED_FILE and known.rpartition("/")[0] == place)
    lost = [known for known in beside if known not in folder.contents and _meant(base, known.rpartition("/")[2])]
    report_as = report.error if lost else report.warning
    report_as(
        folder[name][0],
        (1, 1),
        "unknown-file",
        f"tệp `{name}` không được đọc",
        f"the file `{name}` is not read",
        lost[0] if lost else "",
    )


def _meant(name: str, known: str) -> bool:
    stem = known.partition(".")[0]
    return name.lower().startswith(stem[:4]) or nearest(name.partition(".")[0], [stem]) is not None


def _report_unused(
    folder: _Folder,
    conditions: Mapping[str, Condition],
    duties: Mapping[str, Duty],
    found: RuleRows,
    report: FolderReport,
) -> None:
    cited = {name for rule in found.rules for name in rule.conditions}
    cited |= {name for duty in duties.values() for name in duty.conditions}
    cited |= {
        named.name for condition in conditions.values() for named in condition_file.references(condition.expression)
    }
    for name in sorted(set(conditions) - cited):
        report.warning(
            conditions[name].file,
            (conditions[name].line, 1),
            "unused-condition",
            f"không dòng nào dùng điều kiện `{name}`",
            f"no row rests on the condition `{name}`",
        )
    owed = {name for rule in found.rules for name in rule.owes}
    for name in sorted(set(duties) - owed):
        report.warning(
            folder[duty_file.FILE][0],
            (1, 1),
            "unused-obligation",
            f"không dòng nào đặt ra nghĩa vụ `{name}`",
            f"no row imposes the obligation `{name}`",
        )


def _revision(operator: str, digests: Mapping[str, str], vocabulary: Vocabulary, schema: FactSchema) -> str:
    digest = hashlib.sha256()
    parts = [ENGINE_VERSION, operator, vocabulary.digest, schema.digest]
    parts += [part for name in sorted(digests) for part in (name, digests[name])]
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    model = model_check.default_model().encode()
    digest.update(model)
    return f"sha256:{digest.hexdigest()}"
