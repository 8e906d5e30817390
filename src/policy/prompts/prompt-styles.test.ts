import { expect, test } from "vitest";
import type { Message } from "../../trajectory.ts";
import { inPromptStyle, type PromptSettings } from "./prompt-styles.ts";

const transcript: Message[] = [
  { role: "system", content: "The environment's own prompt." },
  { role: "user", content: "Find a lamp." },
  { role: "assistant", content: "Thought: so.\nAction: search[lamp]" },
  { role: "user", content: "Two lamps." },
];

const render = (promptStyle: PromptSettings["promptStyle"], more: Partial<PromptSettings> = {}) =>
  inPromptStyle(transcript, { promptStyle, workedExample: false, ...more });

test("ETO: instructions answered with OK, then the episode in turns, its observations marked but for the first", () => {
  const [instructions, ok, ...episode] = render("eto-webshop");
  expect(instructions).toMatchObject({ role: "user", content: expect.stringContaining("click[text]") });
  expect(ok).toEqual({ role: "assistant", content: "OK" });
  expect(episode).toEqual([
    { role: "user", content: "Find a lamp." },
    { role: "assistant", content: "Thought: so.\nAction: search[lamp]" },
    { role: "user", content: "Observation:\nTwo lamps." },
  ]);
  expect(render("eto-scienceworld").at(-1)?.content).toBe("Observation: Two lamps.");
});

test("ReAct: one text that ends where the model goes on", () => {
  const rendered = render("react-webshop");
  expect(rendered).toHaveLength(1);
  expect(rendered[0]?.role).toBe("user");
  expect(rendered[0]?.content).toMatch(
    /\n\nWebShop\nFind a lamp\.\nThought: so\.\nAction: search\[lamp\]\nObservation:\nTwo lamps\.$/,
  );
});

test.each(["eto-webshop", "eto-scienceworld", "react-webshop", "react-scienceworld"] as const)(
  "%s: a worked example stands between instructions and episode, and takes turns with them",
  (promptStyle) => {
    const [plain, worked] = [render(promptStyle), render(promptStyle, { workedExample: true })];
    const text = (messages: readonly Message[]) => messages.map(({ content }) => content).join("\n");
    expect(text(worked).length).toBeGreaterThan(text(plain).length + 300);
    expect(text(worked)).toMatch(/Action: (click\[Buy Now\]|move pea plant to red box)[\s\S]*Find a lamp\./);
    for (const [index, { role }] of worked.entries())
      expect(role).toBe(index % 2 === 0 ? "user" : "assistant");
  },
);

test.each(["eto-webshop", "react-webshop"] as const)(
  "%s: a longer transcript begins with the shorter one, for prefix caches",
  (promptStyle) => {
    const settings = { promptStyle, workedExample: true };
    const longer: Message[] = [
      ...transcript,
      { role: "assistant", content: "Action: click[a]" },
      { role: "user", content: "A." },
    ];
    const text = (messages: readonly Message[]) =>
      JSON.stringify(inPromptStyle(messages, settings)).replace(/"\}\]$/, "");
    expect(text(longer).startsWith(text(transcript))).toBe(true);
  },
);

test("the environment's prompt is left out, and the instructions may be others", () => {
  for (const style of ["eto-webshop", "react-scienceworld"] as const) {
    const rendered = JSON.stringify(render(style, { systemPrompt: "Be quick." }));
    expect(rendered).not.toContain("own prompt");
    expect(rendered).toContain("Be quick.");
  }
});
