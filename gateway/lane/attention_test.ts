import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, openEnd, type TcpEnd, tunEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, makeRoom } from "../../tests/fakes/kernel/kernel.ts";
import { sealPing } from "../../tests/support/echo.ts";
import { frame } from "../../tests/support/frames.ts";
import { udpPacket } from "../../tests/support/inner_packet.ts";
import { installPeer } from "../../tests/support/lane/peer.ts";
import { type LaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { counted } from "../../tests/support/lane/traffic.ts";
import { makePeer } from "../../tests/support/peers.ts";
import { Status } from "../../ts-bindings/status.ts";
import { EPOLLIN } from "../linux/constants.ts";
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
  equal(counted(owner, Status.SendStalled), 1);
});

test("a frame that another lane has begun is finished by the owner once there is room", async () => {
  const { sender, owner, end } = await startStall();
  owner.advance(FRAME_TIMEOUT_MS - 1);
  makeRoom(end, Infinity);
  rest([sender, owner]);
  equal(end.sent.length, frameLen(end));
  owner.advance(FRAME_TIMEOUT_MS);
  rest([sender, owner]);
  ok(!end.isClosed);
});

test("packets for a peer that has stopped do not wake its own lane again and again", async () => {
  const { sender, owner, end, send } = await startStall();
  for (let i = 0; i < 300; i++) {
    send();
    sender.settle();
    ok(!owner.isAwake(), `woken by packet ${i}`);
  }
  equal(end.sent.length, 10);
  owner.advance(FRAME_TIMEOUT_MS);
  rest([sender, owner]);
  ok(end.isClosed);
});

test("a frame that stays begun behind one that another lane has finished has all of its time, and no more", async () => {
  const { sender, owner, end, send } = await startStall();
  owner.advance(FRAME_TIMEOUT_MS - 1);
  // No EPOLLOUT edge comes: the kernel has room by the time of the other lane's call. It takes the
  // first frame and most of the next one.
  end.space = 2 * (frameLen(end) - 10);
  send();
  sender.settle();
  ok(!owner.isAwake());
  owner.advance(1);
  rest([sender, owner]);
  owner.advance(FRAME_TIMEOUT_MS - 2);
  rest([sender, owner]);
  ok(!end.isClosed);
  owner.advance(1);
  rest([sender, owner]);
  ok(end.isClosed);
  equal(counted(owner, Status.SendStalled), 1);
});

test("a queue that another lane has emptied and filled again has a deadline of its own", async () => {
  for (const restMs of [1, FRAME_TIMEOUT_MS]) {
    const { sender, owner, end, send } = await startStall();
    end.space = Infinity;
    send();
    rest([sender, owner]);
    // The owner's timer for the octets that were stuck is still to come, or it has found nothing.
    owner.advance(restMs);
    rest([sender, owner]);
    const [connection] = owner.lane.live;
    equal(connection?.timerDue === 0, restMs === FRAME_TIMEOUT_MS);
    end.space = 10;
    send();
    rest([sender, owner]);
    owner.advance(FRAME_TIMEOUT_MS - 1);
    rest([sender, owner]);
    ok(!end.isClosed);
    owner.advance(1);
    rest([sender, owner]);
    ok(end.isClosed);
    equal(counted(owner, Status.SendStalled), 1);
  }
});

interface Stall {
  readonly sender: LaneRig;
  readonly owner: LaneRig;
  readonly end: TcpEnd;
  /** One more packet for the sender to send on `end`. */
  send(): void;
}

/** A connection of lane 1 on which lane 0 has sent ten octets of a frame; all lanes sleep. */
async function startStall(): Promise<Stall> {
  const tun = tunEnd();
  const [sender, owner] = await startLaneRigs({
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

  function send(): void {
    tun.unread.push(
      udpPacket({ source: destination, destination: source }, { data: new Uint8Array(9) }),
    );
    edge(tun, EPOLLIN);
  }

  send();
  rest([sender, owner]);
  return { sender, owner, end, send };
}

/** Octets of the first frame that was sent, as its Length field says. */
function frameLen({ sent: [high = 0, low = 0] }: TcpEnd): number {
  return (high << 8) + low;
}

/** Takes turns of the lanes that are awake, until all sleep. */
function rest(lanes: readonly LaneRig[]): void {
  for (let turns = 0; turns < 100; turns++) {
    const lane = lanes.find((each) => each.isAwake());
    if (lane === undefined) return;
    lane.step();
  }
  throw new Error("The lanes do not come to rest");
}
