/** How to connect, and the request that is sent. */
export interface StreamTarget {
  readonly name: string;
  connect(): Promise<Deno.Conn>;
  readonly request: string;
}

/** What came over all streams. */
export interface Events {
  /** In milliseconds, of each event of the measured time. */
  readonly delays: readonly number[];
  /** How many streams missed an event, or ended. */
  readonly broken: number;
}

const EVENT = /data: \{"n":(\d+),"t":([\d.]+)\}\n\n/g;

/**
 * Opens so many streams at a steady pace, and looks at what they bring for some time once all are open.
 *
 * @param perSecond how many are opened in a second
 * @param seconds how long is measured
 * @param onEnd is called while all of them are open still
 */
export async function follow(
  target: StreamTarget,
  count: number,
  perSecond: number,
  seconds: number,
  onEnd: () => Promise<void>,
): Promise<Events> {
  const delays: number[] = [];
  const connections: Deno.Conn[] = [];
  const last: number[] = [];
  const broken = new Set<number>();
  let isMeasuring = false;
  let isOver = false;

  async function read(id: number): Promise<void> {
    const connection = await target.connect();
    connections.push(connection);
    await connection.write(new TextEncoder().encode(target.request));
    const buffer = new Uint8Array(16_384);
    const decoder = new TextDecoder();
    let text = "";
    last[id] = -1;
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) throw new Error("The stream ended");
      const now = performance.timeOrigin + performance.now();
      text += decoder.decode(buffer.subarray(0, length));
      let end = 0;
      for (const match of text.matchAll(EVENT)) {
        if (Number(match[1]) !== last[id]! + 1) broken.add(id);
        last[id]!++;
        if (isMeasuring) delays.push(now - Number(match[2]));
        end = match.index + match[0].length;
      }
      text = text.slice(end);
    }
  }

  for (let id = 0; id < count; id++) {
    read(id).catch(() => isOver || broken.add(id));
    await pause(1000 / perSecond);
  }
  await pause(1000);
  isMeasuring = true;
  await pause(seconds * 1000);
  isMeasuring = false;
  await onEnd();
  isOver = true;
  for (const connection of connections) connection.close();
  for (let id = 0; id < count; id++) if ((last[id] ?? -1) < seconds * 4) broken.add(id);
  return { delays, broken: broken.size };
}

let next = 0;

/** Waits so long since the last pause ended, so that small delays do not add up. */
async function pause(milliseconds: number): Promise<void> {
  next = Math.max(next, performance.now() - 100) + milliseconds;
  await new Promise((resolve) => setTimeout(resolve, next - performance.now()));
}
