"""The manifests are right by the schemas of Kubernetes and by its restricted standard, and hang together."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pdp.activation import SEAL_FILE
from pdp.settings import Settings, read_settings
from pdp.wiring.folders import load_policies
from pdp.wiring.words import load_words

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
SERVER = "statefulset.yaml"
STATE = "state"
SIGNING = {"PDP_POLICY_KEYS", "PDP_LAST_IN_FORCE"}
VERSIONS = ("1.30", "1.37")
LARGEST_CONFIG_MAP = 1 << 20
Documents = dict[str, dict[str, Any]]


def documents() -> Documents:
    """Return the manifests by their files."""
    return {
        path.name: yaml.safe_load(path.read_text("utf-8"))
        for path in sorted(FOLDER.glob("*.yaml"))
        if path.name != "kustomization.yaml"
    }


def test_signed_policies_are_lines_that_may_count() -> None:
    """The lines are settings that go together, and what is remembered lies in a volume of its own."""
    server = re.sub(r"(?m)^( +)# (- \{name: PDP_)", r"\1\2", (FOLDER / SERVER).read_text("utf-8"))
    found = {**documents(), SERVER: yaml.safe_load(server)}

    is_as_it_should_be(found)
    (container,) = found[SERVER]["spec"]["template"]["spec"]["containers"]
    said = {each["name"]: each["value"] for each in container["env"] if each["name"] in SIGNING}
    settings = read_settings({}, said)
    places = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    (own,) = (place for place, mount in places.items() if mount["name"] == STATE)
    assert str(settings.last_in_force).startswith(f"{own}/")
    assert settings.policy_keys is not None
    assert places[str(settings.policy_keys.parent)]["readOnly"] is True
    made = re.sub(r"(?m)^( +)# (- \.\./)", r"\1\2", (FOLDER / "kustomization.yaml").read_text("utf-8"))
    (folder,) = (
        each for each in yaml.safe_load(made)["configMapGenerator"] if each["name"] == "pdp-policies-kidsonline"
    )
    assert Path(folder["files"][-1]) == Path("../../policies/kidsonline") / SEAL_FILE


def is_as_it_should_be(found: Documents, versions: Sequence[str] = VERSIONS[-1:]) -> None:
    """Each is right by its schema, strictly; the pods are restricted; names lead to what there is."""
    for document in found.values():
        for version in versions:
            kubernetes_validate.validate(document, version, strict=True)
    pod = found[SERVER]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    _is_restricted(pod, container)
    _is_watched(pod, container)
    _keeps_its_records(found[SERVER]["spec"], pod, container)
    labels = found[SERVER]["spec"]["template"]["metadata"]["labels"]
    assert found[SERVER]["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert found["service.yaml"]["spec"]["selector"].items() <= labels.items()
    assert found["service.yaml"]["spec"]["clusterIP"] == "None"
    for name in ("poddisruptionbudget.yaml", "networkpolicy.yaml"):
        spec = found[name]["spec"]
        assert spec.get("selector", spec.get("podSelector"))["matchLabels"].items() <= labels.items()
    policy = found["networkpolicy.yaml"]["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert all(rule.get("from") and rule.get("ports") for rule in policy["ingress"])
    assert all(rule.get("to") and rule.get("ports") for rule in policy["egress"])
    assert found[SERVER]["spec"]["replicas"] > found["poddisruptionbudget.yaml"]["spec"]["maxUnavailable"]
    assert len({document["metadata"].get("namespace", "promise-pdp") for document in found.values()}) == 1


def _is_restricted(pod: dict[str, Any], container: dict[str, Any]) -> None:
    """By the standard `restricted`, and a little more: no writable root, no token, no secret in the environment."""
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] >= 10_000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    context = container["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"].keys() == container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert not container["image"].endswith(":latest")
    assert ":" in container["image"]
    for volume in pod["volumes"]:
        assert volume.keys() - {"name"} <= {"emptyDir", "configMap", "secret"}
    written = {mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert written == {STATE, *(volume["name"] for volume in pod["volumes"] if "emptyDir" in volume)}


def _keeps_its_records(server: dict[str, Any], pod: dict[str, Any], container: dict[str, Any]) -> None:
    """The records of decisions are chained, in a volume of each pod's own that outlives it, and kept from the group."""
    (claim,) = server["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == STATE
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert set(server["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}
    assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    (place,) = (mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == STATE)
    (log,) = (each["value"] for each in container["env"] if each["name"] == "PDP_DECISION_LOG")
    assert log.startswith(f"{place}/")
    assert log.endswith("/")


def _is_watched(pod: dict[str, Any], container: dict[str, Any]) -> None:
    """It is started anew when it does not live, gets nothing when it does not serve, and is given time to end."""
    for probe, asked in (("startupProbe", ["pdp.alive"]), ("livenessProbe", ["pdp.alive"]), ("readinessProbe", [])):
        assert container[probe]["exec"]["command"] == ["/opt/pdp/bin/pdp-health", *asked]
        assert container[probe]["timeoutSeconds"] > 2
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > pause + Settings().grace_seconds
    known = {f"PDP_{field.name.upper()}" for field in fields(Settings)} | {"PDP_HEALTH_CA", "PDP_HEALTH_NAME"}
    assert {each["name"] for each in container["env"]} <= known
    assert all("value" in each for each in container["env"])
    places = [mount["mountPath"] for mount in container["volumeMounts"]]
    files = [each["value"] for each in container["env"] if each["value"].startswith("/")] + container["args"][-1:]
    assert all(any(file.startswith(f"{place}/") for place in places) for file in files)


def test_the_manifests_are_as_they_should_be() -> None:
    """For the oldest and the newest Kubernetes that they are for."""
    is_as_it_should_be(documents(), VERSIONS)


POD = (SERVER, "spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
LEFT_OUT: Mapping[str, tuple[Any, ...]] = {
    "runs as root": (*POD, "securityContext", "runAsNonRoot"),
    "any call of the kernel": (*POD, "securityContext", "seccompProfile"),
    "a token of the cluster": (*POD, "automountServiceAccountToken"),
    "a root that can be written to": (*CONTAINER, "securityContext", "readOnlyRootFilesystem"),
    "more privileges": (*CONTAINER, "securityContext", "allowPrivilegeEscalation"),
    "all capabilities": (*CONTAINER, "securityContext", "capabilities"),
    "no bound": (*CONTAINER, "resources", "limits"),
    "no watch": (*CONTAINER, "livenessProbe"),
    "no pause": (*CONTAINER, "lifecycle"),
    "records that go with the pod": (SERVER, "spec", "volumeClaimTemplates"),
    "keys that the group reads": (*POD, "securityContext", "fsGroupChangePolicy"),
    "no selector": (SERVER, "spec", "selector"),
    "an address in front": ("service.yaml", "spec", "clusterIP"),
    "everybody may ask": ("networkpolicy.yaml", "spec", "ingress", 0, "from"),
    "it may reach everybody": ("networkpolicy.yaml", "spec", "egress", 1, "to"),
}
CHANGED: Mapping[str, tuple[tuple[Any, ...], Any]] = {
    "a key that nobody knows": ((*CONTAINER, "securitycontext"), {}),
    "a privileged volume": ((*POD, "volumes", 0), {"name": "state", "hostPath": {"path": "/"}}),
    "the wrong probe": ((*CONTAINER, "livenessProbe", "exec", "command"), ["/opt/pdp/bin/pdp-health"]),
    "another pod": (("service.yaml", "spec", "selector"), {"app.kubernetes.io/name": "other"}),
    "too little time": ((*POD, "terminationGracePeriodSeconds"), 12),
    "a number for a text": ((*CONTAINER, "env", 0, "value"), 50051),
    "a misspelt setting": ((*CONTAINER, "env", 0, "name"), "PDP_LISTN"),
    "records without a chain": ((*CONTAINER, "env", 5, "value"), "-"),
    "one alone": ((SERVER, "spec", "replicas"), 1),
}


@pytest.mark.parametrize("name", [*LEFT_OUT, *CHANGED])
def test_a_twin_is_caught(name: str) -> None:
    """Each has one thing wrong."""
    found: Any = documents()
    path = LEFT_OUT[name] if name in LEFT_OUT else CHANGED[name][0]
    *way, last = path
    place = found
    for step in way:
        place = place[step]
    if name in LEFT_OUT:
        del place[last]
    else:
        place[last] = CHANGED[name][1]
    with pytest.raises((AssertionError, KeyError, kubernetes_validate.ValidationError)):
        is_as_it_should_be(found)


def test_every_name_leads_to_something(tmp_path: Path) -> None:
    """What is listed is there, what is mounted is made, and a server can read the policies as they are mounted."""
    listed: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))
    assert set(listed["resources"]) == documents().keys()
    made = {each["name"]: [FOLDER / file for file in each["files"]] for each in listed["configMapGenerator"]}
    pod = documents()[SERVER]["spec"]["template"]["spec"]
    of_volume = {each["name"]: each["configMap"]["name"] for each in pod["volumes"] if "configMap" in each}
    assert set(of_volume.values()) == made.keys()
    for mount in pod["containers"][0]["volumeMounts"]:
        files = made.get(of_volume.get(mount["name"], ""), [])
        assert sum(file.stat().st_size for file in files) < LARGEST_CONFIG_MAP
        if files:
            _mount(tmp_path / mount["mountPath"].lstrip("/"), files)
    policies = load_policies(tmp_path / "etc/pdp/policies", load_words(), only="kidsonline")
    assert policies.sets.keys() == {"kidsonline"}
    assert not policies.refused


def _mount(place: Path, files: list[Path]) -> None:
    """Put *files* at *place* as Kubernetes does: in a folder of their own, behind two links."""
    own = place / "..2026_11_28"
    own.mkdir(parents=True)
    (place / "..data").symlink_to(own.name)
    for file in files:
        shutil.copy(file, own)
        (place / file.name).symlink_to(Path("..data") / file.name)
