import OpenAI, { RateLimitError } from "openai";

const client = new OpenAI({ maxRetries: 0 });
const messages = [{ role: "user" as const, content: "hi" }];

const plain = await client.chat.completions.create({ model: "plain", messages });
const stream = await client.chat.completions.create({ model: "stream", messages, stream: true });
const parts: string[] = [];
for await (const chunk of stream) parts.push(chunk.choices[0]?.delta.content ?? "");
const error = await client.chat.completions.create({ model: "fail", messages }).catch((error) => error);
console.log(JSON.stringify({
  plain: plain.choices[0]?.message.content,
  parts,
  typed: error instanceof RateLimitError,
  message: error.message,
}));
