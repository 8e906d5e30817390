export { type MistakeOptions, mistakeOptionsSchema } from "./mistakes.ts";
export { createScriptedExpert, createWeakScriptedExpert, type ScriptedExpertOptions } from "./scripted.ts";
