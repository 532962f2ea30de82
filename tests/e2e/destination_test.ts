import assert from "node:assert/strict";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { testWith } from "../support/needs.ts";
import { canaryKey, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const KEYED = PROVIDERS.filter((provider) => provider.auth === "api-key");

/** Fields with which other proxies could be told to send the operator's key elsewhere. */
const STEERING = [
  "api_base",
  "base_url",
  "x-portkey-custom-host",
  "x-headroom-base-url",
  "x-forwarded-host",
  "x-original-url",
  "x-rewrite-url",
  "x-host",
];

testWith(NEEDS, "every provider's credential goes to its own host and to no other", async (t) => {
  await using scene = await startScene(KEYED.map(({ id }) => id), ["attacker.test"]);
  const { providers } = scene;
  for (const provider of KEYED) {
    for (const prefix of ["", "/agents/a.1"]) {
      await t.step(prefix + "/" + provider.id, async () => {
        for (const other of ["attacker.test", ...PROVIDERS.flatMap(({ hosts }) => hosts)]) {
          providers.received.length = 0;
          const headers = new Headers(STEERING.map((name) => [name, `https://${other}/`]));
          headers.set("forwarded", `host=${other}`);
          const query = STEERING.map((name) => `${name}=https://${other}`).join("&");
          const answer = await scene.call(`${prefix}/${provider.id}/v1/x?${query}`, {
            method: "POST",
            headers,
            body: JSON.stringify(Object.fromEntries(STEERING.map((name) => [name, `https://${other}`]))),
          });
          assert.equal(answer.status, 200);
          await answer.body?.cancel();
          const received = providers.takeOne();
          assert.equal(received.host, new URL(provider.base).host);
          const credentials = ["authorization", "x-api-key", "x-goog-api-key"].map((name) =>
            received.headers.get(name)
          );
          assert.equal(credentials.filter((value) => value !== null).length, 1);
          assert.ok(credentials.some((value) => value?.endsWith(canaryKey(provider.id))));
        }
      });
    }
  }
});

testWith(NEEDS, "x-target-url reaches known hosts only, each with its own credential", async (t) => {
  await using scene = await startScene(KEYED.map(({ id }) => id), [
    "attacker.test",
    "api.openai.com.attacker.test",
  ]);
  const { providers } = scene;
  for (const provider of KEYED) {
    for (const host of provider.hosts) {
      await t.step(host, async () => {
        providers.received.length = 0;
        const answer = await scene.call("/", {
          headers: { "x-target-url": `https://${host}/v1/x?a=1&key=k` },
        });
        assert.equal(answer.status, 200);
        await answer.body?.cancel();
        const received = providers.takeOne();
        assert.equal(received.host, host);
        assert.equal(received.target, "/v1/x?a=1");
        assert.match(JSON.stringify([...received.headers]), new RegExp(canaryKey(provider.id)));
      });
    }
  }
  const refused = [
    "https://attacker.test/v1/models",
    "https://api.openai.com.attacker.test/v1/models",
    "https://api.openai.com@attacker.test/v1/models",
    "https://user:pass@api.openai.com/v1/models",
    "https://api.openai.com:444/v1/models",
    "https://api.openai.com:443/v1/models",
    "https://api.openai.com./v1/models",
    "https://API.OPENAI.COM/v1/models",
    "https:\\\\attacker.test\\api.openai.com/",
    "https://api.openai.com%2eattacker.test/",
    "http://api.openai.com/v1/models",
    "wss://api.openai.com/v1/realtime",
    "https://127.0.0.1/v1/models",
    "https://api.openai.com/v1/../v2",
    "https://api.openai.com/v1#f",
    "//api.openai.com/v1/models",
    "https://chatgpt.com/backend-api/me",
    "",
  ];
  for (const target of refused) {
    await t.step(`refused: ${target}`, async () => {
      providers.received.length = 0;
      const answer = await scene.call("/", { headers: { "x-target-url": target } });
      assert.ok([403, 404].includes(answer.status), String(answer.status));
      await answer.body?.cancel();
      assert.equal(providers.received.length, 0);
    });
  }
  await t.step("on a provider route: 400", async () => {
    const headers = { "x-target-url": "https://api.openai.com/v1/models" };
    const answer = await scene.call("/openai/v1/models", { headers });
    assert.equal(answer.status, 400);
    await answer.body?.cancel();
    assert.equal(providers.received.length, 0);
  });
});

testWith(NEEDS, "redirects are relayed and never followed", async (t) => {
  await using scene = await startScene(["anthropic", "google"], ["attacker.test", "eu.api.anthropic.com"]);
  const { providers } = scene;
  const locations = [
    "https://attacker.test/v1/messages",
    "https://api.openai.com/v1/messages",
    "https://eu.api.anthropic.com/v1/messages",
    "https://api.anthropic.com:444/v1/messages",
    "http://api.anthropic.com/v1/messages",
    "/v1/other",
  ];
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of locations) {
      await t.step(`${status} to ${location}`, async () => {
        providers.received.length = 0;
        providers.answer = () => new Response("moved", { status, headers: { location } });
        for (
          const [path, init] of [["/anthropic/v1/messages", { method: "POST", body: "{}" }], [
            "/google/v1/x",
            {},
          ]] as const
        ) {
          const answer = await scene.call(path, init);
          assert.equal(answer.status, status);
          assert.equal(answer.headers.get("location"), location);
          assert.equal(await answer.text(), "moved");
        }
        assert.deepEqual(providers.received.map(({ host }) => host), [
          "api.anthropic.com",
          "generativelanguage.googleapis.com",
        ]);
      });
    }
  }
});

testWith(NEEDS, "Gemini gets exactly one credential, and Anthropic its version", async (t) => {
  await using scene = await startScene(["google", "anthropic"]);
  const { providers, token } = scene;
  const google = canaryKey("google");
  const rows: [name: string, path: string, headers: Record<string, string>, header: string, value: string][] =
    [
      ["native", "/google/v1beta/models", {}, "x-goog-api-key", google],
      [
        "native, key in the query",
        `/google/v1beta/models?key=${token}&pageSize=1`,
        {},
        "x-goog-api-key",
        google,
      ],
      ["compatible", "/google/v1beta/openai/models", {}, "authorization", `Bearer ${google}`],
      ["look-alike of compatible", "/google/v1beta/openaix/models", {}, "x-goog-api-key", google],
      ["anthropic with Bearer", "/anthropic/v1/models", {}, "x-api-key", canaryKey("anthropic")],
    ];
  for (const [name, path, headers, header, value] of rows) {
    await t.step(name, async () => {
      const carriers = {
        cookie: "a=b",
        "xi-api-key": "x",
        "proxy-authorization": "Basic eA==",
        "api-key": token,
      };
      const answer = await scene.call(path, {
        headers: { ...carriers, "x-goog-api-key": token, ...headers },
      });
      await answer.body?.cancel();
      const received = providers.takeOne();
      const present = [
        "authorization",
        "x-api-key",
        "x-goog-api-key",
        "api-key",
        "cookie",
        "xi-api-key",
        "proxy-authorization",
      ]
        .filter((one) => received.headers.has(one));
      assert.deepEqual(present, [header]);
      assert.equal(received.headers.get(header), value);
      assert.doesNotMatch(received.target, /key=/);
    });
  }
  await t.step("anthropic-version is added only when absent", async () => {
    await (await scene.call("/anthropic/v1/models")).body?.cancel();
    assert.equal(providers.takeOne().headers.get("anthropic-version"), "2023-06-01");
    await (await scene.call("/anthropic/v1/models", { headers: { "anthropic-version": "2099-01-01" } })).body
      ?.cancel();
    assert.equal(providers.takeOne().headers.get("anthropic-version"), "2099-01-01");
  });
});
