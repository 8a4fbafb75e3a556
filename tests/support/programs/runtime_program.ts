// Programs for runtime_test.ts. `runtime_program.ts NAME ...` runs one case that ends its process
// or needs a process of its own.

import process from "node:process";
import { runtime } from "../../../gateway/runtime/mod.ts";

const [name, ...rest] = runtime.args;

switch (name) {
  case "speak":
    await runtime.stdout(`${JSON.stringify(rest)}\n`);
    await runtime.stderr("to the other\n");
    await runtime.stdout("é".repeat(100_000));
    runtime.exit(7);
    break;
  case "wait":
    runtime.onSignal("SIGHUP", () => void runtime.stdout("again\n"));
    runtime.onSignal("SIGTERM", () => runtime.exit(0));
    await runtime.stdout("ready\n");
    setInterval(() => {}, 1000);
    break;
  case "flood":
    // Nobody reads: the text is lost, the program goes on.
    for (let i = 0; i < 1000; i++) await runtime.stdout("x".repeat(1000));
    runtime.exit(await runtime.stdout("x") ? 1 : 5);
    break;
  case "pass":
    runtime.exit(
      await runtime.runProgram({
        file: "tests/support/programs/runtime_program.ts",
        args: ["speak", ...rest],
      }),
    );
    break;
  case "serve": {
    const server = await runtime.serveHttp({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => new Response("yes"),
      onFailure: (reason) => runtime.stderr(`${reason}\n`),
    });
    runtime.onSignal("SIGTERM", () => void server.close().then(() => runtime.exit(0)));
    await runtime.stdout(`${server.port}\n`);
    break;
  }
  case "litter": {
    // As large as a gateway's. None of it is touched, so it is in no resident memory.
    const pages = 22_000;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 40; i++) {
      litter();
      runtime.garbage?.collect();
    }
    const grown = process.memoryUsage.rss() - before;
    await runtime.stdout(`${Math.round(grown / 1_048_576)} ${memory.buffer.byteLength}\n`);
    break;
  }
  default:
    throw new RangeError(`Cannot run case "${name}": unknown`);
}

/** Makes some 10 MB of small objects that nobody keeps. */
function litter(): void {
  let last: { readonly n: number; readonly name: string } | undefined;
  for (let i = 0; i < 100_000; i++) last = { n: i, name: `${last?.n ?? 0}` };
}
