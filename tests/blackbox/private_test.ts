// Other users of the host: what they can see of a gateway, and make it do.

import { equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe } from "node:test";
import { findTestLibrary } from "../support/engine_library.ts";
import { startGateway, stopCleanly } from "../support/gateway.ts";
import { runProgram } from "../support/program.ts";
import { scenario } from "../support/scenario.ts";
import { tempFile } from "../support/temp.ts";

const folder = mkdtempSync(join(tmpdir(), "culvert-private-"));
after(() => rmSync(folder, { recursive: true }));

/** Root without its capabilities is a user like others, to whom the process belongs. */
const AS_USER = process.getuid?.() === 0
  ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
  : [];

describe("the memory of a gateway", () => {
  scenario("no other process of its user can read it or attach to it", async () => {
    for (const isOpen of [false, true]) {
      const env = { CULVERT_DUMPABLE: isOpen ? "1" : "" };
      const gateway = await startGateway([], { env, runBy: AS_USER });
      try {
        const [file = "", ...args] = [...AS_USER, "cat", `/proc/${gateway.program.pid}/environ`];
        // The kernel asks for the same rights here as for ptrace and for `mem` (proc(5)).
        equal(spawnSync(file, args).status === 0, isOpen);
        equal(/ warn +memory_open_to_debuggers\n/.test(gateway.program.stderr()), isOpen);
      } finally {
        await stopCleanly(gateway);
      }
    }
  });
});

describe("a debugger", () => {
  scenario("does not open at SIGUSR1, which ends the process", async () => {
    const gateway = await startGateway([], { env: { CULVERT_DUMPABLE: "" } });
    gateway.program.kill("SIGUSR1");
    equal((await gateway.program.exited).signal, "SIGUSR1");
    ok(!/debugger/i.test(gateway.program.stderr()), gateway.program.stderr());
  });
});

const library = findTestLibrary();

describe("a library that others can write", { skip: library === undefined }, () => {
  scenario("auto leaves it aside and says what to do, native does not start", async () => {
    ok(library !== undefined);
    const copy = join(folder, "libculvert_engine.so");
    copyFileSync(library, copy);
    const env = { CULVERT_ENGINE_LIBRARY: copy };
    chmodSync(copy, 0o755);
    const safe = await runProgram(["version", "--engine", "native"], { env });
    match(safe.stdout, /^engine native-ring /m);
    chmodSync(copy, 0o757);
    const auto = await runProgram(["version", "--engine", "auto"], { env });
    match(auto.stdout, /^engine wasm-\w+ \(no native engine: .*everybody \(chmod go-w .*\)\)$/m);
    const native = await runProgram(["version", "--engine", "native"], { env });
    equal(native.code, 1);
    match(native.stderr, /^Cannot use engine native: .* is not safe to load: .*\n$/);
  });
});

describe("files", () => {
  scenario("a token that everybody can read is told of", async () => {
    const token = join(folder, "token");
    writeFileSync(token, "s3cret");
    chmodSync(folder, 0o755);
    for (const mode of [0o644, 0o600]) {
      chmodSync(token, mode);
      const gateway = await startGateway(["--api-token-file", token], { token: "s3cret" });
      const isTold = / warn +unsafe_file reason=/.test(gateway.program.stderr());
      await stopCleanly(gateway);
      equal(isTold, mode === 0o644, gateway.program.stderr());
    }
  });
});

describe("the environment", () => {
  scenario("does not move the API to another address", async () => {
    const gateway = await startGateway([], { env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.2:0" } });
    try {
      equal(gateway.api.host, "127.0.0.1");
      ok(await gateway.api.get("/v1/status"));
    } finally {
      await stopCleanly(gateway);
    }
  });

  scenario("no proxy gets the API's token", async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end("{}");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const at = proxy.address();
    const url = `http://127.0.0.1:${typeof at === "object" ? at?.port : 0}`;
    const token = tempFile("s3cret");
    const gateway = await startGateway(["--api-token-file", token], { token: "s3cret" });
    try {
      const { host, port } = gateway.api;
      for (const name of ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"]) {
        const args = ["status", "--api", `${host}:${port}`, "--api-token-file", token];
        const { code, stdout } = await runProgram(args, { env: { [name]: url } });
        equal(code, 0, name);
        match(stdout, /^CULVERT /m);
      }
      equal(asked.length, 0);
    } finally {
      await stopCleanly(gateway);
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});
