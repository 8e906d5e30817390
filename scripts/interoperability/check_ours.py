"""Loads what the embedded student saved with transformers and peft, and compares logits and tokens.

    python check_ours.py DIRECTORY

prints one line of JSON for each model of make_models.py: the largest differences.
"""

import json
import pathlib
import sys

import peft
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

for directory in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    if not (directory / "ours").exists():
        continue
    ours = json.loads((directory / "ours" / "logits.json").read_text())
    reference = json.loads((directory / "reference.json").read_text())
    model, report = AutoModelForCausalLM.from_pretrained(
        directory / "ours" / "model", dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    tokenizer = AutoTokenizer.from_pretrained(directory / "ours" / "model")
    ids = torch.tensor(ours["ids"])

    def difference(logits, expected):
        return (logits.flatten() - torch.tensor(expected)).abs().max().item()

    with torch.no_grad():
        logits = difference(model.eval()(input_ids=ids).logits, ours["logits"])
        adapted = peft.PeftModel.from_pretrained(model, directory / "ours" / "adapter").eval()
        adapter_logits = difference(adapted(input_ids=ids).logits, ours["adapted"])
    chat = tokenizer.apply_chat_template(reference["conversation"], add_generation_prompt=True, return_dict=False)
    ends = model.generation_config.eos_token_id
    print(json.dumps({
        "name": directory.name,
        "unexpectedWeights": len(report["missing_keys"]) + len(report["unexpected_keys"]),
        "logits": logits,
        "adapterLogits": adapter_logits,
        "tokensEqual": chat == reference["chatPrompt"]
        and (ends if isinstance(ends, list) else [ends]) == reference["endTokens"],
    }))
