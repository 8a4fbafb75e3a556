// Observers of a gateway. `readers.ts slow N HOST PORT` keeps N readers of /v1/events that take a
// little each second. `readers.ts polls N HOST PORT` asks for /v1/connections N times each second,
// as N dashboards do. It prints "ready" when all have had an answer.

import { writeSync } from "node:fs";
import { connect } from "node:net";
import { runtime } from "../../gateway/runtime/mod.ts";

interface Api {
  readonly host: string;
  readonly port: number;
}

async function main(
  [kind = "", count = "", host = "", port = ""]: readonly string[],
): Promise<void> {
  const begin = KINDS[kind];
  if (begin === undefined) throw new RangeError(`No readers of kind "${kind}"`);
  const api = { host, port: Number(port) };
  await Promise.all(Array.from({ length: Number(count) }, () => begin(api)));
  await runtime.stdout("ready\n");
}

/** Resolves with the first events. After that it reads once each second. */
function readSlowly({ host, port }: Api): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.write(`GET /v1/events HTTP/1.1\r\nhost: ${host}:${port}\r\n\r\n`);
    socket.on("data", () => {
      socket.pause();
      resolve();
    });
    socket.on("error", reject);
    socket.on("close", () => fail("A reader of events was cut off"));
    setInterval(() => socket.resume(), PERIOD_MS);
  });
}

/** Resolves with the first answer. */
async function poll(api: Api): Promise<void> {
  await ask(api);
  setInterval(() => void ask(api).catch((error: unknown) => fail(String(error))), PERIOD_MS);
}

async function ask({ host, port }: Api): Promise<void> {
  const response = await fetch(`http://${host}:${port}/v1/connections`);
  await response.text();
  if (!response.ok) fail(`/v1/connections answers ${response.status}`);
}

/** Ends the process: the run is void. */
function fail(why: string): never {
  writeSync(2, `${why}\n`);
  runtime.exit(1);
}

const KINDS: Readonly<Record<string, (api: Api) => Promise<void>>> = {
  slow: readSlowly,
  polls: poll,
};
const PERIOD_MS = 1000;

if (import.meta.main) {
  runtime.onSignal("SIGTERM", () => runtime.exit(0));
  await main(runtime.args);
}
