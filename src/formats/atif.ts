import { z } from "zod";
import { type Step, stepSchema, type Trajectory, trajectorySchema } from "../trajectory.ts";
import { type Turn, trajectoryFromConversation } from "./conversation.ts";
import type { ImportedTrajectory, TrajectoryFormat } from "./format.ts";
import { stemOf } from "./input-file.ts";
import { compactJson, elementSources, sourceOf } from "./json-source.ts";
import { contentSchema, oneLineName, textOf } from "./openai-messages.ts";
import { count, countUnknownKeys, type RowContext, rowFormat } from "./row-format.ts";
import { readToolCall } from "./tool-call-messages.ts";
import { parseToolCallText, type TextToolCall, toolCallMessage, toolCallText } from "./tool-call-text.ts";

/**
 * ATIF, the Agent Trajectory Interchange Format of the Harbor project, version 1.7 (and 1.0 to 1.6 to read): one JSON
 * document a trajectory, in a file of its own or one a line.
 *
 * What ATIF has no field for stands under `extra.eef`, so an exported trajectory comes back equal in every field.
 */

const toolCallSchema = z.looseObject({
  tool_call_id: z.string(),
  function_name: oneLineName,
  arguments: z.record(z.string(), z.unknown()),
});

const atifStepSchema = z.looseObject({
  step_id: z.number().int(),
  source: z.enum(["system", "user", "agent"]),
  message: contentSchema.nullish(),
  tool_calls: z.array(toolCallSchema).nullish(),
  observation: z
    .looseObject({ results: z.array(z.looseObject({ content: contentSchema.nullish() })) })
    .nullish(),
  extra: z.looseObject({ eef: stepSchema.omit({ message: true, observation: true }).optional() }).nullish(),
});
type AtifStep = z.infer<typeof atifStepSchema>;

const ownFieldsSchema = trajectorySchema.omit({ id: true, initialObservation: true, steps: true });

const documentSchema = z.looseObject({
  schema_version: z.string().regex(/^ATIF-v1\.[0-7]$/, "expected ATIF-v1.0 to ATIF-v1.7"),
  session_id: z.string().nullish(),
  trajectory_id: z.string().nullish(),
  agent: z.looseObject({ name: z.string() }),
  steps: z.array(atifStepSchema).min(1),
  extra: z.looseObject({ eef: ownFieldsSchema.optional() }).nullish(),
});
type AtifDocument = z.infer<typeof documentSchema>;

export const atifFormat: TrajectoryFormat = rowFormat({
  name: "atif",
  description: "Agent Trajectory Interchange Format 1.x, one document a trajectory",
  recognizes: (value) =>
    typeof value === "object" &&
    value !== null &&
    "schema_version" in value &&
    typeof value.schema_version === "string" &&
    value.schema_version.startsWith("ATIF-"),
  schema: documentSchema,
  numbersTwins: true,
  convert: (document, context) => importOwn(document, context) ?? importForeign(document, context),
});

/** One trajectory as an ATIF 1.7 document, as JSON data. */
export function toAtif(trajectory: Trajectory) {
  const { id, initialObservation, steps, ...own } = trajectory;
  const { promptTokens, generatedTokens } = trajectory.usage;
  const copied = trajectory.from?.stateIndex ?? 0;
  return {
    schema_version: "ATIF-v1.7",
    session_id: id,
    trajectory_id: id,
    agent: {
      name: trajectory.policy,
      version: "unknown",
      ...(trajectory.tools === undefined
        ? {}
        : { tool_definitions: trajectory.tools.map((tool) => ({ type: "function", function: tool })) }),
    },
    steps: [
      { step_id: 1, source: "user", message: initialObservation },
      ...steps.map(({ message, observation, ...step }, index) => {
        const stepId = index + 2;
        const call = toolCallOf(step);
        const callId = step.toolCall?.id ?? `call_${stepId}`;
        return {
          step_id: stepId,
          source: "agent",
          message,
          ...(call === undefined
            ? {}
            : {
                tool_calls: [{ tool_call_id: callId, function_name: call.name, arguments: call.arguments }],
              }),
          observation: {
            results: [{ ...(call === undefined ? {} : { source_call_id: callId }), content: observation }],
          },
          // The expert's steps that a simulation begins with are context, which ATIF's readers leave out of training.
          ...(index < copied ? { is_copied_context: true } : {}),
          extra: { eef: step },
        };
      }),
    ],
    final_metrics: {
      ...(Number.isSafeInteger(promptTokens) ? { total_prompt_tokens: promptTokens } : {}),
      ...(Number.isSafeInteger(generatedTokens) ? { total_completion_tokens: generatedTokens } : {}),
      total_steps: steps.length + 1,
    },
    extra: { eef: own },
  };
}

/** The step's native tool call, or the one that its action stands for in text. */
function toolCallOf({ action, toolCall }: Pick<Step, "action" | "toolCall">): TextToolCall | undefined {
  return toolCall === undefined ? parseToolCallText(action) : readToolCall(toolCall);
}

/** What `toAtif` wrote, exactly; undefined for a document from elsewhere. */
function importOwn(document: AtifDocument, context: RowContext): ImportedTrajectory | undefined {
  const own = document.extra?.eef;
  const [first, ...rest] = document.steps;
  if (own === undefined || first === undefined) return undefined;
  const steps = rest.map((step, index) => {
    const recorded = step.extra?.eef;
    if (recorded === undefined) throw context.invalid(`steps.${index + 1}.extra.eef`, "is missing");
    return { message: textOf(step.message), ...recorded, observation: resultsOf(step) };
  });
  // Parsed once more for the order of the fields: written again, the trajectory is the same to the byte.
  const trajectory = trajectorySchema.parse({
    ...own,
    id: document.trajectory_id ?? "",
    initialObservation: textOf(first.message),
    steps,
    ...(context.policy === undefined ? {} : { policy: context.policy }),
  });
  return { trajectory };
}

function importForeign(document: AtifDocument, context: RowContext): ImportedTrajectory {
  const dropped: Record<string, number> = {};
  countUnknownKeys(dropped, document, ["schema_version", "session_id", "trajectory_id", "agent", "steps"]);
  countUnknownKeys(dropped, document.agent, ["name"], "agent");
  const written = elementSources(context.text, ["steps"]);
  const turns = document.steps.flatMap((step, index) =>
    turnsOf(step, written[index] ?? "", index, context, dropped),
  );
  const action = turns.findIndex(({ role }) => role === "assistant");
  const observation = turns.slice(0, Math.max(action, 0)).findLastIndex(({ role }) => role === "user");
  const id = document.trajectory_id ?? document.session_id ?? `${stemOf(context.file)}-${context.line}`;
  return trajectoryFromConversation(
    {
      id: `atif/${id}`,
      taskId: id,
      policy: document.agent.name,
      turns: alternating(turns),
      prologue: context.skip ?? Math.max(observation, 0),
      dropped,
    },
    context,
  );
}

/** @param written The step as it stands in the file. */
function turnsOf(
  step: AtifStep,
  written: string,
  index: number,
  context: RowContext,
  dropped: Record<string, number>,
): Turn[] {
  countUnknownKeys(dropped, step, ["step_id", "source", "message", "tool_calls", "observation"], "steps");
  const { results = [], ...aroundResults } = step.observation ?? {};
  countUnknownKeys(dropped, aroundResults, [], "steps.observation");
  for (const result of results) countUnknownKeys(dropped, result, ["content"], "steps.observation.results");
  count(dropped, "boundaries between steps.observation.results", results.length - 1);
  const field = `steps.${index}`;
  const message = textOf(step.message);
  const observed: Turn[] = step.observation
    ? [{ role: "user", content: resultsOf(step), field: `${field}.observation` }]
    : [];
  const [call, ...others] = step.tool_calls ?? [];
  if (step.source !== "agent") {
    if (call === undefined) return [{ role: step.source, content: message, field }, ...observed];
    throw context.invalid(`${field}.tool_calls`, `only an agent calls tools, not ${step.source}`);
  }
  if (others.length > 0) {
    throw context.invalid(
      `${field}.tool_calls`,
      `${others.length + 1} tool calls in one step, but a step is one action`,
    );
  }
  if (call === undefined) {
    return [{ role: "assistant", content: message, field, textField: `${field}.message` }, ...observed];
  }
  count(dropped, "steps.tool_calls.tool_call_id");
  countUnknownKeys(dropped, call, ["tool_call_id", "function_name", "arguments"], "steps.tool_calls");
  const given = sourceOf(written, ["tool_calls", 0, "arguments"]) ?? "{}";
  const action = toolCallText(call.function_name, compactJson(given));
  return [{ role: "assistant", content: toolCallMessage(message, action), action, field }, ...observed];
}

/** An agent's step without an observation has an empty one, and user messages behind an observation belong to it. */
function alternating(turns: readonly Turn[]): Turn[] {
  const result: Turn[] = [];
  const first = turns.findIndex(({ role }) => role === "assistant");
  for (const [index, turn] of turns.entries()) {
    const last = result.at(-1);
    if (last?.role === "assistant" && turn.role === "assistant") {
      result.push({ role: "user", content: "", field: turn.field });
    }
    if (last?.role === "user" && turn.role === "user" && index > first && first >= 0) {
      result[result.length - 1] = { ...last, content: `${last.content}\n${turn.content}` };
    } else {
      result.push(turn);
    }
  }
  return result;
}

function resultsOf({ observation }: AtifStep): string {
  return (observation?.results ?? []).map(({ content }) => textOf(content)).join("\n");
}
