"""Makes tiny random Llamas with transformers, saves them in several forms, and records what torch computes.

    python make_models.py DIRECTORY [--only NAME]

For each model, DIRECTORY/NAME/model is what save_pretrained writes and DIRECTORY/NAME/reference.json holds logits,
greedy continuations, the loss and the gradient's norm of one batch, a conversation's tokens, and, with a LoRA adapter
made by peft in DIRECTORY/NAME/adapter, the logits and the adapter's gradient norm.
"""

import argparse
import json
import pathlib

import peft
import tokenizers
import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 32,
}
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAMA3_CHAT = (
    "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    " + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
GPT4_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)

# Name, what differs from the base shape, number format, largest shard, chat format.
MODELS = [
    ("grouped-tied", {"tie_word_embeddings": True}, torch.float32, "1GB", "chatml"),
    ("llama3-untied", {"rope_parameters": LLAMA3}, torch.float32, "1GB", "llama3"),
    ("llama3-bf16-sharded", {"rope_parameters": LLAMA3}, torch.bfloat16, "20KB", "llama3"),
    ("linear-f16", {"rope_parameters": {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
                    "tie_word_embeddings": True}, torch.float16, "1GB", "chatml"),
    ("single-head-size", {"head_dim": 6, "num_key_value_heads": 4, "hidden_size": 20}, torch.float32, "15KB", "chatml"),
    # Small enough to be kept beside the tests.
    ("fixture", {"rope_parameters": LLAMA3, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
                 "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "vocab_size": 304},
     torch.bfloat16, "6KB", "llama3"),
]
SHAPE = {
    "vocab_size": 384, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "tie_word_embeddings": False,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
}
CONVERSATION = [
    {"role": "system", "content": "You are a shopper."},
    {"role": "user", "content": " Find a red lamp for 23 dollars, don't haggle.\n"},
    {"role": "assistant", "content": "Thought: I'll search.\nAction: search[red lamp]"},
    {"role": "user", "content": "Page 1: [Back] 4711 Lämpchen"},
]


def make_tokenizer(chat):
    """A byte-level BPE tokenizer in the form of Llama 3's: with special tokens outside the model's vocabulary."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(ignore_merges=chat == "llama3"))
    byte_level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=chat == "chatml")
    tokenizer.pre_tokenizer = byte_level if chat == "chatml" else tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.Split(tokenizers.Regex(GPT4_SPLIT), "isolated"), byte_level]
    )
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=290, initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator([message["content"] for message in CONVERSATION] * 3, trainer)
    names = {
        "chatml": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        "llama3": ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
    }[chat]
    tokenizer.add_special_tokens(names)
    if chat == "llama3":
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single="<|begin_of_text|> $A", special_tokens=[(names[0], tokenizer.token_to_id(names[0]))]
        )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=names[0], eos_token=names[2] if chat == "chatml" else names[1],
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHATML if chat == "chatml" else LLAMA3_CHAT
    return fast, [tokenizer.token_to_id(name) for name in ([names[2]] if chat == "chatml" else [names[1], names[4]])]


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().double().flatten().tolist()]


def make(root, name, changes, dtype, shard, chat):
    torch.manual_seed(sum(name.encode()))
    tokenizer, ends = make_tokenizer(chat)
    config = LlamaConfig(**{**SHAPE, **changes}, bos_token_id=tokenizer.bos_token_id, eos_token_id=ends[0],
                         pad_token_id=None, attn_implementation="eager")
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            # Larger than transformers' own initialisation, so that differences would show.
            if "norm" in parameter_name:
                parameter.uniform_(0.5, 1.5)
            else:
                parameter.normal_(0, 1 if "embed" in parameter_name or "lm_head" in parameter_name else 0.3)
    model.generation_config.eos_token_id = ends if len(ends) > 1 else ends[0]
    directory = root / name / "model"
    model.to(dtype).save_pretrained(directory, max_shard_size=shard)
    tokenizer.save_pretrained(directory)

    # Computed in float32 from the numbers as they are stored, as the embedded student does.
    model = LlamaForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
    place = torch.arange(2 * 40)
    ids = ((place * 7 + place * place) % len(tokenizer)).reshape(2, 40)
    logits = model(input_ids=ids).logits
    labels = ids.roll(-1, 1)[:, :-1]
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), labels.reshape(-1))
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf"))
    greedy = [
        model.generate(input_ids=ids[row : row + 1, :10], attention_mask=torch.ones(1, 10), max_new_tokens=24,
                       do_sample=False, eos_token_id=None, pad_token_id=0)[0, 10:].tolist()
        for row in range(2)
    ]
    chats = {
        str(prompt): tokenizer.apply_chat_template(CONVERSATION, add_generation_prompt=prompt, return_dict=False)
        for prompt in (False, True)
    }
    reference = {
        "torch": torch.__version__.split("+")[0], "transformers": transformers.__version__, "peft": peft.__version__,
        "ids": ids.tolist(), "lastLogits": [numbers(row[-1]) for row in logits],
        "loss": float(f"{loss.item():.8g}"), "gradientNorm": float(f"{norm.item():.8g}"), "greedy": greedy,
        "conversation": CONVERSATION, "chat": chats["False"], "chatPrompt": chats["True"], "endTokens": ends,
        "texts": {text: tokenizer.encode(text, add_special_tokens=False) for text in
                  ["", " leading", "don't  stop\n\n 1234 Ä 日本", "a\u00a0b\t\tc"]},
    }
    if name != "fixture":
        reference["logits"] = numbers(logits)
        reference["adapter"] = adapter_reference(model, root / name / "adapter", ids, labels)
    (root / name / "reference.json").write_text(json.dumps(reference, separators=(",", ":")) + "\n")
    print(name, "made")


def adapter_reference(model, directory, ids, labels):
    adapted = peft.get_peft_model(
        model, peft.LoraConfig(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"],
                               task_type="CAUSAL_LM")
    )
    with torch.no_grad():
        for parameter_name, parameter in adapted.named_parameters():
            if "lora_" in parameter_name:
                parameter.normal_(0, 0.2)
    adapted.save_pretrained(directory)
    adapted.zero_grad()
    logits = adapted(input_ids=ids).logits
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), labels.reshape(-1))
    loss.backward()
    trained = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    norm = torch.nn.utils.clip_grad_norm_(trained, float("inf"))
    return {"logits": numbers(logits), "loss": float(f"{loss.item():.8g}"), "gradientNorm": float(f"{norm.item():.8g}")}


arguments = argparse.ArgumentParser()
arguments.add_argument("directory", type=pathlib.Path)
arguments.add_argument("--only")
options = arguments.parse_args()
for case in MODELS:
    if options.only in (None, case[0]):
        make(options.directory, *case)
