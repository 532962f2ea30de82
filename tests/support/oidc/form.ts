/** A request's parts, with its body as a form. */
interface FormRequest {
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | null;
  /** The parameters in the body. */
  readonly form: URLSearchParams;
}

/** Reads a request. JSON becomes a form: OpenAI's server takes both, oidc-provider forms only. */
export async function asForm(request: Request): Promise<FormRequest> {
  const headers = new Headers(request.headers);
  if (request.body === null) return { headers, body: null, form: new URLSearchParams() };
  let text = await request.text();
  if (headers.get("content-type")?.startsWith("application/json")) {
    text = new URLSearchParams(JSON.parse(text)).toString();
    headers.set("content-type", "application/x-www-form-urlencoded");
  }
  headers.delete("content-length");
  return { headers, body: new TextEncoder().encode(text), form: new URLSearchParams(text) };
}
