// The addresses on which the gateway listens, the line that says so, and the error when it cannot.

import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { describe } from "node:test";
import { expectPong, freshPing, sendPing } from "../support/echo.ts";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import { parseListening, startGateway } from "../support/gateway.ts";
import { addPeer } from "../support/peers.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { scenario } from "../support/scenario.ts";
import { tempFile } from "../support/temp.ts";
import { settle } from "../support/wait.ts";

describe("listeners", () => {
  scenario("T4: every listener is up before the line, in order, IPv6 in brackets", async () => {
    const gateway = await startGateway([
      ...["--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--listen", "127.0.0.5:0"],
    ]);
    try {
      const peer = await addPeer(gateway.api);
      deepEqual(gateway.tcp.map(({ host }) => host), ["127.0.0.1", "::1", "127.0.0.5"]);
      for (const { host, port } of gateway.tcp) {
        const connection = await gateway.connect({ host, port });
        const ping = freshPing();
        await sendPing(connection, peer, { ping });
        await expectPong(connection, peer, ping);
      }
      equal(gateway.program.stdout().trim().split("\n").length, 1);
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  scenario("T4: a port in use is one line that names it, and exit code 1", async () => {
    const gateway = await startGateway();
    try {
      const taken = `127.0.0.1:${gateway.tcp[0]?.port}`;
      const tcp = await runProgram(["serve", "--listen", taken, "--api", "off"]);
      equal(tcp.code, 1);
      equal(tcp.stdout, "");
      expectOneLine(tcp.stderr, taken);
      const api = `127.0.0.1:${gateway.api.port}`;
      const http = await runProgram(["serve", "--listen", "127.0.0.1:0", "--api", api]);
      equal(http.code, 1);
      equal(http.stdout, "");
      expectOneLine(http.stderr, api);
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  scenario("with --log-format json the line is an object, and every log line too", async () => {
    const args = ["--listen", "127.0.0.1:0", "--api", "off", "--log-format", "json"];
    const json = startProgram([...args, "--log-level", "debug"]);
    const line = await json.line("{");
    const event = JSON.parse(line) as { event: string; tcp: string[]; api: string };
    equal(event.event, "listening");
    equal(event.tcp.length, 1);
    equal(event.api, "off");
    json.kill("SIGTERM");
    equal((await json.exited).code, 0);
    for (const text of json.stderr().split("\n").filter((text) => text !== "")) {
      const entry = JSON.parse(text) as Record<string, unknown>;
      for (const name of ["level", "at", "event"]) equal(typeof entry[name], "string", text);
    }
  });

  scenario("connections have the keepalive of their listener", async () => {
    const file = tempFile(
      'listen = ["127.0.0.1:0", { address = "127.0.0.5:0", tcp_keepalive_s = 300 }]\n' +
        "tcp_keepalive_s = 0\n",
      "toml",
    );
    const program = startProgram(["serve", "--config", file, "--api", "127.0.0.1:0"]);
    const { tcp } = parseListening(await program.line("listening "));
    const sockets = tcp.map(({ host, port }) => connect({ host, port }));
    try {
      const [off, own] = tcp.map(({ port }) => port);
      const seconds = await settle(() => keepaliveOf(own), (it) => it !== undefined);
      ok(seconds !== undefined && seconds > 290 && seconds <= 300, String(seconds));
      equal(keepaliveOf(off), 0);
    } finally {
      for (const socket of sockets) socket.destroy();
      program.kill("SIGTERM");
      equal((await program.exited).code, 0);
    }
  });

  scenario("an API that is off leaves the data path as it is", async () => {
    const gateway = await startGateway(["--api", "off"]);
    const connection = await gateway.connect();
    await connection.send(ikeFrame(ikeMessage()));
    ok(connection.isOpen());
    equal((await gateway.stop()).code, 0);
  });
});

/**
 * Seconds to the next probe of the connection that a port has accepted: 0 if there will be none,
 * undefined without a connection.
 */
function keepaliveOf(port = 0): number | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1);
  for (
    const [, address = "", , state, , timer = ""] of lines.map((one) => one.trim().split(/ +/))
  ) {
    if (!address.endsWith(local) || state !== TCP_ESTABLISHED) continue;
    const [kind, ticks = ""] = timer.split(":");
    return kind === TIMER_KEEPALIVE ? parseInt(ticks, 16) / TICKS_PER_SECOND : 0;
  }
  return undefined;
}

/** As /proc/net/tcp has them; ticks are USER_HZ, which is 100 on every machine. */
const TCP_ESTABLISHED = "01";
const TIMER_KEEPALIVE = "02";
const TICKS_PER_SECOND = 100;

function expectOneLine(stderr: string, needle: string): void {
  const lines = stderr.trim().split("\n");
  equal(lines.length, 1, stderr);
  ok(stderr.includes(needle), stderr);
}
