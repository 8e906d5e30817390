"""What ms-swift's own data pipeline makes of the dataset of a training: the tokens and labels of each row.

    python ms-swift-labels.py COMMAND OUT

COMMAND is the command line that would train.
"""

import importlib.metadata
import json
import shlex
import sys

from swift.pipelines.train.sft import SwiftSft

command, out = sys.argv[1:]
_, _, *arguments = shlex.split(command)
train, _ = SwiftSft(arguments)._prepare_dataset()
rows = []
for index in range(len(train)):
    row = train[index]
    rows.append({"ids": list(row["input_ids"]), "labels": list(row["labels"])})
names = {"ms-swift": "ms-swift", "Transformers": "transformers", "torch": "torch"}
versions = {name: importlib.metadata.version(package) for name, package in names.items()}
with open(out, "w") as file:
    json.dump({"versions": versions, "rows": rows}, file)
