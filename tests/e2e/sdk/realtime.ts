/** Speaks Realtime with OpenAI's SDK, which wants TLS, and prints what came back. */
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";

const client = new OpenAI();
const realtime = new OpenAIRealtimeWebSocket({ model: "gpt-realtime" }, client);
const closed = Promise.withResolvers<CloseEvent>();
realtime.on("error", (error) => closed.reject(error));
realtime.on("session.updated", ({ session }) => console.log(JSON.stringify(session)));
realtime.socket.addEventListener("close", (event) => closed.resolve(event));
realtime.socket.addEventListener("open", () => {
  realtime.send({ type: "session.update", session: { type: "realtime", instructions: "Grüße 🦊" } });
});
const { code, reason } = await closed.promise;
console.log(JSON.stringify({ code, reason }));
