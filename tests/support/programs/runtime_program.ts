// Programs for runtime_test.ts. `runtime_program.ts NAME ...` runs one case that ends its process
// or needs a process of its own.

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
  default:
    throw new RangeError(`Cannot run case "${name}": unknown`);
}
