// The command line: a wrong request gets one line that names the fault, and the right exit code.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe } from "node:test";
import { spiText } from "../support/api.ts";
import { expectEcho } from "../support/echo.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { addPeer, makePeer, randomKey } from "../support/peers.ts";
import { runProgram, subject } from "../support/program.ts";
import { scenario } from "../support/scenario.ts";
import { tempFile } from "../support/temp.ts";
import { useGateway } from "../support/use_gateway.ts";

const QUIET = ["--listen", "127.0.0.1:0", "--api", "off"];

describe("wrong command lines", () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["--no-such-flag"], /--no-such-flag/],
    [["--unsafe-static-sas=no"], /^--unsafe-static-sas: must be true or false$/m],
    [["frobnicate"], /frobnicate/],
    [["serve", "extra"], /extra/],
    [["--listen"], /--listen/],
    [["--listen", "127.0.0.1"], /--listen/],
    [["--listen", "127.0.0.1:65536"], /--listen/],
    [["--listen", "localhost:4500"], /--listen/],
    [["--upstream", "127.0.0.1:0"], /--upstream/],
    [["--upstream-source", "10.0.0.0/8", "--upstream", "127.0.0.1:4500"], /--upstream-source/],
    [["--inner", "tap:x"], /--inner/],
    [["--inner", "echo:nowhere"], /--inner/],
    [["--inner", "echo:10.0.0.1", "--inner", "echo:10.0.0.2"], /--inner/],
    [["--inner-mtu", "65401"], /--inner-mtu/],
    [["--inner-mtu", "many"], /--inner-mtu/],
    [["--lanes", "0"], /--lanes/],
    [["--engine", "quantum"], /--engine/],
    [["--max-connections=-1"], /--max-connections/],
    [["--prefix-timeout-ms", "1.5"], /--prefix-timeout-ms/],
    [["--suspect-limit", "0"], /--suspect-limit/],
    [["--log-level", "loud"], /--log-level/],
    [["--log-format", "xml"], /--log-format/],
    [["--api", "0.0.0.0:0"], /--api/],
    [["--api-token-file", "/no/such/file"], /\/no\/such\/file/],
    [["--config", "/no/such/file.toml"], /\/no\/such\/file\.toml/],
  ];
  for (const [args, names] of wrong) {
    scenario(`${args.join(" ")} is one line that names it, and exit code 2`, async () => {
      const fixed = args[0] === "frobnicate" || args.includes("--listen") ? [] : QUIET;
      const { code, stdout, stderr } = await runProgram([...args, ...withoutApi(fixed, args)]);
      expectOneLine(stderr, names);
      deepEqual([code, stdout], [2, ""]);
    });
  }

  scenario(
    "a variable of the environment is named like its flag, and is checked like it",
    async () => {
      const env = { CULVERT_SUSPECT_LIMIT: "none" };
      const { code, stderr } = await runProgram(QUIET, { env });
      expectOneLine(stderr, /CULVERT_SUSPECT_LIMIT/);
      equal(code, 2);
    },
  );
});

describe("configuration files", () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ["a syntax error", 'listen = [\n"127.0.0.1:0"\n', /:\d+/],
    ["an unknown key", 'log_level = "info"\nlog_levle = "info"\n', /:2\b.*log_levle/],
    ["a key with dashes", 'log-level = "info"\n', /:1\b.*log-level/],
    ["a wrong value", '# first\n\nsuspect_limit = "many"\n', /:3\b.*suspect_limit/],
    ["a value out of range", "lanes = 0\n", /:1\b.*lanes/],
    ["a key that is given twice", "lanes = 1\nlanes = 2\n", /:2\b/],
  ];
  for (const [name, text, says] of wrong) {
    scenario(
      `${name} is one line with file and line, and exit code 2, in serve and check-config`,
      async () => {
        const file = tempFile(text, "toml");
        for (const args of [["serve", "--config", file, ...QUIET], ["check-config", file]]) {
          const { code, stderr } = await runProgram(args);
          expectOneLine(stderr, says);
          ok(stderr.includes(file), stderr);
          equal(code, 2, args[0]);
        }
      },
    );
  }

  scenario(
    "E54, A7: [[sa]] is refused without --unsafe-static-sas, and its key is not shown",
    async () => {
      const file = tempFile(staticSas(), "toml");
      const { code, stderr } = await runProgram(["serve", "--config", file, ...QUIET]);
      expectOneLine(stderr, /unsafe-static-sas/);
      equal(code, 2);
    },
  );

  scenario("with --unsafe-static-sas the SAs of the file work, and a warning says so", async () => {
    const peer = makePeer();
    const file = tempFile(staticSas(peer), "toml");
    const gateway = await startGateway(["--config", file, "--unsafe-static-sas"]);
    try {
      await expectEcho(await gateway.connect(), peer);
      match(gateway.program.stderr(), /warn.*static/i);
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  scenario("a key in the wrong form is refused by its line, and is not shown", async () => {
    const key = randomKey(20).toString("hex");
    const file = tempFile(staticSas().replace(/"[0-9a-f]{40}"/, `"${key}zz"`), "toml");
    const args = ["serve", "--config", file, "--unsafe-static-sas", ...QUIET];
    const { code, stderr } = await runProgram(args);
    expectOneLine(stderr, /keyMaterial/);
    equal(code, 2);
  });

  scenario("flags win over the environment, which wins over the file", async () => {
    const text = "suspect_limit = 3\nframe_timeout_ms = 1003\nidle_timeout_ms = 2003\n";
    const gateway = await startGateway(
      ["--config", tempFile(text, "toml"), "--suspect-limit", "1"],
      { env: { CULVERT_SUSPECT_LIMIT: "2", CULVERT_FRAME_TIMEOUT_MS: "1002" } },
    );
    try {
      const { limits } = await gateway.api.get("/v1/status") as { limits: Record<string, number> };
      deepEqual(
        [limits.suspectLimit, limits.frameTimeoutMs, limits.idleTimeoutMs],
        [1, 1002, 2003],
      );
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  scenario(
    "a congestion control that the kernel has not got is one line and exit code 1",
    async () => {
      const control = ["--tcp-congestion", "none-such"];
      for (const command of [["serve", "--listen", "127.0.0.1:0"], ["connect", "127.0.0.1:9"]]) {
        const args = [...command, "--api", "127.0.0.1:0"];
        const { code, stdout, stderr } = await runProgram([...args, ...control]);
        equal(code, 1);
        equal(stdout, "");
        expectOneLine(stderr, /"none-such": ENOENT/);
        const malformed = await runProgram([...args, "--tcp-congestion", "no name"]);
        equal(malformed.code, 2);
        expectOneLine(malformed.stderr, /--tcp-congestion/);
      }
    },
  );

  scenario("check-config explains a right file, changes nothing, and exits 0", async () => {
    const file = tempFile('listen = ["127.0.0.1:4501"]\nsuspect_limit = 9\n', "toml");
    const { code, stdout, stderr } = await runProgram(["check-config", file]);
    deepEqual([code, stderr], [0, ""]);
    match(stdout, /127\.0\.0\.1:4501/);
  });
});

describe("commands that need no gateway", () => {
  for (const args of [["--help"], ["serve", "--help"], ["status", "--help"], ["kick", "--help"]]) {
    scenario(`${args.join(" ")} prints help and exits 0`, async () => {
      const { code, stdout, stderr } = await runProgram(args);
      deepEqual([code, stderr], [0, ""]);
      match(stdout, /--/);
    });
  }

  scenario("bench measures a checkout, and says that a binary is none", async () => {
    const args = ["bench", "--suite", "kernels", "--only", "seal aes-128-gcm 64", "--runs", "1"];
    const { code, stdout, stderr } = await runProgram([...args, "--json"], { timeoutMs: 60_000 });
    if (subject() === "binary") {
      expectOneLine(stderr, /bench\/kernels\/main\.ts: needs a checkout/);
      deepEqual([code, stdout], [1, ""]);
      return;
    }
    equal(code, 0, stderr);
    const [ours] = stdout.split("\n").map((line) => line === "" ? {} : JSON.parse(line));
    deepEqual([ours.case, ours.subject], ["seal aes-128-gcm 64", "culvert-wasm"]);
    match(ours.command, /bench\/kernels\/main\.ts '--only=seal aes-128-gcm 64' --runs=1 --json$/);
  });

  scenario("version says version, runtime, core and engine", async () => {
    const { code, stdout } = await runProgram(["version"]);
    equal(code, 0);
    match(stdout, /\d+\.\d+\.\d+/);
    match(stdout, subject() === "deno" ? /deno \d/ : /bun \d/);
    match(stdout, /abi/i);
    match(stdout, /wasm/i);
    const json = await runProgram(["version", "--json"]);
    const fields = JSON.parse(json.stdout) as Record<string, unknown>;
    equal(typeof fields.version, "string");
  });
});

describe("commands that talk to a gateway", () => {
  const gateway = useGateway();

  scenario("status, connections and sas print for people, and JSON as the API has it", async () => {
    const peer = await addPeer(gateway().api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    const spi = spiText(peer.inbound.spi);
    const remote = `127.0.0.1:${connection.localPort}`;
    match(await said("status"), /wasm|native/);
    match(await said("connections"), new RegExp(remote.replaceAll(".", "\\.")));
    match(await said("sas"), new RegExp(spi));
    const status = JSON.parse(await said("status", "--json")) as { draining: boolean };
    ok(!status.draining);
    const all = JSON.parse(await said("connections", "--json")) as {
      connections: { remote: string }[];
    };
    deepEqual(all.connections.map((shown) => shown.remote), [remote]);
    const { sas } = JSON.parse(await said("sas", "--json")) as { sas: { spi: string }[] };
    ok(sas.some((sa) => sa.spi === spi));
  });

  scenario("kick ends a connection; an id that is not there is exit code 1, no id 2", async () => {
    const connection = await gateway().connect();
    await expectEcho(connection, await addPeer(gateway().api));
    const { connections } = await gateway().api.get("/v1/connections") as {
      connections: { id: number }[];
    };
    const id = String(connections[0]?.id);
    equal((await command("kick", id)).code, 0);
    await connection.ended();
    const again = await command("kick", id);
    expectOneLine(again.stderr, /no connection/);
    equal(again.code, 1);
    equal((await command("kick")).code, 2);
    equal((await command("kick", "seven")).code, 2);
  });

  scenario("no gateway at the address is one line and exit code 1", async () => {
    const { code, stderr } = await runProgram(["status", "--api", "127.0.0.1:9"]);
    expectOneLine(stderr, /127\.0\.0\.1:9/);
    equal(code, 1);
  });

  scenario("--watch ends, with exit code 0, when nobody reads it any more", async () => {
    const api = ["--api", `127.0.0.1:${gateway().api.port}`];
    for (const name of ["status", "connections", "sas"]) {
      const args = [name, "--watch", "--json", ...api];
      const { code, stdout, stderr } = await runProgram(args, { pipedTo: "head -n 1" });
      deepEqual([code, stderr], [0, ""], name);
      equal(typeof JSON.parse(stdout), "object");
    }
  });

  scenario("drain starts the drain", async () => {
    const own = await startGateway();
    try {
      equal((await command("drain", [], own)).code, 0);
      equal((await own.api.request("GET", "/readyz")).status, 503);
    } finally {
      equal((await own.stop()).code, 0);
    }
  });

  async function said(...args: readonly string[]): Promise<string> {
    const [name = "", ...rest] = args;
    const { code, stdout, stderr } = await command(name, rest);
    equal(code, 0, stderr);
    return stdout;
  }

  function command(
    name: string,
    rest: string | readonly string[] = [],
    of: Gateway = gateway(),
  ): ReturnType<typeof runProgram> {
    return runProgram([name, ...[rest].flat(), "--api", `127.0.0.1:${of.api.port}`]);
  }
});

/** `--api off` unless the case has an API of its own. */
function withoutApi(fixed: readonly string[], args: readonly string[]): readonly string[] {
  return args.includes("--api") ? fixed.slice(0, 2) : fixed;
}

function expectOneLine(stderr: string, says: RegExp): void {
  equal(stderr.trim().split("\n").length, 1, stderr);
  match(stderr, says);
}

/** A file with both SAs of a peer. */
function staticSas(peer = makePeer()): string {
  return [peer.inboundBody, peer.outboundBody].map((body) => {
    const members = Object.entries(body).map(([name, value]) =>
      `${name} = ${JSON.stringify(value)}`
    );
    return `[[sa]]\n${members.join("\n")}\n`;
  }).join("\n");
}
