"""What the kernel says about a process that is to have as little as it may."""

import re


def loose(status: str, mounts: str, user: int) -> list[str]:
    """Return what is too loose about a process, by its `/proc/PID/status` and `/proc/PID/mountinfo`."""
    found = []
    if re.findall(r"^[UG]id:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$", status, re.MULTILINE) != [(str(user),) * 4] * 2:
        found.append("it is another user or group")
    if re.search(r"^Groups:\t *\d", status, re.MULTILINE) and not re.search(
        rf"^Groups:\t{user} *$", status, re.MULTILINE
    ):
        found.append("it is in other groups")
    if set(re.findall(r"^Cap(?:Prm|Eff|Bnd|Amb|Inh):\t([0-9a-f]+)$", status, re.MULTILINE)) != {"0" * 16}:
        found.append("it has capabilities")
    if "NoNewPrivs:\t1" not in status:
        found.append("it could gain privileges")
    root = re.findall(r"^\d+ \d+ \d+:\d+ \S+ / (\S+) ", mounts, re.MULTILINE)
    if not root or "ro" not in root[-1].split(","):
        found.append("its root can be written to")
    return found
