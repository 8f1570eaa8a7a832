"""A strict reader of YAML: places for everything, types for nothing, and findings instead of exceptions.

Only the part of YAML that people edit safely is accepted: one document of mappings, lists and scalars. Anchors,
aliases, merge keys and tags let a file say something other than it seems to, so each of them is a finding.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import yaml

from pdp.core.finding import Finding
from pdp.words import yaml_findings
from pdp.words.decoding import file_text, is_forbidden
from pdp.words.located import Located, LocatedList, LocatedMap, LocatedText

MAXIMUM_DEPTH: Final = 16

FAST_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", None)
"""The loader that parses in C; None where PyYAML was built without it."""


def read_located(file_name: str, content: bytes) -> tuple[Located | None, tuple[Finding, ...]]:
    """Read the YAML file *content*; return its value and every problem found, in the order of their places.

    A file with findings must not be used; its value, if there is one, serves to look for further problems. None
    without findings is a file without content.
    """
    text, findings = file_text(file_name, content)
    if text is None:
        return None, findings
    # The parser in C is several times as fast. What it has anything to say about is read again by the other one, whose
    # places and sentences are the ones that people see.
    if FAST_LOADER is not None:
        root, findings = _read(file_name, text, FAST_LOADER)
        if not findings:
            return root, findings
    return _read(file_name, text, yaml.SafeLoader)


def _read(file_name: str, text: str, loader: Any) -> tuple[Located | None, tuple[Finding, ...]]:
    reading = _Reading(file_name)
    try:
        for event in yaml.parse(text, Loader=loader):
            reading.take(event)
    except _UnreadableError:
        reading.root = None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: a number too large in an escape
        reading.root = None
        reading.findings.append(yaml_findings.syntax(file_name, error, reading.line, reading.column))
    return reading.root, tuple(sorted(reading.findings, key=lambda finding: finding.place))


class _UnreadableError(Exception):
    """The file holds something after which its structure means nothing."""


@dataclass(slots=True)
class _OpenNode:
    """A list or mapping whose end has not been reached. *key* is the key that still waits for its value."""

    is_map: bool
    line: int
    column: int
    items: list[Located] = field(default_factory=list)
    entries: dict[str, tuple[LocatedText, Located]] = field(default_factory=dict)
    key: LocatedText | None = None

    @property
    def awaits_key(self) -> bool:
        return self.is_map and self.key is None

    def closed(self) -> LocatedList | LocatedMap:
        if self.is_map:
            return LocatedMap(tuple(self.entries.values()), self.line, self.column)
        return LocatedList(tuple(self.items), self.line, self.column)


class _Reading:
    """What has been read so far. Events come one by one, so that no depth of nesting can exhaust the stack."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.findings: list[Finding] = []
        self.root: Located | None = None
        self.line = 1
        self.column = 1
        self._open: list[_OpenNode] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Add one event of the parser."""
        start = _mark(event.start_mark)
        self.line, self.column = start.line + 1, start.column + 1
        match event:
            case yaml.DocumentStartEvent():
                self._start_document(event)
            case yaml.AliasEvent():
                self._refuse(yaml_findings.anchor(f"*{event.anchor}"))
                self._put(_scalar(event, f"*{event.anchor}", ""))
            case yaml.ScalarEvent():
                self._refuse_decorations(event)
                self._put(self._checked(_scalar(event, event.value, event.style or "")))
            case yaml.CollectionStartEvent():
                self._refuse_decorations(event)
                self._start_collection(isinstance(event, yaml.MappingStartEvent))
            case yaml.CollectionEndEvent():
                self._put(self._open.pop().closed())

    def _start_document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(yaml_findings.second_document())
        for handle in event.tags or ():
            self._refuse(yaml_findings.tag(f"%TAG {handle}"))

    def _start_collection(self, is_map: bool) -> None:
        if self._open and self._open[-1].awaits_key:
            self._stop(yaml_findings.key_without_text())
        if len(self._open) == MAXIMUM_DEPTH:
            self._stop(yaml_findings.too_deep(MAXIMUM_DEPTH))
        self._open.append(_OpenNode(is_map, self.line, self.column))

    def _refuse_decorations(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(yaml_findings.anchor(f"&{event.anchor}"))
        if event.tag is not None:
            self._refuse(yaml_findings.tag(event.tag))

    def _checked(self, scalar: LocatedText) -> LocatedText:
        """Refuse what a double-quoted scalar wrote as an escape and may not hold as a character either."""
        for character in sorted(filter(is_forbidden, set(scalar.text))):
            self._refuse(yaml_findings.escaped(character))
        return scalar

    def _put(self, value: Located) -> None:
        if not self._open:
            self.root = value
            return
        node = self._open[-1]
        if not node.is_map:
            node.items.append(value)
        elif isinstance(value, LocatedText) and node.key is None:
            self._check_key(node, value)
            node.key = value
        elif node.key is not None:
            node.entries.setdefault(node.key.text, (node.key, value))
            node.key = None

    def _check_key(self, node: _OpenNode, key: LocatedText) -> None:
        if key.text == "<<" and not key.style:
            self._refuse(yaml_findings.anchor("<<"))
        elif key.text in node.entries:
            self._refuse(yaml_findings.duplicate_key(key.text, node.entries[key.text][0].line))

    def _refuse(self, problem: yaml_findings.Problem) -> None:
        self.findings.append(problem.at(self.file_name, self.line, self.column))

    def _stop(self, problem: yaml_findings.Problem) -> None:
        self._refuse(problem)
        raise _UnreadableError


def _scalar(event: yaml.NodeEvent, text: str, style: str) -> LocatedText:
    start, end = _mark(event.start_mark), _mark(event.end_mark)
    return LocatedText(text, start.line + 1, start.column + 1, start.index, end.index, style)


class _Mark(Protocol):
    """A place in the text, as the parser tells it: everything is counted from 0."""

    index: int
    line: int
    column: int


def _mark(mark: _Mark | None) -> _Mark:
    """Return *mark*: the parser marks each of its events, though its types do not say so."""
    if mark is None:
        raise TypeError("an event of the YAML parser has no mark")
    return mark
