import assert from "node:assert/strict";
import { redirected } from "../support/installer/answers.ts";
import { pathOf } from "../support/installer/path_of.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { installed, release } from "../support/installer/release.ts";
import { makeScene } from "../support/installer/scene.ts";
import { makeCertificates } from "../support/certificates.ts";
import { testWith } from "../support/needs.ts";

testWith(["openssl"], "install.sh stays with https when it began with it", async (t) => {
  await using scene = makeScene({ tools: { wget: undefined } });
  const { authority, certificate, key } = await makeCertificates(scene.folder.at("tools"), ["localhost"]);
  const archive = new Uint8Array(await (await fetch(scene.url)).arrayBuffer());
  const asked = scene.asked.length;
  let leadsTo = "";
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert: certificate, key, onListen() {} },
    ({ url }) => url.endsWith("/here") ? new Response(archive) : redirected(leadsTo),
  );
  const source = `https://localhost:${server.addr.port}`;
  const env = { CURL_CA_BUNDLE: authority };

  await t.step("a redirect to http is not followed", async () => {
    leadsTo = `${scene.url}/there`;
    const run = await scene.run(["--from", source], { env });
    assertRefused(run, /cannot download .*; nothing was installed/);
    assert.match(run.stderr, /[Pp]rotocol "?http"? /);
    assert.deepEqual([scene.asked.length, scene.files()], [asked, {}]);
  });
  await t.step("a redirect to https is", async () => {
    leadsTo = `${source}/here`;
    const run = await scene.run(["--from", source], { env });
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(scene.files(), installed(scene.prefix));
  });
});

testWith([], "install.sh gives wget a limit of time, where it knows one", async (t) => {
  const fetching = `echo "$*" >"$HOME/asked"; exec ${pathOf("wget")} "$@"`;
  const help = (text: string) => `case $1 in --help) echo "${text}" >&2; exit 1 ;; esac; ${fetching}`;
  const rows: [what: string, wget: string, limit: boolean][] = [
    ["GNU's", fetching, true],
    ["BusyBox's", help("Usage: wget [-cqS] [-T SEC] URL..."), true],
    ["BusyBox's without it", help("Usage: wget [-cqS] [-U AGENT] URL..."), false],
  ];
  for (const [what, wget, limit] of rows) {
    await t.step(what, async () => {
      await using scene = makeScene({ tools: { curl: undefined, wget } });
      const run = await scene.run();
      assert.equal(run.code, 0, run.stderr);
      assert.equal(/(^| )-T 60 /.test(Deno.readTextFileSync(scene.folder.at("home", "asked"))), limit);
    });
  }
  const busybox = pathOf("busybox");
  await t.step({
    name: `the real one of BusyBox${busybox === undefined ? " [ignored: not here]" : ""}`,
    ignore: busybox === undefined,
    fn: async () => {
      await using scene = makeScene({ tools: { curl: undefined, wget: `exec ${busybox} wget "$@"` } });
      const run = await scene.run();
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(scene.files(), installed(scene.prefix));
    },
  });
});

testWith(["namespace"], "install.sh says when the download has no room", async (t) => {
  const large = release(`#!/bin/sh\n: ${crypto.getRandomValues(new Uint8Array(60_000)).toBase64()}\n`);
  for (const tool of ["curl", "wget"]) {
    await t.step(tool, async () => {
      const other = tool === "curl" ? "wget" : "curl";
      await using scene = makeScene({ entries: large, tools: { [other]: undefined } });
      const within = `PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin
        mount -t tmpfs -o size=16k none "$TMPDIR" && exec "$@"`;
      const run = await scene.run([], { wrapper: [pathOf("unshare")!, "-m", "/bin/sh", "-c", within, "-"] });
      assertRefused(
        run,
        /cannot write agentgazer-.*; nothing was installed/,
        1,
        /^make room in .*\/tmp, or set TMPDIR/,
      );
      assert.deepEqual(scene.files(), {});
    });
  }
});
