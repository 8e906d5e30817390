"""Records what transformers' LlamaForCausalLM and torch compute for tiny models, for llama-reference.test.ts.

Run with a Python that has torch and transformers (CPU):
    python scripts/reference/llama-reference.py > src/model/llama/llama-reference.json

Weights and data come from formulas that the test repeats, so only the results are recorded.
"""

import json
import sys

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

CASES = [
    {
        "name": "grouped queries, tied embeddings, packed rows",
        "configuration": {
            "vocabularySize": 29, "hiddenSize": 16, "layers": 2, "heads": 4, "keyValueHeads": 2, "headSize": 6,
            "intermediateSize": 20, "maximumPositions": 64, "ropeTheta": 10000, "rmsNormEpsilon": 1e-5,
            "tiedEmbeddings": True,
        },
        "segments": [[0] * 5 + [1] * 7, [0] * 12],
        "learning": {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weightDecay": 0.1, "clipNorm": 0.5},
    },
    {
        "name": "one key head per query head, separate head",
        "configuration": {
            "vocabularySize": 17, "hiddenSize": 12, "layers": 3, "heads": 3, "keyValueHeads": 3, "headSize": 4,
            "intermediateSize": 18, "maximumPositions": 32, "ropeTheta": 500, "rmsNormEpsilon": 1e-6,
            "tiedEmbeddings": False,
        },
        "segments": [[0] * 12, [0] * 12],
        "learning": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "weightDecay": 0.3, "clipNorm": 1e9},
    },
]
LEARNING_RATE = 0.01


def weight(index, shape):
    """Element i of parameter number `index` in sorted order of names: sin(1 + 37 index + 0.7 i + 0.001 i^2) / 3,
    plus 1 for vectors (the norm weights)."""
    size = 1
    for each in shape:
        size *= each
    i = torch.arange(size, dtype=torch.float64)
    values = torch.sin(1 + 37 * index + 0.7 * i + 0.001 * i * i) / 3
    return (values + (1 if len(shape) == 1 else 0)).to(torch.float32).reshape(shape)


def rounded(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().double().flatten().tolist()]


def run(case):
    c = case["configuration"]
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=c["vocabularySize"], hidden_size=c["hiddenSize"], num_hidden_layers=c["layers"],
            num_attention_heads=c["heads"], num_key_value_heads=c["keyValueHeads"], head_dim=c["headSize"],
            intermediate_size=c["intermediateSize"], max_position_embeddings=c["maximumPositions"],
            rope_parameters={"rope_type": "default", "rope_theta": float(c["ropeTheta"])},
            rms_norm_eps=c["rmsNormEpsilon"], tie_word_embeddings=c["tiedEmbeddings"],
            attn_implementation="eager", bos_token_id=0, eos_token_id=0,
        )
    )
    named = dict(sorted(model.named_parameters()))
    with torch.no_grad():
        for index, parameter in enumerate(named.values()):
            parameter.copy_(weight(index, parameter.shape))

    rows, length, vocabulary = 2, 12, c["vocabularySize"]
    place = torch.arange(rows * length)
    ids = ((place * 7 + place * place) % vocabulary).reshape(rows, length)
    targets = ((place * 5 + 3) % vocabulary).reshape(rows, length)
    weights = torch.tensor([0.0, 1.0, 0.5])[place % 3].reshape(rows, length)
    segments = torch.tensor(case["segments"])
    positions = torch.zeros_like(segments)
    for row in range(rows):
        for t in range(1, length):
            positions[row, t] = positions[row, t - 1] + 1 if segments[row, t] == segments[row, t - 1] else 0
    allowed = (segments[:, :, None] == segments[:, None, :]) & torch.ones(length, length).tril().bool()
    mask = torch.where(allowed, 0.0, torch.finfo(torch.float32).min)[:, None]

    def forward():
        logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
        log_probabilities = logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
        return logits, -(weights * log_probabilities).sum() / weights.sum()

    learning = case["learning"]
    decayed = [p for n, p in named.items() if n.endswith("_proj.weight") or n == "lm_head.weight"]
    others = [p for n, p in named.items() if not (n.endswith("_proj.weight") or n == "lm_head.weight")]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": learning["weightDecay"]}, {"params": others, "weight_decay": 0.0}],
        lr=LEARNING_RATE, betas=(learning["beta1"], learning["beta2"]), eps=learning["epsilon"],
    )
    result = {**case, "positions": positions.tolist(), "steps": []}
    for step in range(3):
        optimizer.zero_grad()
        logits, loss = forward()
        loss.backward()
        if step == 0:
            result["logits"] = rounded(logits)
            result["gradients"] = {name: rounded(p.grad) for name, p in named.items()}
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), learning["clipNorm"])
        optimizer.step()
        result["steps"].append({"loss": float(f"{loss.item():.7g}"), "gradientNorm": float(f"{norm.item():.7g}")})
    result["parameters"] = {name: rounded(p) for name, p in named.items()}
    return result


json.dump(
    {
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
        "learningRate": LEARNING_RATE,
        "cases": [run(case) for case in CASES],
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
