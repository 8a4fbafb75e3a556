import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { sealPing } from "../../tests/support/echo.ts";
import { frame } from "../../tests/support/frames.ts";
import { udpPacket } from "../../tests/support/inner_packet.ts";
import { makePeer } from "../../tests/support/peers.ts";
import { LANE_COUNTERS } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EPOLLIN } from "../linux/constants.ts";
import { edge, openEnd, type TcpEnd, tunEnd } from "./fake/descriptors.ts";
import { type FakeLane, startFakeLanes } from "./fake/harness.ts";
import { arrive, makeRoom } from "./fake/kernel.ts";
import { installPeer } from "./fake/peer.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

const FRAME_TIMEOUT_MS = 3000;

test("a peer that stops in the middle of another lane's frame is ended by its own lane, on time", async () => {
  const { sender, owner, end } = await startStall();
  equal(end.sent.length, 10);
  owner.advance(FRAME_TIMEOUT_MS - 1);
  rest([sender, owner]);
  ok(!end.isClosed);
  owner.advance(1);
  rest([sender, owner]);
  ok(end.isClosed);
  const { tables } = owner.lane;
  equal(tables.u32[(tables.block + LANE_COUNTERS + 8 * Status.SendStalled) >>> 2], 1);
});

test("a frame that another lane has begun is finished by the owner once there is room", async () => {
  const { sender, owner, end } = await startStall();
  owner.advance(FRAME_TIMEOUT_MS - 1);
  makeRoom(end, Infinity);
  rest([sender, owner]);
  equal(end.sent.length, ((end.sent[0] ?? 0) << 8) + (end.sent[1] ?? 0));
  owner.advance(FRAME_TIMEOUT_MS);
  rest([sender, owner]);
  ok(!end.isClosed);
});

/** A connection of lane 1 on which lane 0 has sent ten octets of a frame; all lanes sleep. */
async function startStall(): Promise<{ sender: FakeLane; owner: FakeLane; end: TcpEnd }> {
  const tun = tunEnd();
  const [sender, owner] = await startFakeLanes({
    limits: { lanes: 2 },
    init: { frameTimeoutMs: FRAME_TIMEOUT_MS },
    open: (kernel, index) => ({ tun: openEnd(kernel, index === 0 ? tun : tunEnd()) }),
  });
  ok(sender !== undefined && owner !== undefined);
  const peer = makePeer();
  installPeer(sender, peer, { number: 1, replayWindow: 64 });
  const end = owner.connect();
  arrive(end, STREAM_PREFIX);
  arrive(end, frame(sealPing(peer)));
  rest([sender, owner]);
  end.space = 10;
  const { source, destination } = peer.ends;
  tun.unread.push(
    udpPacket({ source: destination, destination: source }, { data: new Uint8Array(9) }),
  );
  edge(tun, EPOLLIN);
  rest([sender, owner]);
  return { sender, owner, end };
}

/** Turns of those who are awake, until nobody is. */
function rest(lanes: readonly FakeLane[]): void {
  for (let turns = 0; turns < 100; turns++) {
    const lane = lanes.find((each) => each.isAwake());
    if (lane === undefined) return;
    lane.step();
  }
  throw new Error("The lanes do not come to rest");
}
