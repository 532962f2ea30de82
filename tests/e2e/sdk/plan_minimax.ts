import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({
  apiKey: Deno.env.get("MINIMAX_API_KEY")!,
  baseURL: Deno.env.get("MINIMAX_BASE_URL")!,
  maxRetries: 0,
});

const stream = await client.messages.create({
  model: "MiniMax-M2",
  max_tokens: 10,
  messages: [{ role: "user", content: "hi" }],
  stream: true,
});
const parts: string[] = [];
for await (const event of stream) {
  if (event.type === "content_block_delta" && event.delta.type === "text_delta") parts.push(event.delta.text);
}
console.log(JSON.stringify(parts));
