"""What LLaMA-Factory's own data pipeline makes of the dataset of a configuration: the tokens and labels of each row.

    python llama-factory-labels.py CONFIG OUT
"""

import importlib.metadata
import json
import sys

import yaml
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer

config, out = sys.argv[1:]
with open(config) as file:
    model, data, training, *_ = get_train_args(yaml.safe_load(file))
tokens = load_tokenizer(model)
template = get_template_and_fix_tokenizer(tokens["tokenizer"], data)
dataset = get_dataset(template, model, data, training, stage="sft", **tokens)["train_dataset"]
rows = [{"ids": row["input_ids"], "labels": row["labels"]} for row in dataset]
names = {"LLaMA-Factory": "llamafactory", "Transformers": "transformers", "torch": "torch"}
versions = {name: importlib.metadata.version(package) for name, package in names.items()}
with open(out, "w") as file:
    json.dump({"versions": versions, "rows": rows}, file)
