const LIMIT = 20;

/** Follows redirects with a cookie jar of its own, until one leads away from the issuer. */
export async function visit(
  start: string,
  issuer: string,
  answer: (request: Request) => Promise<Response>,
): Promise<string> {
  const jar = new Map<string, string>();
  let url = start;
  for (let step = 0; step < LIMIT; step++) {
    if (new URL(url).origin !== new URL(issuer).origin) return url;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await answer(new Request(url, { headers: { cookie }, redirect: "manual" }));
    const text = await response.text();
    const location = response.headers.get("location");
    if (location === null) throw new Error(`the server answered ${response.status}: ${text}`);
    for (const line of response.headers.getSetCookie()) keep(jar, line);
    url = new URL(location, url).href;
  }
  throw new Error(`the server redirected ${LIMIT} times`);
}

function keep(jar: Map<string, string>, line: string): void {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
  if (value === "") jar.delete(name!);
  else jar.set(name!, value!);
}
