"""The tokens and labels of a dataset that `axolotl preprocess` has prepared.

    python axolotl-labels.py PREPARED OUT
"""

import glob
import importlib.metadata
import json
import sys

from datasets import load_from_disk

prepared, out = sys.argv[1:]
[folder] = [name for name in glob.glob(f"{prepared}/*") if glob.glob(f"{name}/*.arrow")]
rows = [{"ids": row["input_ids"], "labels": row["labels"]} for row in load_from_disk(folder)]
names = {"Axolotl": "axolotl", "Transformers": "transformers", "torch": "torch"}
versions = {name: importlib.metadata.version(package) for name, package in names.items()}
with open(out, "w") as file:
    json.dump({"versions": versions, "rows": rows}, file)
