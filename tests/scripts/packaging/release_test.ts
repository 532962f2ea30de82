import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import { TARGETS } from "../../../scripts/compile/targets.ts";
import { archiveName, isPackaged } from "../../../scripts/packaging/release.ts";

Deno.test("isPackaged() knows what packaging makes, of any version", () => {
  const names = [
    ...TARGETS.flatMap((target) => [`agentgazer-${target.triple}`, `${archiveName(target)}.tar.gz`]),
    "agentgazer-12.0.34-aarch64-apple-darwin.tar.gz",
    `agentgazer_${config.version}_amd64.deb`,
    "agentgazer_9.8.7_arm64.deb",
    "agentgazer.rb",
    "agentgazer.cdx.json",
    "install.sh",
    "SHA256SUMS",
  ];
  assert.deepEqual(names.filter((name) => !isPackaged(name)), []);
});

Deno.test("isPackaged() leaves everything else to whoever made it", () => {
  const names = [
    "agentgazer",
    "agentgazer.old",
    "agentgazer-notes.txt",
    "agentgazer-x86_64-unknown-linux-gnu.txt",
    "my-agentgazer-x86_64-unknown-linux-gnu",
    "agentgazer_0.1.0_amd64.deb.asc",
    "agentgazer_0.1.0_riscv64.deb",
    "another_0.1.0_amd64.deb",
    "agentgazer-rb",
    "SHA256SUMS.asc",
    "probe",
  ];
  assert.deepEqual(names.filter(isPackaged), []);
});
