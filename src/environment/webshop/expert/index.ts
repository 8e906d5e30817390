export { type MistakeOptions, mistakeOptionsSchema } from "./mistakes.ts";
export { createRandomFailuresExpert, type RandomFailuresOptions } from "./random-failures.ts";
export { createScriptedExpert, createWeakScriptedExpert, type ScriptedExpertOptions } from "./scripted.ts";
