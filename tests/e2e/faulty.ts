import { run } from "../../main.ts";

/** The program with a bug: it throws the credential that it holds, in a request, in its answer, or out of any. */
await run((upstream) => async (request) => {
  const credential = new TextDecoder().decode(request.credential);
  const error = new Error(`sent ${credential}`, { cause: credential });
  error.name = credential.trim();
  if (request.url.pathname.endsWith("/thrown")) throw error;
  if (request.url.pathname.endsWith("/text")) throw credential;
  if (request.url.pathname.endsWith("/stray")) Promise.reject(error);
  return await upstream(request);
});
