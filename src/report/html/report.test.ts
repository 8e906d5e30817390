import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { LabelledTrajectory, RunResults } from "../results.ts";
import { madeUpRun } from "./made-up-run.test-helpers.ts";
import { defaultBaseline, renderReport as render } from "./report.ts";

/** With few resamples: what the intervals are is tested elsewhere. */
const renderReport = (results: RunResults) => render(results, { resamples: 50 });
const run = madeUpRun(80);
const page = renderReport(run);

/** The run with every text that comes from outside replaced. */
function withHostileTexts(text: string): RunResults {
  const run = madeUpRun(8);
  return {
    ...run,
    name: text,
    environment: text,
    experts: run.experts.map((expert) => ({ ...expert, name: text })),
    evaluations: run.evaluations.map((evaluation) => ({
      ...evaluation,
      method: `${text}${evaluation.method}`,
    })),
    selections: run.selections.map((selection) => ({ ...selection, method: text })),
    facts: [{ name: text, value: text }],
    trajectories: run.trajectories.map((trajectory) => ({
      ...trajectory,
      taskId: `${text}${trajectory.taskId}`,
      expert: text,
      initialObservation: text,
      steps: trajectory.steps.map((step) => ({
        ...step,
        message: `${text}\nAction: ${text}`,
        action: text,
        observation: text,
      })),
      selections: trajectory.selections.map((selection) => ({
        ...selection,
        method: text,
        actions: selection.actions.map(({ label, uses }) => ({
          label,
          uses: uses.map((use) => ({ ...use, reason: text })),
        })),
      })),
    })),
  };
}

/** Every tag of a page in order, without its text, style and script. */
function tagsOf(markup: string): string[] {
  const outside = markup.replace(/<style>[\s\S]*?<\/style>/, "").replace(/<script>[\s\S]*?<\/script>/, "");
  return [...outside.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
}

const voidElements = /^<(!doctype|meta|br|input|line|circle|path|polyline)\b/;

describe("renderReport", () => {
  it("has the results, curves, selections and trajectories of the run", () => {
    for (const id of ["results", "curves", "selection", "trajectories"])
      expect(page).toContain(`<section id="${id}">`);
    expect(page).toContain("EEF");
    expect(page).toMatch(/vs RFT x6 \[95%\]/);
    expect(page.match(/<figure class="chart">/g)).toHaveLength(4);
  });

  it("is the same for the same results", () => {
    expect(renderReport(madeUpRun(80))).toBe(page);
  });

  it("needs nothing from outside", () => {
    expect(page).not.toMatch(/https?:|@import|url\(|<link|<img|<iframe/);
    expect(page.match(/ (src|href)="[^#]/)).toBeNull();
  });

  it("allows exactly its own style and script", () => {
    const policy =
      /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll("&#39;", "'") ?? "";
    for (const element of ["style", "script"]) {
      const content = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(page)?.[1] ?? "";
      const hash = createHash("sha256").update(content).digest("base64");
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
    }
    expect(page).not.toMatch(/ style="| on\w+="/);
  });

  it("has every tag closed, in order", () => {
    const open: string[] = [];
    for (const tag of tagsOf(page)) {
      if (voidElements.test(tag) || tag.endsWith("/>")) continue;
      const name = /^<\/?([a-z0-9]+)/.exec(tag)?.[1] ?? "";
      if (tag.startsWith("</")) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  it("gives each action of a shown trajectory a symbol and a word besides its colour", () => {
    for (const chip of ["+ beneficial", "− harmful", "↺ needs recovery", "= neutral", "? unknown"]) {
      expect(page).toContain(`>${chip}</span>`);
    }
    expect(page).toContain("<b>kept</b>");
    expect(page).toContain("<i>masked</i>");
    expect(page).toContain("● win (1/1 won)");
    expect(page).toContain("○ loss (0/1 won)");
  });

  it.each([
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></td></table><h1>x</h1>",
    "`'&amp;",
    "</script><script>",
  ])("shows the hostile text %j without its becoming markup", (text) => {
    const hostile = renderReport(withHostileTexts(text));
    // Were one character of it taken as markup, there would be a tag that the harmless page has not.
    const shape = (markup: string) => tagsOf(markup).map((tag) => /^<\/?[a-z0-9]*/.exec(tag)?.[0]);
    expect(shape(hostile)).toEqual(shape(renderReport(withHostileTexts("harmless"))));
    expect(hostile).not.toContain(text.replace("&amp;", "&"));
  });

  it("shows no control characters and none that turn the writing around", () => {
    const hostile = renderReport(withHostileTexts("a\u0000b\u001b[2Jc\u202Ed\u2066e\uD800f"));
    expect(hostile).not.toMatch(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/u);
    expect(hostile.isWellFormed()).toBe(true);
  });

  it("stays small however many tasks there are and however long texts are", () => {
    const [first] = run.trajectories;
    const long = "word ".repeat(20_000);
    const step = {
      message: `Thought: ${long}\nAction: ${long}`,
      action: long,
      observation: long,
      valid: true,
    };
    const many: LabelledTrajectory[] = Array.from({ length: 100 }, (_, index) => ({
      ...(first ?? raise()),
      trajectoryId: `t-${index}`,
      taskId: `task-${index}`,
      initialObservation: long,
      steps: Array.from({ length: 200 }, () => step),
    }));
    const huge = renderReport({ ...run, trajectories: many });
    expect(huge.match(/<details class="task"/g)).toHaveLength(60);
    expect(huge).toContain("60 of 100 training tasks");
    expect(huge).toContain("140 further actions are not shown");
    expect(huge.length).toBeLessThan(20_000_000);
  });

  it("can be made of a run that has only begun", () => {
    const empty = renderReport({
      ...run,
      experts: [],
      evaluations: [],
      selections: [],
      trajectories: [],
      facts: [],
    });
    expect(empty).toContain("Nothing has been evaluated yet");
    expect(empty).not.toContain('id="trajectories"');
    const one = renderReport({ ...run, evaluations: run.evaluations.slice(0, 1), experts: [] });
    expect(one).not.toContain("NaN");
    expect(page).not.toContain("NaN");
  });
});

describe("defaultBaseline", () => {
  it("is RFT with the most rollouts, then RFT, then the first method", () => {
    expect(defaultBaseline(["SFT", "RFT", "RFT x6", "RFT x12", "EEF"])).toBe("RFT x12");
    expect(defaultBaseline(["SFT", "RFT", "EEF"])).toBe("RFT");
    expect(defaultBaseline(["SFT", "EEF"])).toBe("SFT");
    expect(defaultBaseline([])).toBeUndefined();
  });
});

function raise(): never {
  throw new Error("the made-up run has no trajectory");
}
