import type { Stage } from "../../../trainer/pretraining/stage.ts";
import { choosing, copying, judging, lookingUp, tickingOff, wording } from "./documents.ts";

/**
 * The order in which a new network learns to shop's reading: first to copy (from random tokens, where nothing but
 * copying helps), then to look up, then to judge and to choose. `docs/log.md` tells what happens without it.
 * @param scale Multiplies all amounts of text.
 */
export function readingCurriculum(scale = 1): Stage[] {
  const millions = (count: number) => Math.round(count * scale * 1e6);
  return [
    {
      name: "repeats",
      tokens: millions(1),
      exercises: [{ name: "repeats", weight: 1, draw: { length: [4, 12], occurrences: [2, 3, 4, 6] } }],
    },
    {
      name: "look-ups",
      tokens: millions(0.7),
      exercises: [
        { name: "repeats", weight: 1, draw: { length: [8, 40], occurrences: [2] } },
        { name: "copying", weight: 2, draw: copying },
        { name: "looking up", weight: 3, draw: lookingUp },
        { name: "wording", weight: 0.3, draw: wording },
        { name: "judging", weight: 2, draw: judging },
      ],
    },
    {
      name: "reading",
      tokens: millions(6),
      exercises: [
        { name: "copying", weight: 0.3, draw: copying },
        { name: "looking up", weight: 0.5, draw: lookingUp },
        { name: "wording", weight: 0.5, draw: wording },
        { name: "judging", weight: 5, draw: judging },
        { name: "choosing", weight: 1.2, draw: choosing },
        { name: "ticking off", weight: 1.5, draw: tickingOff },
      ],
    },
  ];
}
