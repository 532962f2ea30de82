/** A page for the browser of somebody who logs in. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  // The address holds the code.
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "connection": "close",
};

/** Renders a page. Its connection ends with it. */
export function pageResponse({ status, title, text }: Page): Response {
  const html = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>agentgazer</title>
<body style="font:18px/1.5 system-ui,sans-serif;max-width:32em;margin:4em auto;padding:0 1em">
<h1 style="font-size:1.4em">${escaped(title)}</h1><p>${escaped(text)}</p>
`;
  return new Response(html, { status, headers: HEADERS });
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`);
}
