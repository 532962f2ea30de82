import Anthropic, { RateLimitError } from "@anthropic-ai/sdk";

const client = new Anthropic({ maxRetries: 0 });
const rest = { max_tokens: 10, messages: [{ role: "user" as const, content: "hi" }] };

const plain = await client.messages.create({ model: "plain", ...rest });
const stream = await client.messages.create({ model: "stream", ...rest, stream: true });
const parts: string[] = [];
for await (const event of stream) {
  if (event.type === "content_block_delta" && event.delta.type === "text_delta") parts.push(event.delta.text);
}
const error = await client.messages.create({ model: "fail", ...rest }).catch((error) => error);
const [block] = plain.content;
console.log(JSON.stringify({
  plain: block?.type === "text" ? block.text : undefined,
  parts,
  typed: error instanceof RateLimitError,
  message: error.message,
}));
