import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { commandLine } from "../../support/command_line.ts";

Deno.test("doctor repeats no part of a secret, wherever it stands", async (t) => {
  using line = commandLine();
  await line.run(["providers", "set", "openai", "--force"], { stdin: [CANARY] });
  Deno.writeTextFileSync(
    `${line.home}/config.json`,
    JSON.stringify({
      [CANARY]: CANARY,
      providers: { openai: { apiKey: CANARY }, [CANARY]: CANARY },
      api_key: CANARY,
    }),
  );
  const keys = PROVIDERS.flatMap(({ sdk }) => [...sdk.key, ...sdk.base, ...sdk.others ?? []]);
  const names = [...keys, "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "DENO_CERT", "AGENTGAZER_LOG"];
  const env = Object.fromEntries(names.map((name) => [name, `https://ada:${CANARY}@x.test`]));
  const rows: [string, Record<string, string>][] = [["everywhere", env], ["as a key log", {
    SSLKEYLOGFILE: CANARY,
  }]];
  rows.push(["as a backend", { AGENTGAZER_SECRET_BACKEND: CANARY }], ["as an address", {
    DENO_SERVE_ADDRESS: CANARY,
  }]);
  for (const [name, variables] of rows) {
    for (const args of [["doctor"], ["doctor", "--json"]]) {
      await t.step(`${name}: ${args.join(" ")}`, async () => {
        const upstream = () =>
          Promise.resolve(new Response(CANARY, { headers: { date: CANARY, location: CANARY }, status: 302 }));
        const { out, err, code } = await line.run(args, { env: variables, upstream, isTerminal: true });
        assert.notEqual(code, 1);
        assertNoCanary(out + err, args.join(" "));
      });
    }
  }
});
