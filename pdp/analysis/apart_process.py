"""The process that compares: reads one question from its input, and writes one answer. Run by `pdp.analysis.apart`."""

import json
import os
import resource
import sys
import threading
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from pdp.analysis.beside import changed_beside
from pdp.analysis.changes import Comparison
from pdp.analysis.groups import grouped
from pdp.analysis.loosening import allows_more
from pdp.analysis.telling import said
from pdp.analysis.witnesses import UnconfirmedError
from pdp.core.errors import InvalidPolicyError
from pdp.core.finding import Finding
from pdp.policy_set import PolicySet, build_policy_set
from pdp.space import UndecidedError
from pdp.wire.json_form import message_to_json
from pdp.wire.outgoing import request_to_wire
from pdp.wire.words import Words
from pdp.words import load_fact_schema, load_vocabulary

BESIDE: Final = "beside-decisions"
"""The id of a change that no decision shows."""

_PRIORITY_BELOW: Final = 10


def main() -> None:
    """Answer the question on the input."""
    asked = json.load(sys.stdin)
    _be_modest(asked["cpu_seconds"], asked["memory_bytes"])
    threading.Thread(target=end_with_parent, args=(int(sys.argv[1]),), daemon=True).start()
    try:
        answer = _answer(asked)
    except InvalidPolicyError as error:
        answer = {"findings": [_finding(each) for each in error.findings]}
    except UnconfirmedError as error:
        answer = {"not_compared": f"what was found was not confirmed: {error}"}
    except UndecidedError as error:
        answer = {"not_compared": f"the solver did not decide: {error}"}
    except MemoryError:
        answer = {"not_compared": "the comparison took too much memory"}
    json.dump(answer, sys.stdout)


def _be_modest(cpu_seconds: int, memory_bytes: int) -> None:
    """Give way to those who answer, also on the core that one of them was put on, and never take more than this."""
    os.nice(_PRIORITY_BELOW)
    with suppress(OSError):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with_parent(pipe: int) -> None:
    """Wait until nobody holds the other end of *pipe*, and end this process."""
    os.read(pipe, 1)
    os._exit(1)


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    vocabulary = load_vocabulary()
    words = Words(vocabulary, load_fact_schema(vocabulary))
    before, after = (_built(asked["operator"], asked[side], words) for side in ("before", "after"))
    if asked["question"] == "allows-more":
        return {"allows_more": allows_more(before, after, words.schema)}
    return _differences(before, after, words, asked["most_groups"])


def _built(operator: str, files: Sequence[tuple[str, str]], words: Words) -> PolicySet:
    read = [(path, b64decode(content)) for path, content in files]
    return build_policy_set(operator, read, words.vocabulary, words.schema)


def _differences(before: PolicySet, after: PolicySet, words: Words, most_groups: int) -> dict[str, Any]:
    groups = grouped(Comparison(before, after, words.schema), words)
    told: list[dict[str, Any]] = [
        {
            "change": group.kind.value,
            "message": dict(said(group, after).as_map()),
            "decisions": group.decisions,
            "witness": message_to_json(request_to_wire(group.witness)),
        }
        for group in groups
    ]
    told += [
        {"change": BESIDE, "message": dict(text.as_map()), "decisions": 0, "witness": None}
        for text in changed_beside(before, after)
    ]
    return {"groups": told[:most_groups], "left_out": max(len(told) - most_groups, 0)}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity.value,
        "code": finding.code,
        "message": dict(finding.message.as_map()),
        "suggestion": finding.suggestion,
    }


if __name__ == "__main__":
    main()
