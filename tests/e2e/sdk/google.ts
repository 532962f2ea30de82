import { ApiError, GoogleGenAI } from "@google/genai";

const client = new GoogleGenAI({});

const plain = await client.models.generateContent({ model: "plain", contents: "hi" });
const stream = await client.models.generateContentStream({ model: "stream", contents: "hi" });
const parts: string[] = [];
for await (const chunk of stream) parts.push(chunk.text ?? "");
const error = await client.models.generateContent({ model: "fail", contents: "hi" }).catch((error) => error);
console.log(JSON.stringify({
  plain: plain.text,
  parts,
  typed: error instanceof ApiError && error.status === 429,
  message: error.message,
}));
