"""What TRL's own data pipeline makes of a dataset: the tokens and labels of each row, as the model gets them.

    python trl-labels.py MODEL DATASET [CHAT_TEMPLATE] OUT

With a chat template the rows are messages, and TRL tokenises and masks them; without one they are tokens and labels.
"""

import json
import sys
import tempfile

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer
import transformers
import trl

model, data, *template, out = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    config = SFTConfig(
        output_dir=folder,
        max_length=4096,
        use_cpu=True,
        bf16=False,
        report_to="none",
        assistant_only_loss=bool(template),
        chat_template_path=template[0] if template else None,
    )
    dataset = load_dataset("json", data_files=data, split="train")
    trainer = SFTTrainer(model=model, args=config, train_dataset=dataset)
    rows = []
    for row in trainer.train_dataset:
        batch = trainer.data_collator([row])
        rows.append({"ids": batch["input_ids"][0].tolist(), "labels": batch["labels"][0].tolist()})
versions = {"TRL": trl.__version__, "Transformers": transformers.__version__}
with open(out, "w") as file:
    json.dump({"versions": versions, "rows": rows}, file)
