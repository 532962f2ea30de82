import { FieldList } from "../http/fields.ts";
import type { Answer } from "../http/message.ts";
import { checkUrl, judge, type Verdict } from "../providers/check.ts";
import { storeCommand } from "../providers/remedy.ts";
import type { Provider } from "../providers/table.ts";
import { type Credential, inject } from "../proxy/inject.ts";
import { Refusal } from "../proxy/refusal.ts";
import type { Context } from "./context.ts";
import { baseIn } from "./regions.ts";

/** How long a provider may take to answer, in milliseconds. */
const DEADLINE = 10_000;

/** As much of an answer as is looked at, in bytes: an error is shorter, and a list of models needs no look. */
const MAX_BODY = 65_536;

/**
 * Asks the provider whether the credential is valid. A key that is rejected is tried in the provider's other
 * regions, since it is valid in one only; a login goes nowhere but where it was made.
 */
export async function checkCredential(
  context: Context,
  provider: Provider,
  region: string | undefined,
  credential: Credential,
): Promise<Verdict> {
  const base = baseIn(provider, region);
  const verdict = await ask(context, provider, base, credential);
  if (verdict.result !== "rejected") return verdict;
  const regions = provider.auth === "api-key" ? provider.regions ?? {} : {};
  const others = Object.entries(regions).filter(([, other]) => other !== base);
  const answers = await Promise.all(others.map(async ([name, other]) => {
    return { name, ...await ask(context, provider, other, credential) };
  }));
  const home = answers.find(({ result }) => result === "valid") ??
    answers.find(({ result }) => result === "no-access");
  if (home === undefined) {
    const tried = answers.filter(({ result }) => result === "rejected").map(({ name }) => name);
    const also = tried.length === 0 ? "" : `also not valid in ${tried.join(" and ")}; `;
    return { ...verdict, detail: `${also}store another one: ${storeCommand(provider)}` };
  }
  const command = `${storeCommand(provider)} --region ${home.name}`;
  return { result: "rejected", detail: `it belongs to the region ${home.name}: ${command}` };
}

async function ask(
  { system, upstream, userAgent }: Context,
  provider: Provider,
  base: string,
  credential: Credential,
): Promise<Verdict> {
  const url = checkUrl(provider, base);
  const headers = new FieldList(["accept"], ["application/json"]);
  const line = inject(headers, provider, url, credential, userAgent);
  const over = new AbortController();
  const late = system.sleep(DEADLINE).then((): Verdict => {
    over.abort();
    return { result: "unreachable", detail: "it did not answer within ten seconds" };
  });
  const answered = send().catch((error): Verdict => {
    if (error instanceof Refusal) return { result: "unreachable", detail: error.message };
    return { result: "unreachable", detail: "the connection broke off" };
  });
  return await Promise.race([answered, late]).finally(() => over.abort());

  async function send(): Promise<Verdict> {
    const { method } = provider.check;
    const { signal } = over;
    const answer = await upstream({ url, method, headers, credential: line, body: null, signal });
    const { text, broken } = await beginningOf(answer);
    // A refusal says enough by its status, a success may be undone by what is missing.
    if (broken && answer.status < 300) return { result: "unreachable", detail: "its answer broke off" };
    return judge(provider, answer.status, text);
  }
}

async function beginningOf({ body }: Answer): Promise<{ readonly text: string; readonly broken: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (text.length <= MAX_BODY) {
      const bytes = await body?.read();
      if (bytes === undefined) break;
      text += decoder.decode(bytes, { stream: true });
    }
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  } finally {
    body?.cancel();
  }
}
