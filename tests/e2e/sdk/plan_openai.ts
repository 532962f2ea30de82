import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });

const stream = await client.responses.create({
  model: "gpt-5-codex",
  instructions: "Be brief.",
  input: [{ role: "user", content: "hi" }],
  store: false,
  stream: true,
});
const parts: string[] = [];
for await (const event of stream) if (event.type === "response.output_text.delta") parts.push(event.delta);
console.log(JSON.stringify(parts));
