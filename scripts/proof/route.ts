import { join } from "node:path";
import {
  openChatTokenizer,
  type PreparedTraining,
  shippedBase,
  type Trainer,
  type TrainingExample,
} from "../../src/index.ts";
import { playExamples, shortest } from "./examples.ts";
import { type Comparison, compareLabels, type Labels, labelsHeader, ownLabels } from "./labels.ts";
import { describeVersions, type ProofPage, writeProof } from "./page.ts";
import { modelWithLines } from "./templates.ts";
import { compareTraining, prepareTraining } from "./training.ts";

/** The chat template that a model directory holds: the shipped one, or one with line breaks around the texts. */
export type TemplateName = "its own" | "with line breaks";

/** A trainer that tokenises and masks by itself. */
export interface Route {
  /** As its people write it. */
  readonly name: string;
  /** Its package, and the name of the proof's script and page. */
  readonly package: string;
  /** What makes the labels of what, as the beginning of a sentence. */
  readonly labelled: string;
  trainerOf(page: ProofPage, model: string, template: TemplateName, batchSize: number): Trainer;
  /** The labels that the trainer makes of what was prepared for it. */
  labelsOf(page: ProofPage, prepared: PreparedTraining): Labels;
  /** The examples as the dataset has them, one for each row; default: as they are. */
  readonly rowsOf?: (examples: readonly TrainingExample[]) => readonly TrainingExample[];
  /** A comparison of labels that is the trainer's own, for the same table. */
  readonly further?: (page: ProofPage) => Promise<Comparison>;
  /** A difference in training that is no fault, with what it comes from. */
  readonly remark?: string;
}

/** Compares the trainer's labels with those of `eef preview`, and its losses with the embedded trainer's. */
export async function proveRoute(route: Route): Promise<void> {
  const { name, package: file, rowsOf = (examples) => examples } = route;
  await writeProof(file, async (page) => {
    const { folder, say, expect } = page;
    const examples = await playExamples(12);
    const few = shortest(examples, 3);
    const models: [TemplateName, string][] = [
      ["its own", shippedBase],
      ["with line breaks", modelWithLines(folder)],
    ];
    const table: string[] = [];
    let versions: Labels["versions"] = {};
    for (const [template, model] of models) {
      const trainer = route.trainerOf(page, model, template, few.length);
      const prepared = await prepareTraining(trainer, examples, join(folder, template.replaceAll(" ", "-")));
      const labels = route.labelsOf(page, prepared);
      const own = ownLabels(rowsOf(examples), await openChatTokenizer(model));
      const comparison = compareLabels(template, own, labels.rows);
      versions = labels.versions;
      table.push(comparison.line);
      expect(comparison.equal);
    }
    const further = await route.further?.(page);
    if (further !== undefined) {
      table.push(further.line);
      expect(further.equal);
    }
    say(
      `# Proof: the ${name} route`,
      "",
      `${describeVersions(versions)}, on a CPU, the shipped checkpoint as the model. ${examples.length} episodes of the generated shop, each assistant message a target or not by chance. Made by \`node scripts/proof/${file}.ts VENV docs/results/proof-${file}.md\`, which says how to make the environment.`,
      "",
      "## Labels",
      "",
      `${route.labelled}, against the mask of \`eef preview\`, by chat template:`,
      "",
      ...labelsHeader,
      ...table,
      "",
    );
    const trainer = route.trainerOf(page, shippedBase, "its own", rowsOf(few).length);
    const training = await compareTraining(trainer, few, folder);
    say("## Training", "", ...training.lines, ...(route.remark === undefined ? [] : ["", route.remark]));
    expect(training.equal);
  });
}
