import { Agent, request } from "node:http";

/** What a chat request of the middle of an episode looks like. */
const body = JSON.stringify({
  model: "fixed",
  messages: [
    { role: "system", content: "Reach the target." },
    ...Array.from({ length: 3 }, (_, index) => [
      { role: "user", content: `sum ${index} of 6` },
      { role: "assistant", content: "Thought: more.\nAction: add 1" },
    ]).flat(),
    { role: "user", content: "sum 3 of 6" },
  ],
  temperature: 1,
  max_tokens: 512,
  seed: 1,
});

/** Sends requests, always `concurrency` at once, and does nothing with the answers but read them to their end. */
export function bareLoop(baseUrl: string, concurrency: number): (requests: number) => Promise<void> {
  const agent = new Agent({ keepAlive: true });
  return async (requests) => {
    let left = requests;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        await post(agent, `${baseUrl}/chat/completions`);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  };
}

function post(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", resolve);
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
