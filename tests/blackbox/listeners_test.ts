// Where the gateway listens, how it says so, and what it says when it cannot.

import { deepEqual, equal, ok } from "node:assert/strict";
import { describe } from "node:test";
import { expectPong, freshPing, sendPing } from "../support/echo.ts";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import { startGateway } from "../support/gateway.ts";
import { addPeer } from "../support/peers.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { scenario } from "../support/scenario.ts";

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

  scenario("an API that is off leaves the data path as it is", async () => {
    const gateway = await startGateway(["--api", "off"]);
    const connection = await gateway.connect();
    await connection.send(ikeFrame(ikeMessage()));
    ok(connection.isOpen());
    equal((await gateway.stop()).code, 0);
  });
});

function expectOneLine(stderr: string, needle: string): void {
  const lines = stderr.trim().split("\n");
  equal(lines.length, 1, stderr);
  ok(stderr.includes(needle), stderr);
}
