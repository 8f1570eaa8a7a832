"""The outcomes of cases as JUnit XML, which most build servers read."""

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from pdp.cases import Case, Outcome


def junit_xml(outcomes: Iterable[Outcome], explanations: Mapping[str, str], lang: str) -> str:
    """Return one test suite for each case file; *explanations* are the texts under failures, by case id."""
    by_file: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_file.setdefault(outcome.case.file, []).append(outcome)
    suites = ElementTree.Element("testsuites", name="pdp test")
    for file, found in by_file.items():
        failures = sum(not outcome.passed for outcome in found)
        counts = {"name": file, "tests": str(len(found)), "failures": str(failures), "errors": "0", "skipped": "0"}
        suite = ElementTree.SubElement(suites, "testsuite", counts)
        for outcome in found:
            _add_case(suite, outcome, explanations.get(outcome.case.id, ""), lang)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _add_case(suite: ElementTree.Element, outcome: Outcome, explanation: str, lang: str) -> None:
    case: Case = outcome.case
    element = ElementTree.SubElement(suite, "testcase", name=case.id, classname=case.operator or case.file)
    if not outcome.passed:
        message = "; ".join(problem.in_locale(lang) for problem in outcome.problems)
        failure = ElementTree.SubElement(element, "failure", message=message)
        failure.text = explanation
