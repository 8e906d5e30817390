/** Counts of what became of imported episodes. */
import { isWin } from "../../src/index.ts";
import type { Labelling, RestoredEpisodes } from "./imported-episodes.ts";

export interface ImportedFailures {
  readonly episodes: RestoredEpisodes["counts"];
  readonly replay: {
    /** Restored episodes of which every recorded action was possible here. */
    readonly whole: number;
    readonly cutShort: number;
    readonly pagesAlike: number;
    readonly pagesDifferent: number;
    /** Restored episodes that are wins here. */
    readonly wins: number;
  };
  /** Absent without a student. */
  readonly labels?: {
    readonly simulations: number;
    readonly simulationWins: number;
    /** Restored episodes with at least one action that is beneficial, harmful or neutral. */
    readonly labelledEpisodes: number;
    readonly beneficial: number;
    readonly harmful: number;
    readonly neutral: number;
    readonly unknown: number;
    readonly statesThatNeedRecovery: number;
    readonly examples: number;
  };
}

export function summarise({ counts, episodes }: RestoredEpisodes, labelling?: Labelling): ImportedFailures {
  const whole = episodes.filter(({ stoppedAt }) => stoppedAt === undefined).length;
  const replay = {
    whole,
    cutShort: episodes.length - whole,
    pagesAlike: sum(episodes.map(({ pages }) => pages.alike)),
    pagesDifferent: sum(episodes.map(({ pages }) => pages.different)),
    wins: episodes.filter(({ trajectory }) => isWin(trajectory)).length,
  };
  if (labelling === undefined) return { episodes: counts, replay };
  const { simulations, selection } = labelling;
  const labels = selection.trajectories.flatMap(({ actions }) => actions);
  const count = (label: string) => labels.filter((given) => given === label).length;
  return {
    episodes: counts,
    replay,
    labels: {
      simulations: simulations.length,
      simulationWins: simulations.filter(isWin).length,
      labelledEpisodes: selection.trajectories.filter(({ actions }) =>
        actions.some((label) => label !== "unknown"),
      ).length,
      beneficial: count("beneficial"),
      harmful: count("harmful"),
      neutral: count("neutral"),
      unknown: count("unknown"),
      statesThatNeedRecovery: selection.importantStates.filter(({ kind }) => kind === "needs-recovery")
        .length,
      examples: selection.examples.length,
    },
  };
}

export function formatImportedFailures({ episodes, replay, labels }: ImportedFailures): string {
  const { recorded, recordedWins, restored } = episodes;
  const lines = [
    `${recorded} recorded episodes: ${recordedWins} wins, ${recorded - recordedWins} failures`,
    `goal restored: ${restored}`,
    `not restored: ${episodes.unknownGoal} ask for what no goal of these products asks for,` +
      ` ${episodes.ambiguousGoal} fit several goals; ${episodes.othersWithAProduct} of them met one of these products`,
    `replayed: ${replay.whole} to their end, ${replay.cutShort} cut short at an action that is not possible here;` +
      ` ${replay.wins} are wins here`,
    `pages: ${replay.pagesAlike} as recorded, ${replay.pagesDifferent} not`,
  ];
  if (labels === undefined) return [...lines, "not labelled: no student was given"].join("\n");
  return [
    ...lines,
    `simulations: ${labels.simulations}, of which ${labels.simulationWins} won`,
    `labelled: ${labels.labelledEpisodes} episodes; actions: ${labels.beneficial} beneficial, ${labels.harmful} harmful,` +
      ` ${labels.neutral} neutral, ${labels.unknown} unknown`,
    `${labels.statesThatNeedRecovery} states need recovery; ${labels.examples} training examples`,
  ].join("\n");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
