"""The same Llama in Hugging Face's transformers, as its users run it; see protocol.py."""

import tempfile
import time

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments

from protocol import serve

PADDING = 0


def make_model(shape, weights, _command):
    configuration = LlamaConfig(
        vocab_size=shape["vocabularySize"],
        hidden_size=shape["hiddenSize"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["keyValueHeads"],
        head_dim=shape["headSize"],
        intermediate_size=shape["intermediateSize"],
        max_position_embeddings=shape["maximumPositions"],
        rope_parameters={"rope_type": "default", "rope_theta": shape["ropeTheta"]},
        rms_norm_eps=shape["rmsNormEpsilon"],
        tie_word_embeddings=shape["tiedEmbeddings"],
        attn_implementation="sdpa",
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=PADDING,
    )
    model = LlamaForCausalLM(configuration)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise ValueError(f"weights do not fit: {missing} {unexpected}")
    model.tie_weights()
    return model


def collate(rows):
    """Rows padded to the longest of the batch, as transformers' own collators do."""
    length = max(len(row["input_ids"]) for row in rows)
    padded = lambda name, value: torch.tensor([row[name] + [value] * (length - len(row[name])) for row in rows])
    ids = padded("input_ids", PADDING)
    mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (length - len(row["input_ids"])) for row in rows])
    return {"input_ids": ids, "labels": padded("labels", -100), "attention_mask": mask}


class RecordingTrainer(Trainer):
    """Keeps the loss of each step, as it is before rounding for the log."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.losses = []

    def training_step(self, *arguments, **options):
        loss = super().training_step(*arguments, **options)
        self.losses.append(loss)
        return loss


def fine_tune(model, command):
    """One epoch of the Trainer over the examples in their order: the time of its training loop, and the loss of each step."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, use_cpu=True, num_train_epochs=1, per_device_train_batch_size=command["batchSize"], learning_rate=1e-3,
            weight_decay=0.0, adam_beta2=0.95, lr_scheduler_type="constant", save_strategy="no", report_to="none", logging_strategy="no", disable_tqdm=True,
            remove_unused_columns=False,
        )
        trainer = RecordingTrainer(model, arguments, train_dataset=command["examples"], data_collator=collate)
        trainer._get_train_sampler = lambda *_: torch.utils.data.SequentialSampler(command["examples"])
        start = time.perf_counter()
        trainer.train()
        return {"seconds": time.perf_counter() - start, "losses": [loss.item() for loss in trainer.losses]}


@torch.no_grad()
def simulate(model, command):
    """Turn by turn: `generate` on the padded prompts of all episodes, as many tokens as the longest message has."""
    model.eval()
    episodes = [{"prompt": list(each["prompt"]), "turns": each["turns"]} for each in command["episodes"]]
    start = time.perf_counter()
    for turn in range(max(len(each["turns"]) for each in episodes)):
        active = [each for each in episodes if turn < len(each["turns"])]
        length = max(len(each["prompt"]) for each in active)
        new = max(len(each["turns"][turn]["message"]) for each in active)
        ids = torch.tensor([[PADDING] * (length - len(each["prompt"])) + each["prompt"] for each in active])
        mask = torch.tensor([[0] * (length - len(each["prompt"])) + [1] * len(each["prompt"]) for each in active])
        model.generate(ids, attention_mask=mask, max_new_tokens=new, min_new_tokens=new, do_sample=False)
        for each in active:
            each["prompt"] += each["turns"][turn]["message"] + each["turns"][turn]["observation"]
    return {"seconds": time.perf_counter() - start}


serve(transformers.__version__, {"fineTuning": fine_tune, "simulations": simulate}, make_model)
