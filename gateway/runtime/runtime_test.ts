import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { EAGAIN, EBADF, EINVAL } from "../linux/constants.ts";
import { settle, sleep } from "../../tests/support/wait.ts";
import { denoProgram } from "./deno.ts";
import { runtime } from "./mod.ts";

const PROGRAM = fileURLToPath(
  new URL("../../tests/support/programs/runtime_program.ts", import.meta.url),
);
const RUN = [...(runtime.name.startsWith("deno") ? ["run", "--allow-all"] : ["run"]), PROGRAM];

test("name and pid are those of this process", () => {
  assert.match(runtime.name, /^(deno|bun) \d+\.\d+\.\d+$/);
  assert.equal(runtime.pid, process.pid);
  assert.ok(runtime.cores >= 1);
});

test("denoProgram() names npx to a user who has Deno by that alone", () => {
  const inCache = "/home/.npm/_npx/7a40be787520bede/node_modules/deno/deno";
  assert.equal(denoProgram(inCache, "2.9.6"), "npx deno@2.9.6 run gateway");
  assert.equal(denoProgram("/usr/local/bin/deno", "2.9.6"), "deno run gateway");
});

test("openLibc() gives calls whose errno is that of the last one", () => {
  const libc = runtime.openLibc();
  assert.deepEqual([libc.close(-1), libc.errno()], [-1, EBADF]);
  const fd = libc.eventfd(0, 0x80800);
  assert.deepEqual([libc.accept4(fd, libc.NULL, libc.NULL, 1), libc.errno()], [-1, EINVAL]);
  assert.equal(libc.close(fd), 0);
});

test("mapMemory() gives addresses up to the last octet of shared memory", () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const mapped = runtime.mapMemory(memory);
  const libc = runtime.openLibc();
  const words = new BigUint64Array(memory.buffer);
  const last = 131_072 - 8;
  const fd = libc.eventfd(5, 0x80800);
  assert.equal(libc.read(fd, mapped.at(last), 8), 8);
  assert.equal(words[last / 8], 5n);
  assert.equal(libc.write(fd, mapped.at(last), 8), 8);
  assert.equal(libc.read(fd, mapped.at(0), 8), 8);
  assert.equal(words[0], 5n);
  assert.deepEqual([libc.read(fd, mapped.at(0), 8), libc.errno()], [-1, EAGAIN]);
  libc.close(fd);
  assert.equal(mapped.base % 4096n, 0n);
});

for (const hostname of ["127.0.0.1", "::1"]) {
  test(`serveHttp() answers on ${hostname} and tells who asks`, async () => {
    const server = await runtime.serveHttp({
      hostname,
      port: 0,
      fetch: (request, { address }) => new Response(`${address} ${new URL(request.url).pathname}`),
    });
    assert.equal(server.address, hostname);
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    const response = await fetch(`http://${host}:${server.port}/livez`);
    assert.equal(await response.text(), `${hostname} /livez`);
    await server.close();
  });
}

test("serveHttp() gives requests an absolute URL, whatever Host says", async () => {
  const server = await runtime.serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const host = request.headers.get("host");
      return new Response(
        JSON.stringify([URL.parse(request.url)?.pathname, host, await request.text()]),
      );
    },
  });
  const post = ["Content-Length: 3", "", "abc"];
  const cases = [
    [["POST /x?y=1 HTTP/1.0", ...post], ["/x", null, "abc"]],
    [["POST //x/y HTTP/1.0", ...post], ["//x/y", null, "abc"]],
    [["POST /x HTTP/1.1", "Host: ", "Connection: close", ...post], ["/x", "", "abc"]],
    [["POST /x HTTP/1.1", "Host: localhost", "Connection: close", ...post], [
      "/x",
      "localhost",
      "abc",
    ]],
  ] as const;
  for (const [lines, seen] of cases) {
    const answer = await askRaw(server.port, lines);
    assert.deepEqual(JSON.parse(answer.split("\r\n\r\n")[1] ?? ""), seen);
  }
  await server.close();
});

test("serveHttp() goes on when descriptors have run out and are there again", async () => {
  const child = spawn("sh", [
    "-c",
    `ulimit -n 128 && exec "$0" "$@"`,
    process.execPath,
    ...RUN,
    "serve",
  ]);
  const [line] = await once(child.stdout, "data");
  const port = Number(String(line));
  const sockets = Array.from(
    { length: 256 },
    () => connect(port, "127.0.0.1").on("error", () => {}),
  );
  await sleep(1000);
  assert.equal(child.exitCode, null, "it lives");
  for (const socket of sockets) socket.destroy();
  const ask = (): Promise<string | undefined> =>
    fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text(), () => undefined);
  assert.equal(await settle(ask, (text) => text !== undefined), "yes");
  process.kill(child.pid ?? -1, "SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("serveHttp() names an address in use", async () => {
  const fetch = (): Response => new Response();
  const server = await runtime.serveHttp({ hostname: "127.0.0.1", port: 0, fetch });
  await assert.rejects(runtime.serveHttp({ hostname: "127.0.0.1", port: server.port, fetch }), {
    message: `Cannot serve HTTP on 127.0.0.1:${server.port}: EADDRINUSE`,
  });
  await server.close();
});

test("close() of a server does not wait for a stream of events", async () => {
  const server = await runtime.serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response(endlessEvents(), { headers: { "content-type": "text/event-stream" } }),
  });
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  const reader = response.body?.getReader();
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), "data: first\n\n");
  await server.close();
  await reader?.cancel().catch(assertTypeError);
});

test("readAsset() has no folders, hidden files or sources", async () => {
  for (const name of ["../main.ts", "/etc/passwd", ".env", "page.ts", "", "none.html"]) {
    assert.equal(await runtime.readAsset(name), undefined, name);
  }
});

test("readPki() reads a module", async () => {
  assert.ok(WebAssembly.validate(await runtime.readPki()));
});

test("readCore() reads two different modules", async () => {
  const [relaxed, strict] = [await runtime.readCore("relaxed"), await runtime.readCore("strict")];
  for (const core of [relaxed, strict]) {
    assert.deepEqual([...core.subarray(0, 4)], [0, 0x61, 0x73, 0x6d]);
  }
  assert.notDeepEqual(relaxed, strict);
});

test("startLaneWorker() starts a thread that hears what was posted at once", async () => {
  const worker = runtime.startLaneWorker();
  const heard = new Promise<unknown>((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage({ module: "none" });
  assert.equal((await heard as { kind: string }).kind, "failed");
  worker.terminate();
});

test("stdout() and stderr() write all before exit() ends with its code", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...RUN, "speak", "a b", "--c"], {
    encoding: "utf8",
  });
  assert.equal(status, 7);
  assert.equal(stdout, `["a b","--c"]\n${"é".repeat(100_000)}`);
  assert.equal(stderr, "to the other\n");
});

test("garbage goes, even beside a large shared memory, where it is collected by order", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...RUN, "litter"]);
  assert.equal(status, 0, stderr.toString());
  const grownMib = Number.parseInt(stdout.toString());
  // Of some 400 MB.
  assert.ok(grownMib < 100, `${grownMib} MiB grown`);
});

test("runProgram() gives a program our outputs, and us its exit code", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...RUN, "pass", "a b", "--c"], {
    encoding: "utf8",
  });
  assert.equal(status, 7);
  assert.equal(stdout, `["a b","--c"]\n${"é".repeat(100_000)}`);
  assert.equal(stderr, "to the other\n");
});

test("stdout() goes on when nobody reads, and returns false", async () => {
  const child = spawn(process.execPath, [...RUN, "flood"]);
  child.stdout.destroy();
  assert.deepEqual(await once(child, "exit"), [5, null]);
});

test("onSignal() runs at each signal", async () => {
  const child = spawn(process.execPath, [...RUN, "wait"]);
  child.stdout.setEncoding("utf8");
  assert.equal(await said(child), "ready\n");
  for (let i = 0; i < 2; i++) {
    process.kill(child.pid ?? 0, "SIGHUP");
    assert.equal(await said(child), "again\n");
  }
  process.kill(child.pid ?? 0, "SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

/** Sends the lines to a server that closes the connection after its answer. */
async function askRaw(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (part) => text += part);
  socket.write(lines.join("\r\n"));
  await once(socket, "close");
  return text;
}

async function said(child: ChildProcessWithoutNullStreams): Promise<unknown> {
  const [text] = await once(child.stdout, "data");
  return text;
}

function endlessEvents(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: first\n\n")),
  });
}

/** Accepts the error of a read on a cut connection. Its type differs between runtimes. */
function assertTypeError(error: unknown): void {
  assert.ok(error instanceof Error, String(error));
}
