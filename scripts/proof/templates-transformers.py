"""What Transformers' `apply_chat_template` makes of conversations under chat templates: tokens, and labels where a template marks them.

    python templates-transformers.py MODEL CONVERSATIONS OUT

CONVERSATIONS is a list of objects with `template` (a Jinja file), `messages` and perhaps `tools`. A row is empty where the template
refuses the messages, and its labels are all -100 where the template has no {% generation %}.
"""

import datetime
import json
import re
import sys

import transformers
import trl

model, conversations, out = sys.argv[1:]


class FixedDate(datetime.datetime):
    """The date that templates print: here always the one that `eef` gives them."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


transformers.utils.chat_template_utils.datetime = FixedDate
tokenizer = transformers.AutoTokenizer.from_pretrained(model)
rows = []
for conversation in json.load(open(conversations)):
    template = open(conversation["template"]).read()
    marked = re.search(r"\{%-?\s*generation\b", template) is not None
    try:
        made = tokenizer.apply_chat_template(
            conversation["messages"],
            tools=conversation.get("tools"),
            chat_template=template,
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=marked,
        )
    except Exception as error:
        rows.append({"ids": [], "labels": []})
        continue
    ids = made["input_ids"]
    mask = made["assistant_masks"] if marked else [0] * len(ids)
    rows.append({"ids": ids, "labels": [id if trained else -100 for id, trained in zip(ids, mask)]})
versions = {"Transformers": transformers.__version__, "TRL": trl.__version__}
with open(out, "w") as file:
    json.dump({"versions": versions, "rows": rows}, file)
