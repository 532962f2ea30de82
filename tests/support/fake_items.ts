import type { LegacyItems } from "../../lib/vault/legacy.ts";

type Read = Awaited<ReturnType<LegacyItems["read"]>>;

/** What reading of an item gives when it is no text: `locked`, `denied` and the like. */
export type ItemTrouble = Exclude<Read["state"], "found">;

/** A keystore of the AgentGazer product with these items; `service/account` → value. Others are absent. */
export function fakeItems(
  values: Readonly<Record<string, string | { readonly trouble: ItemTrouble }>>,
): LegacyItems & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    asked,
    examine: () => Promise.resolve(undefined),
    read(service, account) {
      asked.push(`${service}/${account}`);
      const value = values[`${service}/${account}`];
      if (typeof value === "string") return Promise.resolve({ state: "found", value });
      const state = value?.trouble ?? "absent";
      return Promise.resolve({ state, reason: `Cannot read an item: ${state}`, hint: `mend ${state}` });
    },
  };
}

/** A keystore that is not on this machine. */
export function noItems(): LegacyItems {
  const missing = { state: "missing", why: "no_bus", reason: "There is no bus", hint: "start one" } as const;
  return {
    examine: () => Promise.resolve(missing),
    read: () => Promise.reject(new Error("it is not there, so nothing may be read")),
  };
}
