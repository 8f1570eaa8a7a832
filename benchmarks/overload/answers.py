"""Whether what is answered under load is what is answered when nothing else is asked."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from pdp.api.v1 import decision_pb2

_Field = Literal["decision_id", "checked_at", "valid_until", "cached"]

Said = Mapping[tuple[int, bytes], int]
"""How often each message came as the answer to the question of a number (benchmarks.served.open_loop)."""

_OF_THE_MOMENT: tuple[_Field, ...] = ("decision_id", "checked_at", "valid_until", "cached")
_PREFIX = 5
"""Bytes before a message: whether it is compressed, and its length."""


def settled(said: Said) -> dict[int, bytes]:
    """Return what the answer to each question is; raise ValueError where it is not always the same."""
    forms: dict[int, set[bytes]] = {}
    for question, message in said:
        forms.setdefault(question, set()).add(_form(message))
    if not forms or any(len(each) != 1 for each in forms.values()):
        raise ValueError("nothing else is asked, and a question is not always answered alike")
    return {question: each.pop() for question, each in forms.items()}


def compared(said: Said, right: Mapping[int, bytes]) -> dict[str, int]:
    """Return how many answers were looked at, and how many of them are not the *right* one in what they decide."""
    found = Counter({"looked_at": 0, "wrong": 0})
    for (question, message), count in said.items():
        found["looked_at"] += count
        if _form(message) != right.get(question):
            found["wrong"] += count
    return dict(found)


def _form(message: bytes) -> bytes:
    """Return *message* without what is another each time."""
    if message[0] or int.from_bytes(message[1:_PREFIX], "big") != len(message) - _PREFIX:
        raise ValueError("an answer is cut off, or compressed")
    answer = decision_pb2.CheckResponse.FromString(message[_PREFIX:])
    for field in _OF_THE_MOMENT:
        answer.ClearField(field)
    return answer.SerializeToString(deterministic=True)
