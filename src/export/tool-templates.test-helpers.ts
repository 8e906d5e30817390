interface HermesWords {
  /** Around the declarations of the tools, in the system message. */
  readonly tools: readonly [before: string, after: string];
  /** The special token that ends a turn. */
  readonly end: string;
  /** Whether trained messages are marked for TRL. */
  readonly generation: boolean;
}

/**
 * As Hermes 2 and Qwen 2.5: ChatML, tools in the system message, a call as JSON in `<tool_call>`, its answer in a turn of the user.
 */
export function hermesTemplate({ tools, end, generation }: HermesWords): string {
  const turn = String.raw`
        {%- if message.content %}
            {{- message.content }}
            {%- if message.tool_calls %}
                {{- '\n' }}
            {%- endif %}
        {%- endif %}
        {%- for call in message.tool_calls or [] %}
            {{- '<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
            {{- call.function.arguments | tojson }}
            {{- '}\n</tool_call>' }}
        {%- endfor %}
        {{- '${end}' }}`;
  const marked = `{%- if message.train %}{%- generation %}${turn}{%- endgeneration %}{%- else %}${turn}{%- endif %}`;
  return String.raw`{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- endif %}
    {{- ${JSON.stringify(tools[0])} }}
    {%- for tool in tools %}
        {{- '\n' }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- ${JSON.stringify(tools[1])} + '${end}\n' }}
{%- elif messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\n' + messages[0]['content'] + '${end}\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {{- '<|im_start|>user\n' + message.content + '${end}\n' }}
    {%- elif message.role == 'assistant' %}
        {{- '<|im_start|>assistant\n' }}
        ${generation ? marked : turn}
        {{- '\n' }}
    {%- elif message.role == 'tool' %}
        {{- '<|im_start|>user\n<tool_response>\n' + message.content + '\n</tool_response>${end}\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}`;
}

/** Chat templates that write tools and tool calls, in the formats of well-known models but not in their words. */
export const toolTemplates = {
  Hermes: hermesTemplate({
    tools: ["\n\nTools that can be called:\n<tools>", "\n</tools>"],
    end: "<|im_end|>",
    generation: false,
  }),
  /**
   * As Llama 3.1: tools in the first user message, with indentation, a call as bare JSON in place of the text (so that a text beside it is
   * left out), its answer as a JSON string under a role of its own.
   */
  "Llama 3.1": String.raw`{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = '' %}
{%- endif %}
{{- '<|start_header_id|>system<|end_header_id|>\n\nDate: ' + strftime_now('%d %b %Y') + '\n\n' + system_message + '<|eot_id|>' }}
{%- if tools is not none %}
    {%- set first_user_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
    {{- '<|start_header_id|>user<|end_header_id|>\n\nAnswer with a call of one of these functions.\n\n' }}
    {%- for tool in tools %}
        {{- tool | tojson(indent=4) }}
        {{- '\n\n' }}
    {%- endfor %}
    {{- first_user_message + '<|eot_id|>' }}
{%- endif %}
{%- for message in messages %}
    {%- if 'tool_calls' in message %}
        {%- if message.tool_calls | length != 1 %}
            {{- raise_exception('one call at a time') }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\n\n{"name": "' + call.name + '", "parameters": ' }}
        {{- call.arguments | tojson }}
        {{- '}<|eot_id|>' }}
    {%- elif message.role == 'tool' %}
        {{- '<|start_header_id|>ipython<|end_header_id|>\n\n' }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- '<|eot_id|>' }}
    {%- else %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}`,
};

/** As Mistral: a call has other surroundings than a text, and an answer stands only behind a call. */
export const mistralToolTemplate = `{{- bos_token }}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {%- if tools and loop.index0 < 2 %}
            {{- '[AVAILABLE_TOOLS]' + (tools | tojson) + '[/AVAILABLE_TOOLS]' }}
        {%- endif %}
        {{- '[INST]' + message.content + '[/INST]' }}
    {%- elif message.role == 'system' %}
        {{- '[SYSTEM_PROMPT]' + message.content + '[/SYSTEM_PROMPT]' }}
    {%- elif message.tool_calls is defined %}
        {{- message.content + '[TOOL_CALLS]' + message.tool_calls[0].function.name + '[ARGS]' }}
        {{- message.tool_calls[0].function.arguments | tojson }}
        {{- '<|im_end|>' }}
    {%- elif message.role == 'assistant' %}
        {{- ' ' + message.content + '<|im_end|>' }}
    {%- elif message.role == 'tool' %}
        {%- if messages[loop.index0 - 1].tool_calls is not defined %}
            {{- raise_exception('an answer without a call') }}
        {%- endif %}
        {{- '[TOOL_RESULTS]' + message.content + '[/TOOL_RESULTS]' }}
    {%- endif %}
{%- endfor %}`;
