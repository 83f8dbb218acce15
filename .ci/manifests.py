"""Checks rendered manifests for what the chart promises of every pod. Usage: manifests.py FILE…"""

import sys

import yaml


def pods(documents):
    for document in documents:
        if document["kind"] == "Pod":
            yield document["metadata"]["name"], document["spec"]
        elif "template" in document.get("spec", {}):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def pod_faults(pod):
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or not security.get("runAsUser"):
        yield "runs as root"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "is given the cluster's token"
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    for container in pod["containers"] + pod.get("initContainers", []):
        name, security = container["name"], container.get("securityContext", {})
        if security.get("readOnlyRootFilesystem") is not True:
            yield f"{name}: root file system can be written"
        if security.get("allowPrivilegeEscalation") is not False or security.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{name}: keeps privileges"
        if not {"requests", "limits"} <= container.get("resources", {}).keys():
            yield f"{name}: no requests or limits"
        if ":" not in container["image"] or container["image"].endswith(":latest"):
            yield f"{name}: image {container['image']} is not pinned"
        if container.get("ports") and not {"readinessProbe", "livenessProbe"} <= container.keys():
            yield f"{name}: no probes"
        unknown = {mount["name"] for mount in container.get("volumeMounts", [])} - volumes - {"database"}
        if unknown:
            yield f"{name}: mounts {unknown}, which is no volume"
        names = [variable["name"] for variable in container.get("env", [])]
        if len(names) != len(set(names)):
            yield f"{name}: a variable is set twice: {names}"


def reference_faults(documents):
    """What is named must be made by the chart, or be the user's own by the values."""
    made = {(document["kind"], document["metadata"]["name"]) for document in documents}
    selectable = [
        document["spec"]["template"]["metadata"]["labels"] for document in documents if "template" in document.get("spec", {})
    ]
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "Service" and not any(spec["selector"].items() <= labels.items() for labels in selectable):
            yield f"service {document['metadata']['name']} selects no pod"
        if document["kind"] == "Ingress":
            service = spec["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
            if ("Service", service) not in made:
                yield f"the ingress leads to {service}, which is not there"
        # A password belongs into a secret, wherever it came from.
        if document["kind"] != "Secret" and "s3cret" in yaml.dump(document):
            yield f"{document['kind']} {document['metadata']['name']} shows the database's password"


def main(paths):
    faults, checked = [], 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            documents = [document for document in yaml.safe_load_all(file) if document]
        for name, pod in pods(documents):
            checked += 1
            faults += [f"{path}: {name}: {fault}" for fault in pod_faults(pod)]
        faults += [f"{path}: {fault}" for fault in reference_faults(documents)]
    print("\n".join(faults) or f"{checked} pods in {len(paths)} renderings keep their promises")
    return 1 if faults or not checked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
