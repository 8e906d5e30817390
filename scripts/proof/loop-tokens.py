"""The tokens of conversations under a checkpoint's tokenizer and chat template, as `transformers serve` makes them.

    python loop-tokens.py BASE CHECKPOINT CONVERSATIONS OUT

Fails if Transformers cannot load both checkpoints whole.
"""

import json
import sys

import torch
import transformers
import trl
from transformers import AutoModelForCausalLM, AutoTokenizer

base, checkpoint, conversations, out = sys.argv[1:]
for model in (base, checkpoint):
    _, info = AutoModelForCausalLM.from_pretrained(model, output_loading_info=True)
    assert not any(info.values()), (model, info)
tokenizers = [AutoTokenizer.from_pretrained(model) for model in (base, checkpoint)]
rows = []
with open(conversations) as file:
    for messages in json.load(file):
        of_base, ids = (each.apply_chat_template(messages, tokenize=True)["input_ids"] for each in tokenizers)
        assert of_base == ids
        rows.append({"ids": ids, "labels": ids})
versions = {"TRL": trl.__version__, "Transformers": transformers.__version__, "torch": torch.__version__}
with open(out, "w") as file:
    json.dump({"versions": versions, "rows": rows}, file)
