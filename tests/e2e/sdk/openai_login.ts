import OpenAI, { AuthenticationError } from "openai";

const client = new OpenAI({ maxRetries: 0 });

try {
  const stream = await client.responses.create({ model: "gpt-5-codex", input: "hi", stream: true });
  const parts: string[] = [];
  for await (const event of stream) {
    if (event.type === "response.output_text.delta") parts.push(event.delta);
  }
  console.log(JSON.stringify({ parts }));
} catch (error) {
  if (!(error instanceof AuthenticationError)) throw error;
  const { status, code, message } = error;
  console.log(JSON.stringify({ status, code, message }));
}
