"""Checks that a folder's model.conf decides as ours does: only its comments and spacing may differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from pdp.core.text import nearest
from pdp.policy_set.report import FolderReport
from pdp.words import file_text

FILE: Final = "model.conf"


@dataclass(frozen=True, slots=True)
class _Setting:
    section: str
    key: str
    value: str
    line: int


def default_model() -> str:
    """Return the model that every folder uses."""
    return resources.files("pdp.policy_set").joinpath("model.conf").read_text("utf-8")


def check_model(file: str, content: bytes | None, report: FolderReport) -> None:
    """Report every difference in meaning between *content* and the default model; None stands for no file.

    A model decides how rules combine: one that reads almost right (an effect without its deny half) turns every deny
    rule off, so none but ours is served.
    """
    if content is None:
        return
    text, findings = file_text(file, content)
    for finding in findings:
        report.add(finding)
    if text is None:
        return
    expected = {(setting.section, setting.key): setting for setting in _settings(default_model())}
    found: dict[tuple[str, str], _Setting] = {}
    for setting in _settings(text):
        name = (setting.section, setting.key)
        if name not in expected:
            _report_strange(file, setting, expected, report)
            continue
        if name in found:
            report.error(
                file,
                (setting.line, 1),
                "model-duplicate",
                f"`{setting.key}` trong [{setting.section}] đã có ở dòng {found[name].line}",
                f"`{setting.key}` in [{setting.section}] stands already on line {found[name].line}",
                "remove one of them",
            )
            continue
        found[name] = setting
        if setting.value != expected[name].value:
            report.error(
                file,
                (setting.line, 1),
                "model-differs",
                f"`{setting.key}` trong [{setting.section}] khác với mô hình được hỗ trợ",
                f"`{setting.key}` in [{setting.section}] differs from the supported model",
                f"{setting.key} = {expected[name].value}",
            )
    last = text.count("\n") + 1
    for section, key in expected.keys() - found.keys():
        report.error(
            file,
            (last, 1),
            "model-incomplete",
            f"thiếu `{key}` trong [{section}]",
            f"`{key}` in [{section}] is missing",
            f"{key} = {expected[section, key].value}",
        )


def _report_strange(
    file: str, setting: _Setting, expected: Mapping[tuple[str, str], _Setting], report: FolderReport
) -> None:
    sections = {section for section, _ in expected}
    known = sections if setting.section not in sections else {k for s, k in expected if s == setting.section}
    word = setting.section if setting.section not in sections else setting.key
    report.error(
        file,
        (setting.line, 1),
        "model-unknown",
        f"`{setting.key}` trong [{setting.section}] không thuộc mô hình được hỗ trợ",
        f"`{setting.key}` in [{setting.section}] is not part of the supported model",
        nearest(word, known),
    )


def _settings(text: str) -> Iterator[_Setting]:
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1]
            continue
        key, _, value = stripped.partition("=")
        yield _Setting(section, key.strip(), " ".join(value.split()), number)
