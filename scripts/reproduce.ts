/**
 * Runs the comparison of the methods and the ablations over several seeds, and writes what was found to docs/results.
 * It takes hours. Stopped in any way and started again, it continues; the results are written after every seed.
 *
 *     npm run reproduce
 *     npm run reproduce -- --seeds 1,2,3 --methods sft,rft-x6,eef
 *     npm run reproduce -- --report-only      # write the results of what there is, and run nothing
 *
 * Several processes may share the work, each with seeds of its own; --report-only with all seeds then puts the
 * results together. `eef explain` and `eef compare` work on the run directories as on any other.
 */
import {
  askedOfStudy,
  parseSeed,
  parseStudyOptions,
  runStudyCommand,
  runStudyScript,
  studyOptions,
} from "./reproduce/study-command.ts";
import { webshopStudy } from "./reproduce/webshop-study.ts";

const options = {
  ...studyOptions,
  seeds: { type: "string", default: "1,2,3,4,5" },
  output: { type: "string", default: "runs/reproduce" },
  /** One catalogue for all seeds, by its seed. */
  catalogue: { type: "string" },
} as const;

await runStudyScript(async (signal) => {
  const values = parseStudyOptions(options);
  const asked = askedOfStudy(values);
  const catalogue = values.catalogue === undefined ? undefined : parseSeed("--catalogue", values.catalogue);
  const study = webshopStudy({
    output: values.output,
    ...(catalogue === undefined ? {} : { catalogueSeed: catalogue }),
  });
  return await runStudyCommand({
    study,
    name: catalogue === undefined ? "reproduce" : `reproduce-catalogue-${catalogue}`,
    command: `npm run reproduce -- --seeds ${asked.seeds.join(",")}${catalogue === undefined ? "" : ` --catalogue ${catalogue}`}`,
    ...asked,
    signal,
  });
});
