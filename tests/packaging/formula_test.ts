import assert from "node:assert/strict";
import { basename, join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { TARGETS } from "../../scripts/compile/targets.ts";
import { sha256 } from "../../scripts/packaging/digests.ts";
import { type Built, formula } from "../../scripts/packaging/formula.ts";
import { archives, DIST, pathsIn, run } from "../support/packages.ts";
import { testWith } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Reads a formula as Homebrew does on one system, and says what it would do there. */
const HOMEBREW = `
require "json"
$os, $cpu, file, $expected = ARGV
$seen = { "installed" => [] }
class Place
  def initialize(name) = @name = name
  def /(part) = Place.new("#{@name}/#{part}")
  def to_s = @name
  def install(*what)
    what.flatten.each do |one|
      from, to = one.is_a?(Hash) ? one.first : [one, File.basename(one)]
      $seen["installed"] << [from, "#{@name}/#{to}"]
    end
  end
end
class Formula
  %w[bin opt_bin man1 bash_completion zsh_completion fish_completion var].each do |name|
    define_method(name) { Place.new(name) }
    define_singleton_method(name) { Place.new(name) }
  end
  class << self
    %w[desc homepage license url sha256].each do |name|
      define_method(name) { |value = nil| value ? $seen[name] = value : $seen[name] }
    end
    # As Version.parse reads it from such a URL (Homebrew's Library/Homebrew/version.rb).
    def version = $seen["version"] = $seen["url"] && File.basename($seen["url"])[/-(\\d+(?:\\.\\d+)+)-/, 1]
    def on_macos = (yield if $os == "darwin")
    def on_linux = (yield if $os == "linux")
    def on_arm = (yield if $cpu == "aarch64")
    def on_intel = (yield if $cpu == "x86_64")
    def run(line) = $seen["run"] = line.map(&:to_s)
    def keep_alive(always = nil, **when_what) = $seen["keep_alive"] = always || when_what
    def log_path(path) = $seen["log"] = path.to_s
    def error_log_path(path) = $seen["error_log"] = path.to_s
    def service(&block) = instance_eval(&block)
    def test(&block) = define_method(:try, &block)
  end
  def version = self.class.version
  def shell_output(line) = ($seen["tried"] = line) && "agentgazer #{$expected}\\n"
  def assert_equal(wanted, found) = (raise "#{found} is not #{wanted}" if wanted != found)
end
load file
Dir.chdir(File.dirname(file))
Agentgazer.new.install
$seen["caveats"] = Agentgazer.new.caveats
Agentgazer.new.try if $seen["url"]
puts JSON.generate($seen)
`;

interface Seen {
  readonly url?: string;
  readonly sha256?: string;
  readonly installed: readonly (readonly [from: string, to: string])[];
  readonly [what: string]: unknown;
}

async function asHomebrew(file: string, os: string, cpu: string): Promise<Seen> {
  const { code, out, err } = await run("ruby", ["-e", HOMEBREW, os, cpu, file, config.version]);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

testWith(["ruby"], "the formula names the archives that were built, and what is in them", async (t) => {
  const built = await archives();
  for (const { triple, os, arch } of TARGETS) {
    await t.step(triple, async () => {
      using folder = temporaryFolder();
      const archive = built.get(triple);
      const file = folder.at("agentgazer.rb");
      Deno.copyFileSync(join(DIST, "agentgazer.rb"), file);
      if (archive === undefined) {
        assert.equal((await asHomebrew(file, os, arch)).url, undefined);
        return;
      }
      // Homebrew installs from inside the archive's only folder.
      await run("tar", ["-xzf", archive, "-C", folder.path, "--strip-components=1"]);
      const seen = await asHomebrew(file, os, arch);
      const { url, installed } = seen;
      assert.equal(basename(url!), basename(archive));
      assert.ok(url!.startsWith(`${seen.homepage}/releases/download/v${config.version}/`));
      assert.deepEqual([seen.sha256, seen.version], [await sha256(archive), config.version]);
      const paths = await pathsIn(archive);
      const root = basename(archive, ".tar.gz");
      for (const [from] of installed) assert.ok(paths.includes(`${root}/${from}`), from);
      const left = paths.filter((path) => !path.endsWith("/")).map((path) => path.slice(root.length + 1))
        .filter((path) => !installed.some(([from]) => from === path));
      assert.ok(
        left.every((path) => /^(COPYRIGHT|LICENSE|[A-Z]+\.md|docs\/[\w.-]+)$/.test(path)),
        left.join(),
      );
      assert.deepEqual(
        installed.map(([, to]) => to).filter((to) => !to.startsWith("man1/")).toSorted(),
        [
          "bash_completion/agentgazer",
          "bin/agentgazer",
          "fish_completion/agentgazer.fish",
          "zsh_completion/_agentgazer",
        ],
      );
      assert.deepEqual(seen.run, ["opt_bin/agentgazer", "start"]);
      // Wrong settings don't mend themselves.
      assert.deepEqual(seen.keep_alive, { crashed: true });
      assert.equal(seen.tried, "bin/agentgazer --version");
      assert.match(String(seen.caveats), /^ +agentgazer$/m);
    });
  }
});

testWith(["ruby"], "a formula of all targets gives each system its own archive", async (t) => {
  using folder = temporaryFolder();
  const built: Built[] = TARGETS.map((target, at) => ({ target, sha256: String(at).repeat(64) }));
  Deno.writeTextFileSync(folder.at("agentgazer.rb"), formula(built));
  assert.equal((await run("ruby", ["-wc", folder.at("agentgazer.rb")])).out, "Syntax OK\n");
  for (const [at, { triple, os, arch }] of TARGETS.entries()) {
    await t.step(triple, async () => {
      const seen = await asHomebrew(folder.at("agentgazer.rb"), os, arch);
      assert.ok(seen.url!.endsWith(`-${triple}.tar.gz`), seen.url!);
      assert.equal(seen.sha256, String(at).repeat(64));
    });
  }
});
