import OpenAI from "openai";

const client = new OpenAI({
  apiKey: Deno.env.get("ZAI_API_KEY")!,
  baseURL: Deno.env.get("ZAI_BASE_URL")!,
  maxRetries: 0,
});

const stream = await client.chat.completions.create({
  model: "glm-4.6",
  messages: [{ role: "user", content: "hi" }],
  stream: true,
});
const parts: string[] = [];
for await (const chunk of stream) parts.push(chunk.choices[0]?.delta.content ?? "");
console.log(JSON.stringify(parts.filter((part) => part !== "")));
