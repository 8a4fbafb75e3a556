// A peer has sent nothing but the stream prefix, and sends useless octets as fast as it can (rule
// L35). Other peers have their turn, and so have the API and the end.

import { match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { expectEcho } from "../support/echo.ts";
import { EMPTY, ikeFrame, ikeMessage, KEEPALIVE } from "../support/frames.ts";
import type { Originator } from "../support/originator.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { FAIR_MS, sleep } from "../support/wait.ts";

/** Octets of one write: as many frames as the sockets' buffers take. */
const WRITE_LEN = 4 << 20;

const FLOODS: Readonly<Record<string, Buffer>> = {
  "empty frames": EMPTY,
  "keepalives": KEEPALIVE,
  "IKE without an upstream": ikeFrame(ikeMessage()),
};

describe("a flood of what leads nowhere", () => {
  const gateway = useGateway(["--prefix-timeout-ms", "3000"]);

  for (const [what, frame] of Object.entries(FLOODS)) {
    scenario(
      `L35, T16: ${what} without end hold nobody up, and end with the prefix timer`,
      async () => {
        const peer = await addPeer(gateway().api);
        const calm = await gateway().connect();
        await expectEcho(calm, peer);
        const flooding = await gateway().connect();
        const flood = sendOn(flooding, frame);
        let slowest = 0;
        for (let i = 0; i < 10; i++) {
          const sentAt = performance.now();
          await expectEcho(calm, peer);
          slowest = Math.max(slowest, performance.now() - sentAt);
        }
        ok(slowest < FAIR_MS, `${slowest} ms`);
        await flooding.ended();
        await flood;
      },
    );
  }

  scenario(
    "T75, P7: each IKE message that is dropped is told as an error, a flood once a second",
    () => {
      const lines = gateway().program.stderr().split("\n")
        .filter((line) => line.includes(" error ike_dropped "));
      ok(lines.length >= 2 && lines.length < 10, lines.join("\n"));
      for (const line of lines) match(line, /connection=\d+ remote=\S+ status=no_upstream/);
      match(lines.at(-1) ?? "", / suppressed=\d{3,}$/);
    },
  );
});

/** Sends the frame again and again until the connection ends. */
async function sendOn(connection: Originator, frame: Buffer): Promise<void> {
  const octets = Buffer.concat(new Array(Math.floor(WRITE_LEN / frame.length)).fill(frame));
  while (connection.isOpen()) {
    await connection.send(octets);
    // The end of the connection has to be heard, too.
    await sleep(0);
  }
}
