"""A server process of a storm: `instance STORE REDIS KEYS TWIN HINTS`; writes its address to its standard output.

It is wired as `pdp serve` wires it, but that with `no-hints` nobody is hastened by messages, and Redis is asked however
slow it is.
"""

import sys
from pathlib import Path

from pdp.server import serve
from pdp.settings import Settings
from pdp.wiring.deciding import served_decision_point
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import served_store
from pdp.wiring.words import load_words
from pdp_adapters.breaker import Pace
from pdp_adapters.postgresql_leases import PostgresqlLeases
from tests.builders import POLICIES
from tests.storm.twins import TWINS
from tests.storm.world import OPERATOR


def main(store: str, redis: str, keys: str, twin: str, hints: str) -> int:
    """Serve until a signal comes."""
    TWINS[twin]()
    without_hints = PostgresqlLeases.__init__
    PostgresqlLeases.__init__ = lambda self, database, **_: without_hints(  # type: ignore[method-assign]
        self, database, hints=hints == "hints"
    )
    if hints != "hints":
        # A storm is about what Redis gives, be it quicker than the store here or not.
        setattr(Pace, "is_worth_it", lambda _self: True)  # noqa: B010
    settings = Settings(
        listen="127.0.0.1:0", store=store, redis=redis, cache_keys=Path(keys), decision_log="none", workers=1, threads=8
    )
    words = load_words()
    facts = served_store(store)
    point = served_decision_point(settings, load_policies(POLICIES, words, only=OPERATOR), facts)
    return serve(point, words, settings, facts=facts, on_ready=lambda address: print(address, flush=True))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
