"""The keys of issuers: a file of ours has to be right; what an address gives and cannot be right counts as nothing."""

import time
from collections.abc import Callable

from pdp.callers.caller_file import NamedIssuer
from pdp.callers.key_sets import KeySet, KeySetError, read_key_set
from pdp.core.errors import UnavailableError
from pdp.core.ports import KEPT_SECONDS


class IssuerKeys:
    """Reads key sets, and remembers the last good one of each address; only one thread may use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._good: dict[tuple[str, str], tuple[KeySet, float]] = {}

    def read(
        self, named: NamedIssuer, content: Callable[[], tuple[bytes, float]], mistakes: list[str], troubles: list[str]
    ) -> KeySet | None:
        """Return the keys of the issuer *named*, None while they cannot be had.

        *content* gives the document that it names and its age in seconds. What is wrong with a file is added to
        *mistakes*, what is wrong with somebody else's server to *troubles*: then only its tokens wait for it, once the
        last good keys are too old.
        """
        is_ours = "://" not in named.keys
        place = named.keys, named.algorithm
        try:
            found, age = content()
            keys = read_key_set(found, named.algorithm)
        except KeySetError as error:
            (mistakes if is_ours else troubles).append(f"{named.keys}: {error}")
        except UnavailableError as error:
            (mistakes if is_ours else troubles).append(str(error))
        else:
            if not is_ours:
                self._good[place] = keys, self._clock() - age
            return keys
        last, since = self._good.get(place, (None, 0.0))
        # FAIL CLOSED (a day at the latest): counted from when the issuer was asked, not from this reading.
        return last if self._clock() - since <= KEPT_SECONDS else None
