import type { ExplainedAction, ExplainedState, Explanation } from "./explain.ts";

const longestAction = 160;

/** The explanation as plain text for a terminal, without colour. Text of environments and models is escaped and cut. */
export function formatExplanation({ taskId, trajectories, examples }: Explanation): string {
  const lines = [`Task ${printable(taskId)}`];
  for (const { trajectoryId, expert, reward, won, stopReason, states, actions } of trajectories) {
    lines.push(
      "",
      `Trajectory ${printable(trajectoryId)} of expert ${printable(expert)}: ${actions.length} actions, reward ${reward.toFixed(2)} (${won ? "won" : "lost"}, ${stopReason})`,
    );
    const byIndex = new Map(states.map((state) => [state.stateIndex, state]));
    actions.forEach((action, index) => {
      const state = byIndex.get(index);
      if (state !== undefined) lines.push(...stateLines(state));
      lines.push(...actionLines(action));
    });
  }
  lines.push("", examples.length === 0 ? "No example of this task was trained on." : "Examples");
  for (const { iteration, exampleId, winId, reason, targets, masked } of examples) {
    lines.push(
      `  iteration ${iteration}, ${shortId(exampleId)}: ${reason} Win ${shortId(winId)}; ${targets} actions trained on, ${masked} masked.`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function stateLines({ stateIndex, iterations }: ExplainedState): string[] {
  return iterations
    .filter(({ outcome }) => outcome.simulations.length > 0)
    .map(({ iteration, outcome, important }) => {
      const simulations = outcome.simulations
        .map(
          (simulation) =>
            `${shortId(simulation.trajectoryId)} ${simulation.outcome}, reward ${simulation.reward.toFixed(2)}, ${simulation.stopReason}`,
        )
        .join("; ");
      const marks = [
        outcome.needsRecovery ? "needs recovery" : undefined,
        important === undefined
          ? undefined
          : important.solutions.length === 0
            ? "unsolved"
            : `solved by ${important.solutions.map(shortId).join(", ")}`,
      ].filter((mark) => mark !== undefined);
      const suffix = marks.length === 0 ? "" : ` [${marks.join("; ")}]`;
      return `  s_${stateIndex} iteration ${iteration}: ${outcome.outcome} (${simulations})${suffix}`;
    });
}

function actionLines({ index, step, iterations }: ExplainedAction): string[] {
  return [
    `    a_${index} ${printable(step.action)}${step.valid ? "" : " (invalid)"}`,
    ...iterations.flatMap(({ iteration, label, reason, uses }) => [
      `        iteration ${iteration}: ${label}. ${reason}`,
      ...uses.map(
        (use) =>
          `            ${use.use === "target" ? "trained on" : "masked"} in ${shortId(use.exampleId)}: ${use.reason}`,
      ),
    ]),
  ];
}

/** Control characters, which could steer a terminal, become visible escapes. */
function printable(text: string): string {
  const escaped = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
  const characters = [...escaped];
  return characters.length > longestAction ? `${characters.slice(0, longestAction).join("")}…` : escaped;
}

function shortId(id: string): string {
  const cut = printable(id);
  return cut.length > 20 ? `${cut.slice(0, 20)}…` : cut;
}
