import type { Target } from "../compile/targets.ts";
import { archiveName, DOWNLOADS, HOMEPAGE } from "./release.ts";

/** An archive that was built. */
export interface Built {
  readonly target: Target;
  /** Its SHA-256 in hex. */
  readonly sha256: string;
}

const SYSTEMS = { darwin: "macos", linux: "linux" } as const;
const PROCESSORS = { aarch64: "arm", x86_64: "intel" } as const;

/** The Homebrew formula (https://docs.brew.sh/Formula-Cookbook) of the archives that were built. */
export function formula(built: readonly Built[]): string {
  return `class Agentgazer < Formula
  desc "Credential vault and local proxy for LLM providers"
  homepage "${HOMEPAGE}"
  license "MIT"

${(["darwin", "linux"] as const).map((os) => system(os, built)).join("")}  def install
    bin.install "agentgazer"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/agentgazer.bash" => "agentgazer"
    zsh_completion.install "completions/_agentgazer"
    fish_completion.install "completions/agentgazer.fish"
  end

  service do
    run [opt_bin/"agentgazer", "start"]
    keep_alive crashed: true
    log_path var/"log/agentgazer.log"
    error_log_path var/"log/agentgazer.log"
  end

  def caveats
    <<~EOS
      What to do next:
        agentgazer
    EOS
  end

  test do
    assert_equal "agentgazer #{version}", shell_output("#{bin}/agentgazer --version").chomp
  end
end
`;
}

function system(os: Target["os"], built: readonly Built[]): string {
  const here = built.filter(({ target }) => target.os === os);
  if (here.length === 0) return "";
  const processors = here.map(({ target, sha256 }) =>
    `    on_${PROCESSORS[target.arch]} do
      url "${DOWNLOADS}/${archiveName(target)}.tar.gz"
      sha256 "${sha256}"
    end
`
  );
  return `  on_${SYSTEMS[os]} do\n${processors.join("")}  end\n\n`;
}
