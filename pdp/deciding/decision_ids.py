"""Names for decisions: never given twice, by this process or by any other."""

import itertools
import os
import re
import secrets
from typing import Final

_PREFIX_BYTES = 16
_FORM: Final = re.compile(rf"[0-9a-f]{{{2 * _PREFIX_BYTES}}}-[0-9a-f]+")


def has_form_of_id(text: str) -> bool:
    """Say whether *text* could be the id of a decision."""
    return _FORM.fullmatch(text) is not None


class DecisionIds:
    """Counts on from a beginning of 128 random bits; a forked process begins anew.

    An id is a name and no secret: whoever knows one can guess its neighbours.
    """

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._prefix = secrets.token_hex(_PREFIX_BYTES)
        self._counter = itertools.count(1)

    def new(self) -> str:
        """Return an id that was never given before; any thread may ask."""
        return f"{self._prefix}-{next(self._counter):x}"
