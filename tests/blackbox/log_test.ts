// The log can lose lines, and nothing else. Whatever becomes of standard error and standard output,
// the gateway starts, serves and ends; lost lines are counted, and the log goes on by itself.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openApi, spiText } from "../support/api.ts";
import { expectEcho } from "../support/echo.ts";
import { type Gateway, startGateway, stopCleanly } from "../support/gateway.ts";
import { connectOriginator } from "../support/originator.ts";
import { addPeer } from "../support/peers.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { tempFolder } from "../support/temp.ts";
import { settle, sleep } from "../support/wait.ts";

const METRIC = /^culvert_log_lines_dropped_total (\d+)$/m;

/** Shows that tunnels, API and signals go on. */
async function expectService(gateway: Gateway): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const peer = await addPeer(gateway.api);
    await expectEcho(await gateway.connect(), peer);
  }
  gateway.program.kill("SIGHUP");
  await sleep(50);
  equal((await gateway.api.request("GET", "/livez")).status, 200);
}

/** Has the log write a line of about 120 octets for each of so many calls. */
async function writeLines({ api }: Pick<Gateway, "api">, lines: number): Promise<void> {
  const ask = async (from: number): Promise<void> => {
    for (let i = from; i < lines; i += 4) {
      await api.request("DELETE", `/v1/sas/${spiText(4096 + i)}`);
    }
  };
  await Promise.all([0, 1, 2, 3].map(ask));
}

async function droppedLines({ api }: Pick<Gateway, "api">): Promise<number> {
  return Number(METRIC.exec((await api.request("GET", "/metrics")).text)?.[1]);
}

/** A pipe with a name whose reader is this test, which reads when it likes. */
function openPipe(folder: string): { path: string; read: () => string; close: () => void } {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, "r+");
  const buffer = Buffer.alloc(65_536);
  return {
    path,
    read: () => buffer.toString("utf8", 0, readSync(fd, buffer)),
    close: () => closeSync(fd),
  };
}

test("serve starts and serves with standard error on a full device", async () => {
  const gateway = await startGateway([], { redirect: "2>/dev/full" });
  try {
    await expectService(gateway);
    const lost = await settle(() => droppedLines(gateway), (count) => count >= 5);
    ok(lost >= 5, `${lost} lines`);
  } finally {
    await stopCleanly(gateway);
  }
});

for (const where of ["/dev/full", "&-"]) {
  test(`serve starts and serves with standard output at ${where}`, async () => {
    const [port, apiPort] = [await freePort(), await freePort()];
    const program = startProgram(
      ["serve", "--listen", `127.0.0.1:${port}`, "--api", `127.0.0.1:${apiPort}`],
      { redirect: `>${where}` },
    );
    const api = openApi("127.0.0.1", apiPort);
    try {
      const ask = (): Promise<number> =>
        api.request("GET", "/readyz").then(({ status }) => status, () => 0);
      equal(await settle(ask, (status) => status === 200), 200, program.stderr());
      const connection = await connectOriginator({ host: "127.0.0.1", port });
      await expectEcho(connection, await addPeer(api));
      connection.close();
      // The API may be up before the line is printed.
      const isTold = (text: string): boolean => text.includes("stdout_failed");
      if (where === "/dev/full") {
        match(await settle(program.stderr, isTold), /warn {2}stdout_failed reason=.*ENOSPC/);
      }
    } finally {
      api.close();
      program.kill("SIGTERM");
      equal((await program.exited).code, 0, program.stderr());
    }
  });
}

test("a reader of the log that is stuck costs lines only, and then reads on", async () => {
  const pipe = openPipe(tempFolder());
  const gateway = await startGateway([], { redirect: `2>${pipe.path}` });
  try {
    await writeLines(gateway, 3000);
    await expectService(gateway);
    const lost = await droppedLines(gateway);
    ok(lost > 0, `${lost} lines`);
    let text = "";
    for (;;) {
      text += pipe.read();
      if (/ log_lines_lost count=\d+\n/.test(text)) break;
    }
    equal(await droppedLines(gateway), Number(/log_lines_lost count=(\d+)/.exec(text)?.[1]));
    await writeLines(gateway, 1);
    match(pipe.read(), / api_change action=sa_remove target=0x00001000 status=404 /);
  } finally {
    await stopCleanly(gateway);
    pipe.close();
  }
});

test("a gateway ends though the reader of its log is stuck", async () => {
  const pipe = openPipe(tempFolder());
  const gateway = await startGateway([], { redirect: `2>${pipe.path}` });
  await writeLines(gateway, 1500);
  await stopCleanly(gateway);
  pipe.close();
});

test("a reader of the log that ends costs lines only", async () => {
  const pipe = openPipe(tempFolder());
  const gateway = await startGateway([], { redirect: `2>${pipe.path}` });
  try {
    pipe.close();
    await expectService(gateway);
    const lost = await settle(() => droppedLines(gateway), (count) => count > 0);
    ok(lost > 0, `${lost} lines`);
  } finally {
    await stopCleanly(gateway);
  }
});

const NO_MOUNT = spawnSync("unshare", ["--mount", "true"]).status === 0
  ? false
  : "needs root for a file system of its own";

test("a full file system costs lines only, until it has room", { skip: NO_MOUNT }, async () => {
  const folder = tempFolder();
  const mount = `mount -t tmpfs -o size=64k none ${folder} && exec "$@"`;
  const gateway = await startGateway([], {
    runBy: ["unshare", "--mount", "bash", "-c", mount, "bash"],
    redirect: `2>>${folder}/log`,
  });
  const inside = `/proc/${gateway.program.pid}/root${folder}`;
  const log = (): string => readFileSync(`${inside}/log`, "utf8");
  try {
    fill(`${inside}/fill`);
    await writeLines(gateway, 100);
    await expectService(gateway);
    const lost = await settle(() => droppedLines(gateway), (count) => count > 0);
    ok(lost > 0, `${lost} lines`);
    unlinkSync(`${inside}/fill`);
    // No further line is needed: the count comes by itself.
    match(await settle(log, (text) => text.includes("log_lines_lost")), / log_lines_lost count=/);
    await writeLines(gateway, 1);
    const text = await settle(log, (text) => text.trimEnd().endsWith("remote=127.0.0.1"));
    const told = [...text.matchAll(/ log_lines_lost count=(\d+)\n/g)];
    equal(told.reduce((sum, [, count]) => sum + Number(count), 0), await droppedLines(gateway));
  } finally {
    await stopCleanly(gateway);
  }
});

test("a log file of the size that the process may write costs lines only", async () => {
  const log = join(tempFolder(), "log");
  const blocks = 200_000;
  writeFileSync(log, "");
  truncateSync(log, blocks * 1024 - 10);
  const gateway = await startGateway([], {
    runBy: ["bash", "-c", `ulimit -f ${blocks} && exec "$@"`, "bash"],
    redirect: `2>>${log}`,
  });
  try {
    await expectService(gateway);
    const lost = await settle(() => droppedLines(gateway), (count) => count > 0);
    ok(lost > 0, `${lost} lines`);
  } finally {
    await stopCleanly(gateway);
  }
});

const NO_SCRIPT = spawnSync("script", ["--version"]).status === 0 ? false : "needs script(1)";

test("a terminal that is closed costs lines only", { skip: NO_SCRIPT }, async () => {
  const [port, apiPort] = [await freePort(), await freePort()];
  const args = ["serve", "--listen", `127.0.0.1:${port}`, "--api", `127.0.0.1:${apiPort}`];
  const terminal = startProgram(args, { runBy: ["bash", "-c", IN_TERMINAL, "bash"] });
  const api = openApi("127.0.0.1", apiPort);
  const ask = (): Promise<number> =>
    api.request("GET", "/readyz").then(({ status }) => status, () => 0);
  equal(await settle(ask, (status) => status === 200), 200, terminal.stdout());
  const pid = Number(childrenOf(terminal.pid));
  try {
    // The terminal goes, and the kernel sends SIGHUP.
    terminal.kill("SIGKILL");
    await terminal.exited;
    await writeLines({ api }, 10);
    const connection = await connectOriginator({ host: "127.0.0.1", port });
    await expectEcho(connection, await addPeer(api));
    connection.close();
    const lost = await settle(() => droppedLines({ api }), (count) => count > 0);
    ok(lost > 0, `${lost} lines`);
  } finally {
    api.close();
    process.kill(pid, "SIGTERM");
    const isGone = (): boolean => !existsSync(`/proc/${pid}`) || isZombie(pid);
    ok(await settle(isGone, (gone) => gone), "it ends");
  }
});

/** `script` makes a terminal, and becomes the parent of the program in it. */
const IN_TERMINAL = 'printf -v command "%q " "$@" && exec script -qec "exec $command" /dev/null';

function childrenOf(pid: number): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
}

function isZombie(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

test("commands say that their output cannot be written, and end", async () => {
  const full = await runProgram(["version"], { redirect: ">/dev/full" });
  deepEqual([full.code, full.stderr], [1, "Cannot write to standard output: ENOSPC\n"]);
  // Nobody can be told here, but the exit code can.
  const mute = await runProgram(["nonsense"], { redirect: "2>/dev/full" });
  deepEqual([mute.code, mute.stdout], [2, ""]);
});

test("Ctrl-C ends --watch though the reader of its output is stuck", async () => {
  const pipe = openPipe(tempFolder());
  const gateway = await startGateway();
  try {
    fill(pipe.path, 65_536);
    const api = `127.0.0.1:${gateway.api.port}`;
    const program = startProgram(["status", "--watch", "--api", api], {
      redirect: `>${pipe.path}`,
    });
    await sleep(1500);
    program.kill("SIGINT");
    equal((await program.exited).code, 0, program.stderr());
  } finally {
    await stopCleanly(gateway);
    pipe.close();
  }
});

/** Writes until there is no room, or so many octets. */
function fill(path: string, len = Infinity): void {
  const fd = openSync(path, "a");
  const octets = new Uint8Array(4096);
  try {
    for (let at = 0; at < len; at += octets.length) writeFileSync(fd, octets);
  } catch (error) {
    match(String(error), /ENOSPC/);
  } finally {
    closeSync(fd);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

test("strangers who come and go take no line from clients that have proved a key", async () => {
  const gateway = await startGateway();
  try {
    const peer = await addPeer(gateway.api);
    const tunnel = await gateway.connect();
    await expectEcho(tunnel, peer);
    // More of them than the log has lines of a name in a second.
    const strangers = await Promise.all(Array.from({ length: 60 }, () => gateway.connect()));
    for (const stranger of strangers) stranger.reset();
    const closed = (): string[] =>
      gateway.program.stderr().split("\n").filter((line) => line.includes("connection_closed"));
    await settle(closed, (lines) => lines.length >= 20);
    tunnel.reset();
    const isItsOwn = (line: string): boolean => line.includes(`127.0.0.1:${tunnel.localPort} `);
    ok((await settle(closed, (lines) => lines.some(isItsOwn))).some(isItsOwn));
  } finally {
    await stopCleanly(gateway);
  }
});
