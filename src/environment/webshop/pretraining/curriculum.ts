import type { Stage } from "../../../trainer/pretraining/stage.ts";
import { choosing, copying, judging, judgingSimply, lookingUp, tickingOff, wording } from "./documents.ts";

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
      tokens: millions(0.8),
      exercises: [
        { name: "repeats", weight: 1, draw: { length: [8, 40], occurrences: [2] } },
        { name: "copying", weight: 2, draw: copying },
        { name: "looking up", weight: 3, draw: lookingUp },
        { name: "wording", weight: 0.3, draw: wording },
        { name: "judging simply", weight: 1, draw: judgingSimply },
        { name: "judging", weight: 1, draw: judging },
      ],
    },
    {
      name: "judging",
      tokens: millions(6.2),
      exercises: [
        { name: "copying", weight: 0.2, draw: copying },
        { name: "looking up", weight: 0.4, draw: lookingUp },
        { name: "wording", weight: 0.4, draw: wording },
        { name: "judging simply", weight: 3, draw: judgingSimply },
        { name: "judging", weight: 3, draw: judging },
        { name: "choosing", weight: 1, draw: choosing },
        { name: "ticking off", weight: 2, draw: tickingOff },
      ],
      emphasis: { words: ["yes", "no", "seen", "done"], weight: 2 },
    },
  ];
}
