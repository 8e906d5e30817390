"""How a peer is asked: what `peer.ts` starts as

    python PROGRAM.py CONFIG.json WEIGHTS.safetensors THREADS

says its version in one line of JSON, then reads one command a line from standard input and answers each with one line.
"""

import contextlib
import json
import sys

import torch
from safetensors.torch import load_file


def serve(version, handlers, make_model):
    """Answers each command with `handlers[name](model, command)`, of a model that `make_model(shape, weights, command)` gives."""
    configuration, weights, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    with open(configuration, encoding="utf-8") as file:
        shape = json.load(file)
    answer = lambda value: print(json.dumps(value), flush=True)
    answer({"version": version})
    for line in sys.stdin:
        command = json.loads(line)
        # Standard output is for answers; what the libraries print goes elsewhere.
        with contextlib.redirect_stdout(sys.stderr):
            result = handlers[command["name"]](make_model(shape, load_file(weights), command), command)
        answer(result)
