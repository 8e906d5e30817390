"""The chat template of the shipped checkpoint, for ms-swift, which trains with templates of its own and not with the model's."""

from swift.template import TemplateMeta, register_template

for name, line in {"proof": "", "proof-lines": "\n"}.items():
    register_template(
        TemplateMeta(
            name,
            prefix=[],
            system_prefix=[f"<|system|>{line}{{{{SYSTEM}}}}<|end|>{line}"],
            prompt=[f"<|user|>{line}{{{{QUERY}}}}<|end|>{line}<|assistant|>{line}"],
            chat_sep=[f"<|end|>{line}"],
            suffix=[f"<|end|>{line}"],
        )
    )
