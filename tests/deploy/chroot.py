"""`python -m tests.deploy.chroot`: runs the steps of the Dockerfile in a tree of the same Debian, and what they make.

As root, with `debootstrap` (or a tree that it has made, by --tree). The server is started as the user of the image,
with the whole tree read-only and without a shell, is asked for its health and for a decision over TLS, and is ended.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import grpc

from scripts.lock_file import ROOT, RUNTIME, everywhere, read_lock
from tests.credentials import a_token
from tests.deploy import dockerfile
from tests.deploy.confined import loose
from tests.malformed_requests import a_request
from tests.system.guarded import House, bearer
from tests.system.running import CHECK, ask

ADDRESS: Final = "127.0.0.1:50951"
SUITE: Final = "bookworm"
MIRROR: Final = "http://deb.debian.org/debian"
PACKAGES: Final = "python3,python3-venv,ca-certificates"
"""What the Dockerfile installs by apt-get: here debootstrap does."""

CALLERS: Final = """
audience: pdp.test
issuers:
  login: {issuer: "https://login.test/", keys: login.jwks.json, algorithm: ES256, longest_seconds: 600}
callers:
  app:
    tokens: [{issuer: login, subject: app}]
    operators: [kidsonline]
    methods: [DecisionService]
    asserts: [role, consent, ground, containment, time]
"""

# In a namespace of its own: the tree is bound to itself and made read-only, what may be written to lies in memory, and
# where a shell was there is nothing. Then nothing is left but the user and what it runs.
CONFINE: Final = r"""
set -eu
tree=$1; user=$2; shift 2
mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"
mount -t tmpfs -o mode=1777,size=16m tmpfs "$tree/tmp"
mount -t tmpfs -o mode=0700,uid=$user,gid=$user,size=64m tmpfs "$tree/var/lib/pdp"
for shell in bash dash; do mount --bind /dev/null "$tree/bin/$shell"; done
mount -o remount,bind,ro "$tree"
cd "$tree"
exec /usr/sbin/chroot "$tree" /usr/bin/setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs \
    --bounding-set=-all --inh-caps=-all -- "$@"
"""


def run(*command: str | Path, **more: str) -> None:
    """Run a command to its good end, with *more* in its environment; what it says is shown when there is none."""
    done = subprocess.run(command, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")


def gather(folder: Path) -> None:
    """Put what the Dockerfile copies into *folder*, and beside it the locked packages, as an index would give them."""
    folder.mkdir()
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    shutil.copy(RUNTIME, folder)
    shutil.copy(ROOT / "deploy" / "container" / "build.sh", folder)
    wanted = folder / "everywhere.txt"
    wanted.write_text(everywhere(read_lock(RUNTIME.read_text("utf-8"))), "utf-8")
    options = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    run(sys.executable, "-m", "pip", "download", *options, "--dest", folder / "wheels", "--requirement", wanted)


def build(tree: Path, instructions: tuple[dockerfile.Instruction, ...]) -> None:
    """Run every step of *instructions* in *tree* but those of apt-get."""
    steps = [each.said for each in instructions if each.name == "RUN" and "apt-get" not in each.said]
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/from/wheels", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    variables = [f"{name}={value}" for name, value in index.items()]
    for step in steps:
        click.echo(f"  RUN {step}")
        run("chroot", tree, "/usr/bin/env", "-i", *variables, "/bin/sh", "-eu", "-c", step)


def furnish(tree: Path, house: House) -> None:
    """Put the policies of one operator, callers and certificates where a volume would bring them."""
    place = tree / "etc" / "pdp"
    shutil.rmtree(place, ignore_errors=True)
    for part in ("kidsonline", "shared", "house/kidsonline"):
        shutil.copytree(ROOT / "policies" / part, place / "policies" / part)
    (house.folder / "callers.yaml").write_text(CALLERS, "utf-8")
    for name in ("callers.yaml", "login.jwks.json", "server.pem", "server.key"):
        shutil.copy(house.folder / name, place / name)
        (place / name).chmod(0o444)
    (place / "server-ca.pem").write_bytes(house.server_authority.certificate)
    for folder in (place, *place.rglob("*")):
        folder.chmod(0o755 if folder.is_dir() else 0o444)


@contextmanager
def serving(tree: Path, instructions: tuple[dockerfile.Instruction, ...]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run what the image runs, as its user and with its variables; everything that it says goes to this stderr."""
    said = {
        **dockerfile.environment(instructions),
        "PDP_LISTEN": ADDRESS,
        "PDP_CALLERS": "/etc/pdp/callers.yaml",
        "PDP_TLS_CERTIFICATE": "/etc/pdp/server.pem",
        "PDP_TLS_KEY": "/etc/pdp/server.key",
        "PDP_DECISION_LOG": "none",
        "PDP_WORKERS": "1",
    }
    entry = dockerfile.last(instructions, "ENTRYPOINT").words() + dockerfile.last(instructions, "CMD").words()
    user = dockerfile.last(instructions, "USER").said.partition(":")[0]
    process = subprocess.Popen(
        ["unshare", "--mount", "/bin/sh", "-c", CONFINE, "confine", str(tree), user, *entry], env=said, stdout=2
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def health(tree: Path, instructions: tuple[dockerfile.Instruction, ...]) -> int:
    """Return the exit code of the health check of the image."""
    user = dockerfile.last(instructions, "USER").said
    words = dockerfile.last(instructions, "HEALTHCHECK").words()
    where = {"PDP_HEALTH_CA": "/etc/pdp/server-ca.pem", "PDP_HEALTH_SERVER": ADDRESS, "PDP_HEALTH_NAME": "localhost"}
    done = subprocess.run(
        ["/usr/sbin/chroot", f"--userspec={user}", str(tree), *words], env=where, check=False, stderr=2
    )
    return done.returncode


def prove(tree: Path, house: House, instructions: tuple[dockerfile.Instruction, ...]) -> None:
    """Start the server, ask it, look at it and end it; raise ClickException for whatever is not as it should be."""
    begun = time.monotonic()
    with serving(tree, instructions) as process:
        while (code := health(tree, instructions)) and time.monotonic() - begun < 60 and process.poll() is None:
            time.sleep(0.5)
        expect(code == 0, "the health check says that it serves")
        click.echo(f"  serving after {time.monotonic() - begun:.1f} s")
        with house.connected(ADDRESS) as channel:
            asked = a_request().SerializeToString()
            expect(ask(channel, CHECK, asked).code is grpc.StatusCode.UNAUTHENTICATED, "a stranger is refused")
            answer = ask(channel, CHECK, asked, metadata=bearer(a_token(house.key)))
            expect(answer.code is grpc.StatusCode.OK, "a caller is answered")
        user = int(dockerfile.last(instructions, "USER").said.partition(":")[0])
        about = Path(f"/proc/{process.pid}")
        found = loose((about / "status").read_text("ascii"), (about / "mountinfo").read_text("ascii"), user)
        expect(not found, "it has as little as it may" + "".join(f"; {each}" for each in found))
        process.send_signal(signal.SIGTERM)
        expect(process.wait(30) == 0, "it ends well when it is told to")


def expect(is_so: bool, what: str) -> None:
    """Say that *what* is so; raise ClickException when it is not."""
    if not is_so:
        raise click.ClickException(f"not so: {what}")
    click.echo(f"  {what}")


@click.command()
@click.option("--tree", type=click.Path(path_type=Path), help="What debootstrap has made; it is changed.")
def main(tree: Path | None) -> None:
    """Build in a tree of Debian what the Dockerfile builds, and use it."""
    if os.geteuid() != 0:
        raise click.ClickException("chroot and mounts need root")
    instructions = dockerfile.read(dockerfile.DOCKERFILE.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as work:
        if tree is None:
            tree = Path(work) / "tree"
            click.echo(f"debootstrap {SUITE}")
            run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, tree, MIRROR)
        shutil.rmtree(tree / "from", ignore_errors=True)
        shutil.rmtree(tree / "opt" / "pdp", ignore_errors=True)
        subprocess.run(["chroot", str(tree), "userdel", "pdp"], check=False, capture_output=True)
        click.echo("the steps of the Dockerfile")
        gather(tree / "from")
        build(tree, instructions)
        shutil.rmtree(tree / "from")
        house_folder = Path(work) / "house"
        house_folder.mkdir()
        house = House(house_folder)
        furnish(tree, house)
        click.echo("what comes of them")
        prove(tree, house, instructions)


if __name__ == "__main__":
    main()
