import assert from "node:assert/strict";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { testWith } from "../support/needs.ts";
import { rawRequest, sendRaw } from "../support/raw.ts";
import { startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const KEYED = PROVIDERS.filter((provider) => provider.auth === "api-key").map(({ id }) => id);
const HOSTS = [...new Set(PROVIDERS.flatMap(({ hosts }) => hosts))];

testWith(
  NEEDS,
  "a route that is called by another host's name is refused before it is looked at",
  async (t) => {
    await using scene = await startScene(KEYED, ["attacker.test"]);
    const { proxy: { port }, providers, token } = scene;
    const own = `127.0.0.1:${port}`;
    for (const id of KEYED) {
      await t.step(id, async () => {
        for (const host of ["attacker.test", ...HOSTS]) {
          const url = `https://${host}/v1`;
          const rows: [line: string, headers: Record<string, string>, status: number][] = [
            [`POST /${id}/v1`, { host }, 421],
            [`POST /${id}/v1`, { host: `${host}:${port}` }, 421],
            [`POST https://${host}/${id}/v1`, { host: own }, 421],
            [`POST https://${host}/${id}/v1`, { host }, 421],
            [`POST http://${host}:${port}/${id}/v1`, { host: own }, 421],
            [`CONNECT ${host}:443`, { host: `${host}:443` }, 421],
            [`POST /${id}/v1`, { host: own, ":authority": host }, 400],
            [`POST /${id}/v1`, { host: own, "x-target-url": url }, 400],
            [`POST /agents/a/${id}/v1`, { host: own, "x-target-url": url }, 400],
            [`POST /${id}/v1`, { host: own, "x-target-url": "" }, 400],
            [`POST /${id}@${host}/v1`, { host: own }, 404],
            [`POST /${id}:443@${host}/v1`, { host: own }, 404],
            [`POST /${id}.${host}/v1`, { host: own }, 404],
            [`POST /@${host}/${id}/v1`, { host: own }, 404],
            [`POST //${host}/${id}/v1`, { host: own }, 404],
            [`POST /${id}\\@${host}/v1`, { host: own }, 400],
            [`POST /${id}/..//${host}/v1`, { host: own }, 400],
          ];
          for (const [line, headers, status] of rows) {
            const request = rawRequest(line, { ...headers, "x-api-key": token, "content-length": "0" });
            assert.equal((await sendRaw(port, request)).status, status, `${line} ${JSON.stringify(headers)}`);
          }
        }
        assert.deepEqual(providers.received, []);
      });
    }
  },
);
