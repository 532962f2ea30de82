import type { Locked } from "./lock.ts";

/** What is known against a locked package. */
export interface Advisory {
  readonly package: string;
  readonly severity: string;
  readonly title: string;
  readonly url: string;
}

/** The registry does not say. */
export class NoAnswer extends Error {}

/**
 * Asks a registry what is known against these versions (npm's bulk advisory endpoint, which mirrors often lack).
 *
 * @param deadline in milliseconds
 * @throws {NoAnswer}
 */
export async function askAdvisories(
  registry: string,
  packages: readonly Locked[],
  deadline: number,
): Promise<Advisory[]> {
  const versions: Record<string, string[]> = {};
  for (const { name, version } of packages) (versions[name] ??= []).push(version);
  const url = `${registry.replace(/\/+$/, "")}/-/npm/v1/security/advisories/bulk`;
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(versions),
    signal: AbortSignal.timeout(deadline),
  }).then(read, () => undefined);
  if (typeof answer === "number") throw new NoAnswer(`it answered with the status ${answer}`);
  if (!isAdvisories(answer)) throw new NoAnswer("its answer is not one, or did not come in time");
  return Object.entries(answer).flatMap(([name, list]) =>
    list.map(({ severity, title, url }) => ({ package: name, severity, title, url }))
  );
}

async function read(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (!answer.ok) return answer.status;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAdvisories(value: unknown): value is Record<string, Omit<Advisory, "package">[]> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((list) =>
    Array.isArray(list) && list.every((one) => typeof one?.title === "string")
  );
}
