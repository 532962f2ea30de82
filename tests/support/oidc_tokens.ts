/** The texts in an answer of the token endpoint; none, when it is no JSON. */
export async function readAll(response: Response): Promise<Readonly<Record<string, string | undefined>>> {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

/** A request with other parameters in its form; one that becomes undefined is absent. */
export async function withForm(
  request: Request,
  changed: Readonly<Record<string, string | undefined>>,
): Promise<Request> {
  const form = new URLSearchParams(await request.text());
  for (const [name, value] of Object.entries(changed)) {
    if (value === undefined) form.delete(name);
    else form.set(name, value);
  }
  const { url, method } = request;
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(url, { method, headers, body: form });
}
