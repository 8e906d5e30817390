import start from "../../examples/webshop/eef.config.ts";
import {
  createDefaultTask,
  createRandomFailuresExpert,
  createScriptedExpert,
  eef,
  rft,
  sft,
  type WebShopEnvironment,
} from "../../src/index.ts";
import type { Family, Study, Subject } from "./study.ts";

export interface WebShopStudyOptions {
  /** The folder of run directories. */
  readonly output: string;
  /**
   * One catalogue for all seeds. If absent, every seed has a catalogue of its own, with training and test goals of its
   * own, so that the results are not about one catalogue.
   */
  readonly catalogueSeed?: number;
}

const goals = { train: 100, test: 200 };
/** The paper has three; one takes a third of the time, the same for all methods. */
const iterations = 1;

const mainMethods = [sft(), rft({ iterations }), rft({ rollouts: 6, iterations }), eef({ iterations })];
/** With one simulation a state, as in the paper, luck decides many a label. */
const repeatedSimulations = eef({
  iterations,
  name: "EEF, 3 simulations",
  simulationsPerState: 3,
  stateWins: "majority",
});
const ablations = [
  eef({ iterations, name: "EEF, harm kept", keepHarmfulActions: true }),
  eef({ iterations, name: "EEF, M = 1", simulatedStates: 1 }),
  eef({ iterations, name: "EEF, M = 3", simulatedStates: 3 }),
  eef({ iterations, name: "EEF, own actions", lossOnExpertActions: false }),
];

/**
 * The comparison of the methods, and the ablations. Whatever is not named here (student, fine-tuning, steps of an
 * episode) is as in `npm start`. A seed decides the expert's mistakes, every draw, and the order of training; and the
 * catalogue with its goals.
 */
export function webshopStudy({ output, catalogueSeed }: WebShopStudyOptions): Study {
  const { trainer, rollout, evaluation } = start;
  const { split, temperature } = evaluation;
  const settings = { trainer, rollout, evaluation: { split, temperature } };
  const prefix = catalogueSeed === undefined ? "" : `catalogue-${catalogueSeed}-`;
  const environmentOf = (seed: number) => environmentOfCatalogue(catalogueSeed ?? seed);

  const main: Family = {
    name: "main",
    output,
    runName: (seed) => `${prefix}seed-${seed}`,
    settings: (seed) => ({
      ...settings,
      environment: environmentOf(seed),
      experts: [{ policy: createScriptedExpert() }],
      methods: [...mainMethods, ...ablations],
    }),
  };
  const repeated: Family = {
    name: "repeated simulations",
    output,
    runName: (seed) => `${prefix}repeated-seed-${seed}`,
    settings: (seed) => ({ ...main.settings(seed), methods: [repeatedSimulations] }),
  };
  const randomFailures: Family = {
    name: "random failures",
    output,
    runName: (seed) => `${prefix}random-failures-seed-${seed}`,
    settings: (seed) => {
      const environment = environmentOf(seed);
      const { maximumSteps } = rollout;
      const expert = createScriptedExpert();
      return {
        ...settings,
        environment,
        experts: [{ policy: createRandomFailuresExpert({ expert, environment, maximumSteps }) }],
        methods: [sft(), rft({ rollouts: 6, iterations }), eef({ iterations })],
      };
    },
  };

  const of = (family: Family) => (method: string) => ({ family: family.name, method });
  const inMain = of(main);
  const inRandomFailures = of(randomFailures);
  const inRepeated = of(repeated);
  const baseline = "RFT x6";
  return {
    title: "Reproduction on WebShop",
    text: [
      "SFT, RFT, RFT x6 and EEF, and ablations of EEF, with the embedded student on the generated WebShop",
      `([the task](../default-task.md), [the options](../paper.md)). For every seed: ${goals.train} training goals and ${goals.test} test`,
      "goals that share no product and no answer with them, one round of exploration and fine-tuning after behaviour",
      "cloning; each method's last student, greedy, each test goal once.",
      catalogueSeed === undefined
        ? "Every seed has a catalogue and goals of its own, expert mistakes, draws, and an order of training of its own."
        : `All seeds share the catalogue and the goals of seed ${catalogueSeed}; each has expert mistakes, draws, and an order of training of its own.`,
    ].join("\n"),
    stages: [
      { family: main, methods: mainMethods.map((method) => method.name) },
      { family: main, methods: ["EEF, harm kept"] },
      { family: randomFailures, methods: ["SFT", "RFT x6", "EEF"], key: "random-failures" },
      { family: main, methods: ["EEF, M = 1"] },
      { family: main, methods: ["EEF, M = 3"] },
      { family: main, methods: ["EEF, own actions"] },
      { family: repeated, methods: [repeatedSimulations.name], key: "repeated" },
    ],
    tables: [
      {
        title: "Methods",
        text: "EEF simulates M = 5 states of each failed expert trajectory besides the initial one; RFT x6 has 6 rollouts for each goal.",
        rows: ["expert", ...mainMethods.map((method) => method.name)].map(inMain),
        baseline,
      },
      {
        title: "Ablations of EEF",
        text: [
          "_M = 1, M = 3_: fewer simulated states. _harm kept_: harmful actions are trained on as well.",
          "_own actions_: no loss on the expert's actions in front of the student's wins. _3 simulations_: of every state,",
          "which counts as won if most of them win.",
        ].join("\n"),
        rows: [
          ...["EEF", "EEF, M = 3", "EEF, M = 1", "EEF, own actions", "EEF, harm kept"].map(inMain),
          inRepeated(repeatedSimulations.name),
        ],
        baseline: "EEF",
      },
      {
        title: "Failures that hold nothing",
        text: [
          "The expert `random-failures` wins as `scripted` does, and acts at random where it fails. Its draws are its own,",
          "so it does not win the very goals that `scripted` wins in the runs above.",
        ].join("\n"),
        rows: ["expert", "SFT", "RFT x6", "EEF"].map(inRandomFailures),
        baseline,
      },
    ],
    comparisons: [
      { first: inMain("EEF"), second: inMain("RFT x6"), expected: "above 0" },
      { first: inMain("RFT x6"), second: inMain("RFT"), expected: "not below 0" },
      { first: inMain("RFT"), second: inMain("SFT"), expected: "not below 0" },
      ...mainMethods.map(({ name }) => minusExpert(inMain(name), inMain("expert"))),
      { first: inMain("EEF, harm kept"), second: inMain("EEF"), expected: "below 0" },
      { first: inMain("EEF, M = 1"), second: inMain("EEF"), expected: "not above 0" },
      { first: inMain("EEF, M = 3"), second: inMain("EEF"), expected: "not above 0" },
      { first: inMain("EEF, M = 1"), second: inMain("EEF, M = 3"), expected: "not above 0" },
      { first: inMain("EEF, own actions"), second: inMain("EEF"), expected: "not above 0" },
      { first: inRepeated(repeatedSimulations.name), second: inMain("EEF"), expected: "not below 0" },
      { first: inRandomFailures("EEF"), second: inRandomFailures("RFT x6"), expected: "not above 0" },
    ],
  };
}

function minusExpert(first: Subject, second: Subject) {
  return { first, second, expected: "above 0" } as const;
}

const environments = new Map<number, WebShopEnvironment>();

/** Made once: it takes a second or more. */
function environmentOfCatalogue(seed: number): WebShopEnvironment {
  const environment = environments.get(seed) ?? createDefaultTask({ seed, goals }).environment;
  environments.set(seed, environment);
  return environment;
}
