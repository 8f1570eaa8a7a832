"""An id is given once, by whichever thread or process."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from pdp.deciding import DecisionIds
from tests.docs.executed_examples import ROOT

FORKED = """
import json, os, sys
from pdp.deciding import DecisionIds
ids = DecisionIds()
before = [ids.new() for _ in range(3)]
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, json.dumps([ids.new() for _ in range(3)]).encode())
    os._exit(0)
os.wait()
print(json.dumps([before, json.loads(os.read(read, 65536)), [ids.new() for _ in range(3)]]))
"""


def test_threads_never_share_an_id() -> None:
    """Eight threads that ask at once get ids of which no two are the same."""
    ids = DecisionIds()
    with ThreadPoolExecutor(8) as pool:
        given = [id_ for found in pool.map(lambda _: [ids.new() for _ in range(5000)], range(8)) for id_ in found]

    assert len(set(given)) == len(given) == 40_000


def test_processes_never_share_an_id() -> None:
    """A forked process counts on from a beginning of its own, and so does one that is started anew."""
    done = subprocess.run(
        [sys.executable, "-c", FORKED], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    before, child, after = json.loads(done.stdout)
    given = [*before, *child, *after, DecisionIds().new(), DecisionIds().new()]

    assert len(set(given)) == len(given)
    assert len({id_.partition("-")[0] for id_ in (*before, *after)}) == 1
    assert {id_.partition("-")[0] for id_ in before}.isdisjoint(id_.partition("-")[0] for id_ in child)


def test_an_id_is_short_and_plain() -> None:
    """An id is 128 bits and a number, in hexadecimal."""
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]+", DecisionIds().new())
