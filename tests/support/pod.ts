import type { Container } from "./container.ts";
import { recipe } from "./recipe.ts";
import type { Yard } from "./sandbox.ts";

const TEXT = recipe("Read-only containers", 5);

/** What the recipe's pod says. */
export const POD = {
  text: TEXT,
  user: Number(/runAsUser: (\d+)/.exec(TEXT)![1]),
  env: Object.fromEntries(
    [...TEXT.matchAll(/- name: (AGENTGAZER_\w+)\n\s+value: (\S+)/g)].map((
      [, name, value],
    ) => [name!, value!]),
  ),
  mountPaths: [...TEXT.matchAll(/mountPath: (\S+)/g)].map(([, path]) => path!),
};

/** A volume of root's, of the group that the pod names. */
export async function makeVolume({ folder }: Yard, mode: number): Promise<string> {
  const volume = await folder("volume", 0, mode);
  await Deno.chown(volume, 0, POD.user);
  await Deno.chmod(volume, mode);
  return volume;
}

/** The pod, with a secret as the kubelet mounts it: links to a folder that is replaced as a whole. */
export async function pod({ folder, file }: Yard, volume: string): Promise<Container> {
  const secret = await folder("secret", 0, 0o1777);
  for (const version of ["..old", "..new"]) {
    await folder(`secret/${version}`, 0, 0o755);
    await file(`secret/${version}/machine.key`, crypto.getRandomValues(new Uint8Array(32)), 0, 0o440);
    await Deno.chown(`${secret}/${version}/machine.key`, 0, POD.user);
  }
  await Deno.symlink("..old", `${secret}/..data`);
  await Deno.symlink("..data/machine.key", `${secret}/machine.key`);
  const [vault, key] = POD.mountPaths;
  const mounts = [
    { src: volume, dst: vault!, readonly: false },
    { src: secret, dst: key!, readonly: true },
  ];
  return { user: POD.user, env: POD.env, mounts };
}
