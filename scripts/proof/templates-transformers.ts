/**
 * Proves the rendering of native tool calls against Transformers: under the chat templates that TRL comes with, which are those of well-known
 * models, and under two of our own, `apply_chat_template` must give our tokens; and where TRL's training templates
 * mark what an assistant writes, its mask must be ours.
 *
 *     python -m venv VENV && VENV/bin/pip install torch trl
 *     node scripts/proof/templates-transformers.ts VENV [OUT.md]
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UnfitExampleError } from "../../src/export/example-format.ts";
import { prepare } from "../../src/export/export-examples.ts";
import { toolTemplates } from "../../src/export/tool-templates.test-helpers.ts";
import { type ChatTokenizer, openChatTokenizer, type TrainingExample } from "../../src/index.ts";
import { playToolExamples, shortest } from "./examples.ts";
import { type LabelledRow, ownLabels, readLabels } from "./labels.ts";
import { describeVersions, writeProof } from "./page.ts";
import { modelWith } from "./templates.ts";

/** The special tokens of all templates together, as far as they have the usual forms. */
const specialToken = /<[|｜][^<>{}'"\s]{1,40}[|｜]>|\[\/?[A-Z_]{3,30}\]|<\/?(?:s|(?:start|end)_of_turn)>/g;

/** Templates that our Jinja library does not render as Jinja does: it prints booleans as JSON has them. */
const printsBooleans = "nemotron_3";

await writeProof("trl", async ({ bin, folder, say, expect }) => {
  const files = templateFiles(bin, folder);
  const special = new Set(files.flatMap((file) => readFileSync(file, "utf8").match(specialToken) ?? []));
  const model = modelWith("{{ bos_token }}", join(folder, "model"), [...special]);
  const kinds = [
    ["call only", shortest(await playToolExamples(6, false), 3)],
    ["text and call", shortest(await playToolExamples(6, true), 3)],
  ] as const;
  const cases: Case[] = [];
  for (const file of files) {
    const chat = await openChatTokenizer(model, file);
    for (const [kind, examples] of kinds) cases.push(layOut(basename(file), kind, chat, examples));
  }
  const asked = join(folder, "conversations.json");
  writeFileSync(
    asked,
    JSON.stringify(
      cases.flatMap(({ template, chats }) =>
        chats.map((chat) => ({ ...chat, template: files.find((file) => basename(file) === template) })),
      ),
    ),
  );
  const { versions, rows } = readLabels(join(bin, "python"), "templates-transformers.py", [model, asked]);
  const table: string[] = [];
  let from = 0;
  for (const each of cases) {
    const theirs = rows.slice(from, from + each.chats.length);
    from += each.chats.length;
    const counts = compare(each, theirs);
    expect(counts.differentTokens === 0 || each.template.startsWith(printsBooleans));
    table.push(lineOf(each, counts));
  }
  const native = cases.filter(({ reason }) => reason === undefined).length;
  say(
    "# Proof: native tool calls under chat templates",
    "",
    `${describeVersions(versions)}. The chat templates that TRL comes with, and two of our own (\`Hermes\`, \`Llama 3.1\`: their formats, not their words), with the shipped tokenizer and the special tokens of all templates. Three episodes of the generated shop as native tool calls, every action a target, once with nothing and once with a thought beside each call. Made by \`node scripts/proof/templates-transformers.ts VENV docs/results/proof-chat-templates.md\`, which says how to make the environment.`,
    "",
    `Of ${cases.length} cases ${native} are written as calls, and the others as text or not at all, for the reason given. In each the tokens of \`apply_chat_template\` are compared with those of \`eef preview\`, and where TRL's template marks what an assistant writes (\`…_training\`), the labels: those that only one side trains on, but for line breaks around a turn.`,
    "",
    `Tokens differ only under \`${printsBooleans}…\`, whose templates print booleans of the tools' declarations as text: \`True\` in Jinja, \`true\` in the library that \`eef\` uses. That is one token for each tool with \`additionalProperties\`.`,
    "",
    "What only TRL trains on is what the template writes around the text by itself: an empty thought (Qwen 3, Nemotron 3), the beginning of the turn (gpt-oss), which is given to a model that is asked, a token behind the last turn (Phi 3). What only `eef` trains on is the token by which Gemma 4 ends a call, which opens the answer.",
    "",
    "| template | beside the call | written as | tokens | different | trained | ours only | theirs only |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ...table,
  );
});

/** The template files that TRL comes with, and ours, which are written into the folder. */
function templateFiles(bin: string, folder: string): string[] {
  const lib = join(bin, "..", "lib");
  const python = readdirSync(lib).find((name) => name.startsWith("python3")) ?? "python3";
  const shipped = join(lib, python, "site-packages", "trl", "chat_templates");
  const own = Object.entries(toolTemplates).map(([name, text]) => {
    const file = join(folder, `${name}.jinja`);
    writeFileSync(file, text);
    return file;
  });
  const theirs = readdirSync(shipped).filter((name) => name.endsWith(".jinja"));
  return [...own, ...theirs.sort().map((name) => join(shipped, name))];
}

interface Case {
  readonly template: string;
  readonly kind: string;
  readonly tokenizer: ChatTokenizer;
  readonly chats: readonly ReturnType<ChatTokenizer["layOut"]>[];
  /** Why the calls are written as text, if they are. */
  readonly reason: string | undefined;
  /** Undefined if the template takes the messages in neither form. */
  readonly ours: readonly LabelledRow[] | undefined;
}

function layOut(
  template: string,
  kind: string,
  tokenizer: ChatTokenizer,
  examples: readonly TrainingExample[],
): Case {
  const everyAction = examples.flatMap(
    (example) =>
      prepare({
        ...example,
        weights: example.messages.map(({ role }) => (role === "assistant" ? 1 : 0)),
      }) ?? [],
  );
  const chats = everyAction.map((example) => tokenizer.layOut(example));
  const reason = chats.find((chat) => chat.callsAsTextBecause !== undefined)?.callsAsTextBecause;
  try {
    return { template, kind, tokenizer, chats, reason, ours: ownLabels(everyAction, tokenizer) };
  } catch (error) {
    if (!(error instanceof UnfitExampleError)) throw error;
    return { template, kind, tokenizer, chats, reason, ours: undefined };
  }
}

interface Counts {
  readonly tokens: number;
  readonly differentTokens: number;
  readonly trained: number;
  /** Undefined where the template marks nothing. */
  readonly labels: { readonly ours: number; readonly theirs: number } | undefined;
}

function compare({ ours = [], tokenizer }: Case, theirs: readonly LabelledRow[]): Counts {
  const counts = { tokens: 0, differentTokens: 0, trained: 0 };
  const labels = { ours: 0, theirs: 0 };
  for (const [index, own] of ours.entries()) {
    const other = theirs[index] ?? { ids: [], labels: [] };
    counts.tokens += own.ids.length;
    for (let place = 0; place < Math.max(own.ids.length, other.ids.length); place++) {
      const id = own.ids[place] ?? 0;
      if (own.ids[place] !== other.ids[place]) counts.differentTokens++;
      const [isOurs, isTheirs] = [own, other].map((row) => (row.labels[place] ?? -100) !== -100);
      if (isOurs === true) counts.trained++;
      if (isOurs === isTheirs || tokenizer.decode([id]).trim() === "") continue;
      if (isOurs === true) labels.ours++;
      else labels.theirs++;
    }
  }
  const marks = theirs.some((row) => row.labels.some((label) => label !== -100));
  return { ...counts, labels: marks ? labels : undefined };
}

function lineOf({ template, kind, reason, ours }: Case, counts: Counts): string {
  const name = template.replace(/\.jinja$/, "");
  const form = ours === undefined ? "not at all" : reason === undefined ? "calls" : "text";
  const because = reason === undefined ? "" : `: ${shortReason(reason, template)}`;
  const { labels } = counts;
  const [own, other] = labels === undefined ? ["", ""] : [labels.ours, labels.theirs];
  const numbers = ours === undefined ? ["", "", ""] : [counts.tokens, counts.differentTokens, counts.trained];
  return `| ${[`\`${name}\``, kind, `${form}${because}`, ...numbers, own, other].join(" | ")} |`;
}

/** Without the file's name, and on one line of a table. */
function shortReason(reason: string, template: string): string {
  const [, after = reason] = reason.split(`${template} `);
  return after.replaceAll(/[\n|]/g, " ").slice(0, 120);
}
