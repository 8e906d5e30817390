"""A Llama in plain PyTorch, as the peer of the embedded student's benchmarks; see protocol.py.

Attention is PyTorch's fused one, and so is AdamW. As the student, it computes logits only where the loss has a weight.
"""

import time

import torch
import torch.nn.functional as F

from protocol import serve


class Llama:
    def __init__(self, configuration, weights):
        self.c = configuration
        self.w = {name: tensor.clone().requires_grad_() for name, tensor in weights.items()}
        half = configuration["headSize"] // 2
        frequencies = configuration["ropeTheta"] ** (-torch.arange(half, dtype=torch.float64) / half)
        angles = torch.arange(configuration["maximumPositions"], dtype=torch.float64)[:, None] * frequencies
        self.cos = torch.cat([angles.cos()] * 2, -1).float()
        self.sin = torch.cat([angles.sin()] * 2, -1).float()

    def rotate(self, x, cos, sin):
        one, other = x.chunk(2, -1)
        return x * cos + torch.cat([-other, one], -1) * sin

    def hidden(self, ids, positions, cache=None, mask=None):
        """Hidden states [rows, length, hidden]; with a cache, keys and values are written behind its length."""
        c, w = self.c, self.w
        rows, length = ids.shape
        heads, groups, size, epsilon = c["heads"], c["keyValueHeads"], c["headSize"], c["rmsNormEpsilon"]
        cos, sin = self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1)
        x = F.embedding(ids, w["model.embed_tokens.weight"])
        for layer in range(c["layers"]):
            p = lambda name: w[f"model.layers.{layer}.{name}.weight"]
            normed = F.rms_norm(x, x.shape[-1:], p("input_layernorm"), epsilon)
            split = lambda name, n: F.linear(normed, p(f"self_attn.{name}")).view(rows, length, n, size).transpose(1, 2)
            q = self.rotate(split("q_proj", heads), cos, sin)
            k = self.rotate(split("k_proj", groups), cos, sin)
            v = split("v_proj", groups)
            if cache is not None:
                k, v = cache.extended(layer, k, v)
            attended = F.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, is_causal=mask is None and length > 1, enable_gqa=heads != groups
            )
            x = x + F.linear(attended.transpose(1, 2).reshape(rows, length, heads * size), p("self_attn.o_proj"))
            normed = F.rms_norm(x, x.shape[-1:], p("post_attention_layernorm"), epsilon)
            gated = F.silu(F.linear(normed, p("mlp.gate_proj"))) * F.linear(normed, p("mlp.up_proj"))
            x = x + F.linear(gated, p("mlp.down_proj"))
        return F.rms_norm(x, x.shape[-1:], w["model.norm.weight"], epsilon)

    def logits(self, hidden):
        head = "model.embed_tokens.weight" if self.c["tiedEmbeddings"] else "lm_head.weight"
        return F.linear(hidden, self.w[head])


class Cache:
    """Keys and values of all rows, [rows, heads, capacity, size] a layer, allocated once."""

    def __init__(self, configuration, rows, capacity):
        shape = (rows, configuration["keyValueHeads"], capacity, configuration["headSize"])
        self.keys = [torch.empty(shape) for _ in range(configuration["layers"])]
        self.values = [torch.empty(shape) for _ in range(configuration["layers"])]
        self.length = 0

    def extended(self, layer, k, v):
        end = self.length + k.shape[2]
        self.keys[layer][:, :, self.length : end] = k
        self.values[layer][:, :, self.length : end] = v
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]


def train(model, command):
    """Steps of training; times in milliseconds and losses."""
    learning = command["learning"]
    if command["fresh"] or not hasattr(model, "optimizer"):
        parameters = list(model.w.items())
        decayed = [w for name, w in parameters if w.dim() > 1 and "embed" not in name]
        others = [w for name, w in parameters if w.dim() == 1 or "embed" in name]
        model.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": learning["weightDecay"]}, {"params": others, "weight_decay": 0.0}],
            betas=(learning["beta1"], learning["beta2"]), eps=learning["epsilon"], fused=True,
        )
        model.loss = batch_loss(model)
        if command["compile"]:
            model.loss = torch.compile(model.loss)
    for group in model.optimizer.param_groups:
        group["lr"] = command["learningRate"]
    batch = command["batch"]
    ids = torch.tensor(batch["inputIds"]).view(batch["rows"], batch["length"])
    weights = torch.tensor(batch["targetWeights"])
    places = weights.nonzero().squeeze(1)
    targets = torch.tensor(batch["targets"])[places]
    positions = torch.arange(batch["length"])[None]
    times, losses = [], []
    for _ in range(command["steps"]):
        start = time.perf_counter()
        model.optimizer.zero_grad(set_to_none=True)
        loss = model.loss(ids, positions, places, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(model.w.values()), learning["clipNorm"])
        model.optimizer.step()
        losses.append(loss.item())
        times.append((time.perf_counter() - start) * 1000)
    return {"milliseconds": times, "losses": losses}


def batch_loss(model):
    def loss(ids, positions, places, targets):
        hidden = model.hidden(ids, positions)
        return F.cross_entropy(model.logits(hidden.flatten(0, 1)[places]), targets)

    return loss


@torch.no_grad()
def decode(model, command):
    """Greedy decoding of `rows` sequences of `context` tokens, one token each a step, with a cache of keys and values."""
    rows, context, steps = command["rows"], command["context"], command["steps"]
    ids = torch.tensor(command["tokens"]).view(rows, context)
    cache = Cache(model.c, rows, context + steps + 1)
    start = time.perf_counter()
    hidden = model.hidden(ids, torch.arange(context)[None], cache)
    cache.length = context
    token = model.logits(hidden[:, -1]).argmax(-1, keepdim=True)
    prompt = (time.perf_counter() - start) * 1000
    times, chosen = [], [token[:, 0].tolist()]
    for step in range(steps):
        start = time.perf_counter()
        hidden = model.hidden(token, torch.tensor([[context + step]]), cache)
        cache.length += 1
        token = model.logits(hidden[:, -1]).argmax(-1, keepdim=True)
        chosen.append(token[:, 0].tolist())
        times.append((time.perf_counter() - start) * 1000)
    return {"promptMilliseconds": prompt, "milliseconds": times, "chosen": chosen}


@torch.no_grad()
def simulate(model, command):
    """Turn by turn: the padded prompts of all episodes in one pass, then a token of each at a time, to the longest message."""
    episodes = [{"prompt": list(each["prompt"]), "turns": each["turns"]} for each in command["episodes"]]
    start = time.perf_counter()
    for turn in range(max(len(each["turns"]) for each in episodes)):
        active = [each for each in episodes if turn < len(each["turns"])]
        length = max(len(each["prompt"]) for each in active)
        new = max(len(each["turns"][turn]["message"]) for each in active)
        padding = torch.tensor([length - len(each["prompt"]) for each in active])[:, None]
        ids = torch.tensor([[0] * (length - len(each["prompt"])) + each["prompt"] for each in active])
        places = torch.arange(length + new)[None]
        seen = places >= padding
        positions = (places - padding).clamp(min=0)
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        # A row of padding looks at itself, or its softmax would have nothing to sum to.
        mask = (causal & seen[:, None, :length]) | torch.eye(length, dtype=torch.bool)
        cache = Cache(model.c, len(active), length + new)
        hidden = model.hidden(ids, positions[:, :length], cache, mask[:, None])
        cache.length = length
        for step in range(new):
            token = model.logits(hidden[:, -1]).argmax(-1, keepdim=True)
            if step == new - 1:
                break
            end = length + step + 1
            hidden = model.hidden(token, positions[:, end - 1 : end], cache, seen[:, None, None, :end])
            cache.length = end
        for each in active:
            each["prompt"] += each["turns"][turn]["message"] + each["turns"][turn]["observation"]
    return {"seconds": time.perf_counter() - start}


def main():
    model = None

    def current(shape, weights, command):
        """The model of the command before, unless a fresh one is wanted."""
        nonlocal model
        if model is None or command.get("fresh"):
            model = Llama(shape, weights)
        return model

    serve(torch.__version__, {"training": train, "decoding": decode, "simulations": simulate}, current)


main()
