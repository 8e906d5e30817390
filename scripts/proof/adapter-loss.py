"""The loss of a base model and of the same with an adapter, over all rows of a dataset of tokens and labels, by PEFT.

    python adapter-loss.py BASE ADAPTER DATASET
"""

import json
import sys

import peft
import torch
import transformers
import trl
from peft import PeftModel
from transformers import AutoModelForCausalLM

base, adapter, dataset = sys.argv[1:]


def mean_loss(model):
    total, count = 0.0, 0
    for line in open(dataset):
        row = json.loads(line)
        ids, labels = (torch.tensor([row[name]]) for name in ("input_ids", "labels"))
        targets = int((labels[:, 1:] != -100).sum())
        with torch.no_grad():
            total += float(model(input_ids=ids, labels=labels).loss) * targets
        count += targets
    return total / count


model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
without = mean_loss(model)
adapted = PeftModel.from_pretrained(model, adapter).eval()
losses = {"without": without, "adapted": mean_loss(adapted)}
versions = {"TRL": trl, "PEFT": peft, "Transformers": transformers, "torch": torch}
print(json.dumps({"versions": {name: package.__version__ for name, package in versions.items()}, **losses}))
