import type { PolicyReference, TrainingExample } from "../trainer/trainer.ts";
import type { MethodContext } from "./method.ts";
import { expertWins, type PositiveRepository } from "./repository.ts";
import { select } from "./selection.ts";

/**
 * Step 1 of every method: `D+ := { expert trajectories with R = 1 }`, `student := SFT(base, D+)`. It is iteration 0,
 * and the same for all methods, so that they differ only in what they do next.
 */
export async function cloneExpertWins(
  context: MethodContext,
): Promise<{ repository: PositiveRepository; student: PolicyReference }> {
  const { systemPrompt, tasks, expertTrajectories } = context;
  const taskIds = new Set(tasks.map((task) => task.id));
  const repository = expertWins(expertTrajectories.filter(({ taskId }) => taskIds.has(taskId)));
  const selection = select(
    { systemPrompt, tasks, expertTrajectories, iteration: 0, simulations: [], repository },
    {
      simulatedStates: 0,
      explore: "failures",
      stateWins: "any",
      solutionsPerImportantState: "all",
      keepExpertWins: true,
      lossOnExpertActions: true,
      keepHarmfulActions: false,
    },
  );
  await context.recordSelection(0, selection);
  const student = await fineTune(context, context.base, selection.examples, 0);
  await context.finishIteration(0, student);
  return { repository, student };
}

/** SFT on the examples; a student with nothing to learn from stays what it is. */
export async function fineTune(
  context: MethodContext,
  from: PolicyReference,
  examples: readonly TrainingExample[],
  iteration: number,
): Promise<PolicyReference> {
  return examples.length === 0 ? from : context.fineTune(from, examples, iteration);
}
