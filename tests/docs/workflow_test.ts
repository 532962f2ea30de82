import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { ROOT, testWith } from "../support/needs.ts";

const FILE = join(ROOT, ".github", "workflows", "release.yml");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly "runs-on": string;
  readonly strategy?: { readonly matrix: { readonly system?: readonly string[] } };
  readonly "timeout-minutes"?: number;
  readonly container?: object;
  readonly permissions: object;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** Those that there are (https://docs.github.com/actions/reference/runners/github-hosted-runners). */
const RUNNERS = ["ubuntu-22.04", "ubuntu-24.04", "ubuntu-24.04-arm", "macos-15-intel", "macos-15"];

/** As YAML has it, but with `on` as a key. */
async function workflow(): Promise<Workflow> {
  const code = 'require "yaml"; require "json"; puts JSON.generate(YAML.safe_load(File.read(ARGV[0])))';
  const { stdout } = await new Deno.Command("ruby", { args: ["-e", code, FILE] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

testWith(["ruby"], "the release workflow has no more rights than its jobs need", async () => {
  const { permissions, jobs } = await workflow();
  assert.deepEqual(permissions, {});
  const given = Object.entries(jobs).map(([name, job]) => [name, job.permissions]);
  assert.deepEqual(Object.fromEntries(given), {
    test: { contents: "read" },
    build: { contents: "read" },
    install: {},
    draft: { contents: "write", "id-token": "write", attestations: "write" },
  });
});

testWith(
  ["ruby"],
  "the release workflow pins its actions, keeps no token, and puts no text into commands",
  async () => {
    const text = await Deno.readTextFile(FILE);
    const steps = Object.values((await workflow()).jobs).flatMap((job) => job.steps);
    assert.ok(steps.length > 8);
    for (const { uses, run = "", with: given = {} } of steps) {
      if (uses !== undefined) {
        assert.match(uses, /^actions\/[\w-]+@[0-9a-f]{40}$/);
        assert.match(text, new RegExp(`${uses} # v\\d+\\.\\d+\\.\\d+\\n`));
        if (uses.startsWith("actions/checkout@")) assert.equal(given["persist-credentials"], false);
      }
      assert.ok(!run.includes("${{"), run);
    }
    const pins = new Map<string, Set<string>>();
    for (const { uses = "" } of steps) {
      const [name, digest] = uses.split("@");
      if (digest !== undefined) pins.set(name!, (pins.get(name!) ?? new Set()).add(digest));
    }
    for (const [name, digests] of pins) assert.equal(digests.size, 1, name);
  },
);

testWith(["ruby"], "the release workflow uses the tasks of a developer, and only drafts", async () => {
  const runs = Object.values((await workflow()).jobs).flatMap((job) => job.steps).map(({ run = "" }) => run);
  const tasks = runs.flatMap((run) =>
    [...run.matchAll(/scripts\/deno task ([\w-]+)/g)].map(([, name]) => name!)
  );
  assert.deepEqual(tasks, ["package"]);
  assert.ok(tasks.every((name) => name in config.tasks));
  assert.ok(runs.includes("bash .ci/run"));
  const creating = runs.filter((run) => run.includes("gh release create"));
  assert.ok(creating.length === 1 && creating[0]!.includes("--draft"));
});

testWith(
  ["ruby"],
  "every job of the release workflow has a runner that exists, and ends in time",
  async (t) => {
    for (const [name, job] of Object.entries((await workflow()).jobs)) {
      await t.step(name, () => {
        const systems = job.strategy?.matrix.system ?? [job["runs-on"]];
        assert.deepEqual(systems.filter((system) => !RUNNERS.includes(system)), []);
        assert.ok(job["timeout-minutes"]! <= 120);
      });
    }
  },
);

testWith(["ruby"], "in a container, users may make namespaces, and git takes the checkout", async () => {
  const jobs = Object.values((await workflow()).jobs).filter((job) => job.container !== undefined);
  assert.equal(jobs.length, 1);
  const runs = jobs[0]!.steps.map(({ run = "" }) => run);
  assert.match(runs[0]!, /apparmor_restrict_unprivileged_userns/);
  const trust = runs.findIndex((run) => run.includes("git config --system --add safe.directory"));
  assert.ok(trust > 0 && trust < runs.indexOf("bash .ci/run"));
});
