import type { Target } from "./target.ts";
import { callback } from "./targets/callback.ts";
import { config } from "./targets/config.ts";
import { requestHead } from "./targets/request_head.ts";
import { response } from "./targets/response.ts";
import { routes } from "./targets/routes.ts";
import { secretTool } from "./targets/secret_tool.ts";
import { security } from "./targets/security.ts";
import { tokens } from "./targets/tokens.ts";
import { vault } from "./targets/vault.ts";

/** Everything that is fuzzed, in the order in which it is. */
export const TARGETS: readonly Target<never>[] = [
  requestHead,
  routes,
  response,
  vault,
  secretTool,
  security,
  tokens,
  callback,
  config,
] as unknown as readonly Target<never>[];
