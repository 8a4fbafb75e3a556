// `culvert connect`: the originator's rules of RFC 9329, seen by a responder.

import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Api, openApi } from "../support/api.ts";
import { NEXT_HEADER_NONE, type OpenedEsp, openEsp } from "../support/esp.ts";
import { openLabelResponder } from "../support/flow_labels.ts";
import { STREAM_PREFIX } from "../support/frames.ts";
import { expectPong, freshPing, sealPing } from "../support/echo.ts";
import { parseListening } from "../support/gateway.ts";
import { readMetrics, sample } from "../support/metrics.ts";
import { addPeer, type Peer } from "../support/peers.ts";
import { type Exit, type Program, runProgram, startProgram } from "../support/program.ts";
import { type Accepted, openResponder, type Responder } from "../support/responder.ts";
import { tempFile } from "../support/temp.ts";
import { settle, sleep, WAIT_MS, within } from "../support/wait.ts";

const TIMEOUT_MS = 60_000;

function scenario(name: string, run: () => Promise<void>): void {
  test(name, { timeout: TIMEOUT_MS }, run);
}

scenario(
  "T10, T13: each connection opens with the prefix, once, and a dummy packet behind it",
  async () => {
    await withOriginator(async ({ api, responder }) => {
      const peer = await addPeer(api);
      const first = await responder.accept();
      deepEqual(await first.prefix(), STREAM_PREFIX);
      const greeting = await opened(first, peer);
      equal(greeting.nextHeader, NEXT_HEADER_NONE);
      first.reset();
      const second = await responder.accept();
      deepEqual(await second.prefix(), STREAM_PREFIX);
      // SAs outlive connections: the numbers go on.
      ok((await opened(second, peer)).seq > greeting.seq);
    });
  },
);

scenario("nothing is dialled before there is an outbound SA", async () => {
  await withOriginator(async ({ api, responder }) => {
    await sleep(300);
    equal(responder.waiting(), 0);
    await addPeer(api);
    await responder.accept();
  });
});

scenario(
  "ESP goes both ways on the connection, and a later peer is greeted on the same one",
  async () => {
    await withOriginator(async ({ api, responder }) => {
      const peer = await addPeer(api);
      const connection = await responder.accept();
      await opened(connection, peer);
      await echo(connection, peer);
      const other = await addPeer(api);
      equal((await opened(connection, other)).nextHeader, NEXT_HEADER_NONE);
      await echo(connection, other);
      await echo(connection, peer);
      equal(responder.waiting(), 0);
      const { connections } = await api.get("/v1/connections") as { connections: unknown[] };
      equal(connections.length, 1);
    });
  },
);

scenario(
  "T40, E51: the connection ends with the last SA that reaches its limit, and a new SA dials",
  async () => {
    await withOriginator(async ({ api, responder }) => {
      const peer = await addPeer(api, { both: { hardSeconds: 2 } });
      const connection = await responder.accept();
      await opened(connection, peer);
      await within<void>(WAIT_MS, "the end", (resolve) => void connection.ended.then(resolve));
      deepEqual(await api.get("/v1/sas"), { sas: [] });
      equal(responder.waiting(), 0);
      const next = await addPeer(api);
      await opened(await responder.accept(), next);
    });
  },
);

scenario(
  "T19: a peer that sends the stream prefix is in the wrong role: counted, closed",
  async () => {
    await withOriginator(async ({ api, responder }) => {
      await addPeer(api);
      const connection = await responder.accept();
      for (const octet of STREAM_PREFIX) {
        connection.send(Uint8Array.of(octet));
        await sleep(2);
      }
      await within<void>(WAIT_MS, "the end", (resolve) => void connection.ended.then(resolve));
      const count = async (): Promise<number> =>
        sample(await readMetrics(api), "culvert_closes_total", { reason: "prefix_mismatch" });
      equal(await settle(count, (value) => value > 0), 1);
    });
  },
);

scenario("a responder that is away is tried again until it is there", async () => {
  const { port, close } = await openResponder();
  await close();
  await withProgram(port, async (api, program) => {
    await addPeer(api);
    await settle(() => program.stderr(), (text) => text.includes("connect_failed"));
    match(program.stderr(), /connect_failed .*ECONNREFUSED/);
    const responder = await openResponder(port);
    try {
      const connection = await responder.accept();
      deepEqual(await connection.prefix(), STREAM_PREFIX);
    } finally {
      await responder.close();
    }
  });
});

scenario("T48: all connections of an originator have one IPv6 flow label of its own", async () => {
  const responder = openLabelResponder();
  const labelsOf = async (): Promise<number[]> => {
    const labels: number[] = [];
    await withProgram(responder.port, async (api, program) => {
      await addPeer(api);
      for (let i = 0; i < 3; i++) labels.push(await responder.next());
      // Connections that end at once, perhaps before a lane has them, count like any other.
      ok(!program.stderr().includes("connect_failed"), program.stderr());
      const seen = () => program.stderr().split(" connection_closed ").length - 1;
      equal(await settle(seen, (count) => count >= 3), 3);
      match(
        program.stderr(),
        new RegExp(` connection_closed .*remote=\\[::1\\]:${responder.port}`),
      );
    }, { host: "[::1]" });
    return labels;
  };
  try {
    const [first, second] = [await labelsOf(), await labelsOf()];
    ok(first[0] !== undefined && first[0] > 0);
    deepEqual(new Set(first), new Set([first[0]]));
    deepEqual(new Set(second), new Set([second[0]]));
    notEqual(first[0], second[0]);
  } finally {
    responder.close();
  }
});

scenario("a drain ends the connection, and nothing is dialled any more", async () => {
  await withOriginator(async ({ api, responder }) => {
    await addPeer(api);
    const connection = await responder.accept();
    await connection.prefix();
    equal((await api.request("POST", "/v1/drain")).status, 202);
    await within<void>(WAIT_MS, "the end", (resolve) => void connection.ended.then(resolve));
    await sleep(1000);
    equal(responder.waiting(), 0);
  });
});

scenario("with its last SA the connection ends, and the next SA brings another", async () => {
  await withOriginator(async ({ api, responder }) => {
    const peer = await addPeer(api);
    const first = await responder.accept();
    await opened(first, peer);
    await api.removeSa(peer.outbound.spi);
    await api.removeSa(peer.inbound.spi);
    await within<void>(WAIT_MS, "the end", (resolve) => void first.ended.then(resolve));
    await sleep(500);
    equal(responder.waiting(), 0);
    const next = await addPeer(api);
    await opened(await responder.accept(), next);
  });
});

scenario("what is asked wrongly ends with one line and exit code 2", async () => {
  const wrong = [
    ...[[], ["h:0"], ["a..b:1"], ["-a:1"], ["a b:1"], [`${"a".repeat(64)}:1`]],
    ...[["1.2.3.400:1"], ["[:::]:1"], ["[127.0.0.1]:1"], ["::1:1"]],
    ...[["h:1", "--listen", "127.0.0.1:0"], ["h:1", "--api", "off"]],
  ];
  for (const args of wrong) {
    const { code, stdout, stderr } = await runProgram(["connect", ...args]);
    equal(code, 2, stderr);
    equal(stdout, "");
    equal(stderr.trim().split("\n").length, 1, stderr);
  }
});

const NO_MOUNT = spawnSync("unshare", ["--mount", "true"]).status === 0
  ? false
  : "needs root for a file of hosts of its own";

test(
  "a name that does not resolve yet is looked up again, from the start on",
  { skip: NO_MOUNT, timeout: TIMEOUT_MS },
  async () => {
    const responder = await openResponder();
    const hosts = tempFile("127.0.0.1 localhost\n");
    const mount = `mount --bind ${hosts} /etc/hosts && exec "$@"`;
    const runBy = ["unshare", "--mount", "bash", "-c", mount, "bash"];
    const run = async (api: Api, program: Program): Promise<void> => {
      const peer = await addPeer(api);
      const isTold = (): boolean => / connect_failed .*Cannot resolve/.test(program.stderr());
      ok(await settle(isTold, (told) => told), program.stderr());
      writeFileSync(hosts, "127.0.0.1 localhost late.culvert.test\n");
      const connection = await responder.accept(30_000);
      await opened(connection, peer);
      await echo(connection, peer);
    };
    try {
      await withProgram(responder.port, run, { host: "late.culvert.test", runBy });
    } finally {
      await responder.close();
    }
  },
);

interface Running {
  readonly api: Api;
  readonly responder: Responder;
}

async function withOriginator(run: (running: Running) => Promise<void>): Promise<void> {
  const responder = await openResponder();
  try {
    await withProgram(responder.port, (api) => run({ api, responder }));
  } finally {
    await responder.close();
  }
}

/** An originator that dials `port`. It ends cleanly, whatever its connection does. */
async function withProgram(
  port: number,
  run: (api: Api, program: Program) => Promise<void>,
  { host = "127.0.0.1", runBy = [] }: {
    readonly host?: string;
    readonly runBy?: readonly string[];
  } = {},
): Promise<void> {
  const args = ["connect", `${host}:${port}`, "--api", "127.0.0.1:0"];
  const program = startProgram(args, { runBy });
  try {
    const line = await program.line("connecting ");
    ok(line.startsWith(`connecting tcp=${host}:${port} api=`), line);
    const { api: endpoint } = parseListening(line);
    const api = openApi(endpoint.host, endpoint.port, undefined);
    await run(api, program);
    api.close();
  } finally {
    program.kill("SIGTERM");
    const { code } = await within<Exit>(
      WAIT_MS,
      "the originator's end",
      (resolve, reject) => void program.exited.then(resolve, reject),
    );
    equal(code, 0, program.stderr());
  }
}

async function opened(connection: Accepted, peer: Peer): Promise<OpenedEsp> {
  const packet = openEsp(peer.outbound, await connection.next());
  ok(packet !== undefined, "an ESP packet of this peer");
  return packet;
}

async function echo(connection: Accepted, peer: Peer): Promise<void> {
  const ping = freshPing();
  connection.sendFrames(sealPing(peer, { ping }));
  await expectPong(connection, peer, ping);
}
