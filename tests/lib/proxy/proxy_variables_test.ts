import assert from "node:assert/strict";
import { isExcepted, proxyVariable } from "../../../lib/proxy/proxy_variables.ts";

Deno.test("proxyVariable() names the variable that the runtime heeds", () => {
  const among = (...names: string[]) =>
    proxyVariable((name) => names.includes(name) ? "http://x" : undefined);
  assert.equal(among(), undefined);
  assert.equal(among("HTTP_PROXY", "NO_PROXY"), undefined);
  assert.equal(among("https_proxy"), "https_proxy");
  assert.equal(among("https_proxy", "HTTPS_PROXY", "ALL_PROXY"), "ALL_PROXY");
});

Deno.test("isExcepted() reads NO_PROXY as the runtime does", async (t) => {
  const rows: [list: string, excepted: boolean][] = [
    ["", false],
    [",", false],
    ["*", true],
    ["api.openai.com", true],
    ["other.test, .openai.com", true],
    ["openai.com", true],
    ["penai.com", false],
    ["com.", false],
    ["10.0.0.0/8", false],
  ];
  for (const [list, excepted] of rows) {
    await t.step(JSON.stringify(list), () => {
      for (const variable of ["NO_PROXY", "no_proxy"]) {
        assert.equal(isExcepted((name) => name === variable ? list : undefined, "api.openai.com"), excepted);
      }
    });
  }
});
