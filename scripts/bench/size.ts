import type { Setting } from "./setting.ts";
import type { Row } from "./table.ts";
import { compileBare } from "./bare.ts";

const MB = 1e6;

/** The size of the executable beyond the runtime that it embeds. */
export async function size(setting: Setting): Promise<Row[]> {
  const runtime = Deno.env.get("DENORT_BIN") ?? await compileBare(setting, "empty", "");
  const ours = (await Deno.stat(setting.executable)).size / MB;
  const theirs = (await Deno.stat(runtime)).size / MB;
  return [
    { what: "executable, MB", target: "agentgazer", value: ours },
    {
      what: "executable beyond the runtime, MB",
      target: "agentgazer",
      value: ours - theirs,
      bar: { atMost: 3 },
    },
  ];
}
