import assert from "node:assert/strict";
import { commandLine } from "../../support/command_line.ts";

const CANARIES: [what: string, canary: string][] = [
  ["an OpenAI key", "sk-proj-Zq7Xw9Kd2LmPv4RtHs6Bn8Jc1"],
  ["an Anthropic key", "sk-ant-api03-Ty5Ug8Ri3OeWq1AsDf7"],
  ["an admin key", "sk-admin-Mn4Bv7Cx2Zl9Kj6Hg3Fd5Sa8"],
  ["a key without a known shape", "0f8e7d6c5b4a39281706f5e4d3c2b1a0"],
  ["a key with odd characters", "Pq=Rt'Yu\"Io/As+Df`Gh$Jk%Lz&Xc"],
  ["a key in quotes", "'Wm3Xn8Ye5Zf2Ag7Bh4Ci9Dj6Ek1Fl'"],
  ["a key of two lines", "Vb9Nm2Lk7Jh4Gf1\nDs6Ap3Oi8Uy5Tr0"],
];

/** `@` is where the key is; every place is one where no key belongs. */
const WRONG_PLACES = [
  "@",
  "-- @",
  "--@",
  "-@",
  "--key=@",
  "--json @",
  "--version=@",
  "--help=@",
  "providers @",
  "providers --@",
  "providers @ openai",
  "providers set @",
  "providers set @ openai",
  "providers set opnai @",
  "providers set openai-oauth @",
  "providers set openai ok-key @",
  "providers set openai --key=@",
  "providers set openai --@",
  "providers set openai --force=@",
  "providers set --key @ openai",
  "providers list @",
  "providers list --@",
  "providers list --json=@",
  "providers list --all @",
  "providers remove @",
  "providers remove openai @",
  "providers remove --yes @",
  "clients @",
  "clients add @/",
  "clients add ci @",
  "clients add ci --allow @",
  "clients add ci --allow openai @",
  "clients add ci --expires @",
  "clients add ci --expires=@",
  "clients add ci --@",
  "clients add @ --expires soon",
  "clients add @ --allow nobody",
  "clients list @",
  "clients remove @",
  "env @",
  "env --shell @",
  "env --provider @",
  "env --provider openai @",
  "env --client @",
  "env --@",
  "start @",
  "start --host @",
  "start --port @",
  "start --port 1@",
  "start --allow-host /@",
  "start --log-format @",
  "start --@",
  "completions @",
  "completions bash @",
  "help @",
];

for (const [what, canary] of CANARIES) {
  Deno.test(`runCli() repeats no part of ${what} that is in the wrong place`, async (t) => {
    using box = commandLine();
    for (const place of WRONG_PLACES) {
      await t.step(place, async () => {
        const args = place.split(" ").map((word) => word.replace("@", () => canary));
        for (const line of [args, [...args, "--json"]]) {
          const { code, out, err } = await box.run(line);
          assert.ok([0, 2, 4].includes(code), `${code}: ${err}`);
          assert.ok(code !== 0 || /help|version/i.test(place), "it was taken");
          hides(out + err, canary);
        }
      });
    }
  });
}

Deno.test("clients add takes no key for a name, which would stand in the clear", async (t) => {
  using box = commandLine();
  for (const [what, canary] of CANARIES.slice(0, 3)) {
    await t.step(what, async () => {
      const { code, out, err } = await box.run(["clients", "add", canary]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /it looks like a key/);
      hides(err, canary);
    });
  }
});

const RIGHT_PLACES: [args: string, stdin: string][] = [
  ["providers set openai @ --force", ""],
  ["providers set openai --force", "@"],
  ["providers set openai", "@"],
  ["providers set openai - --force", "@\n"],
  ["providers set openai --force", "@ "],
  ["providers set openai --force", "@\n@\n"],
  ["providers set openai --force", "@\x01"],
  ["providers set openai --force", "@é"],
  ["providers set openai --force", "@".repeat(600)],
];

for (const [what, canary] of CANARIES) {
  Deno.test(`runCli() repeats no part of ${what} whether it is stored or refused`, async (t) => {
    using box = commandLine();
    for (const [args, stdin] of RIGHT_PLACES) {
      await t.step(`${args} < ${JSON.stringify(stdin.slice(0, 9))}`, async () => {
        const put = (text: string) => text.replaceAll("@", () => canary);
        const line = args.split(" ").map(put);
        for (const isTerminal of [false, true]) {
          const { code, out, err } = await box.run(line, { stdin: [put(stdin), "\r"], isTerminal });
          assert.ok([0, 2, 6].includes(code), `${code}: ${err}`);
          hides(out + err, canary);
        }
      });
    }
    for (
      const args of ["providers list", "providers list --json", "clients list", "env", "env --shell json"]
    ) {
      await t.step(args, async () => {
        const { code, out, err } = await box.run(args.split(" "), { isTerminal: true });
        assert.equal(code, 0, err);
        hides(out + err, canary);
      });
    }
  });
}

Deno.test("runCli() repeats no part of a key in a variable that holds something else", async (t) => {
  const [, canary] = CANARIES[0]!;
  for (const name of ["AGENTGAZER_HOME", "AGENTGAZER_LOG", "SSLKEYLOGFILE", "NO_COLOR", "HTTPS_PROXY"]) {
    await t.step(name, async () => {
      using box = commandLine();
      for (const args of ["start --port 0", "providers list", "env"]) {
        const { out, err } = await box.run(args.split(" "), {
          env: { [name]: canary },
          onErr: (text, system) => /listens on/.test(text) && system.raise("SIGINT"),
        });
        hides(out + err, canary);
      }
    });
  }
});

/** Checks that no eight characters of the key stand in the text. */
function hides(text: string, canary: string): void {
  for (let at = 0; at + 8 <= canary.length; at++) {
    const piece = canary.slice(at, at + 8);
    assert.ok(!text.includes(piece), `${JSON.stringify(piece)} in ${text}`);
  }
}
