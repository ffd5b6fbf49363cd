"""Kubernetes' schemas for kubeconform, out of a wheel of `kubernetes-validate`.

python -m tests.deploy.kubernetes_schemas WHEEL FOLDER
"""

import json
import sys
from pathlib import Path
from zipfile import ZipFile

KUBERNETES = ("1.29.0", "1.37.0")
"""The releases that the chart is checked against."""
IN_WHEEL = "kubernetes_validate/kubernetes-json-schema"
SERVED, BESIDE = "/api/_definitions.json#", "_definitions.json#"
"""Where the schemas look for what they share: under an address of their own, and in files."""


def unpack(wheel: Path, folder: Path) -> None:
    """Write the strict schemas of the releases in `KUBERNETES`, a folder for each."""
    with ZipFile(wheel) as packed:
        for release in KUBERNETES:
            source = f"{IN_WHEEL}/v{release}-local-strict/"
            target = folder / f"v{release}-strict"
            target.mkdir(parents=True, exist_ok=True)
            names = [name for name in packed.namelist() if name.startswith(source)]
            if not names:
                raise SystemExit(f"{wheel} has no schemas of Kubernetes {release}")
            for name in names:
                schema = json.loads(packed.read(name).decode().replace(SERVED, BESIDE))
                schema.pop("$id", None)  # the address
                (target / Path(name).name).write_text(json.dumps(schema))


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
