/** Compiled under the same seal as the program, and asked to break out of it. */
const [host] = Deno.args;

async function attempt(name: string, reach: () => Promise<unknown>): Promise<void> {
  try {
    await reach();
    console.log(`${name} open`);
  } catch (error) {
    console.log(`${name} ${(error as Error).name}`);
  }
}

await attempt("fetch", async () => await (await fetch(`https://${host}/`)).body?.cancel());
await attempt("tls", async () => (await Deno.connectTls({ hostname: host!, port: 443 })).close());
await attempt("tcp", async () => (await Deno.connect({ hostname: host!, port: 443 })).close());
await attempt("websocket", () => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new WebSocket(`wss://${host}/`);
  socket.onopen = () => {
    socket.close();
    resolve();
  };
  socket.onerror = (event) => reject(event instanceof ErrorEvent ? event.error ?? event : event);
  return promise;
});
await attempt("run", () => Promise.resolve(new Deno.Command("/bin/true").spawn()));
await attempt("ffi", () => Promise.resolve(Deno.dlopen("libc.so.6", {})));
console.log(
  `env ${Deno.env.get("SECRET_OF_ANOTHER") ?? "unset"} ${
    Object.keys(Deno.env.toObject()).includes("SECRET_OF_ANOTHER")
  }`,
);
