/** The project's own lint rules: what ARCHITECTURE.md promises about imports, ambient I/O and secrets. */
import { ambient } from "./ambient.ts";
import { importDirection } from "./import_direction.ts";
import { reveal } from "./reveal.ts";

export default {
  name: "agentgazer",
  rules: { "import-direction": importDirection, "no-ambient": ambient, reveal },
} satisfies Deno.lint.Plugin;
