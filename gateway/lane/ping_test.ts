import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { edge } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { openEsp, sealEsp } from "../../tests/support/esp.ts";
import { frame } from "../../tests/support/frames.ts";
import { addressOctets, ipPacket, parsePacket } from "../../tests/support/inner_packet.ts";
import { installPeer } from "../../tests/support/lane/peer.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { makePeer, type Peer } from "../../tests/support/peers.ts";
import { EPOLLOUT } from "../linux/constants.ts";
import { COMMAND_PING, COMMAND_PING_FROM } from "./commands.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** An address in the words of an order. */
function words(text: string): number[] {
  const octets = addressOctets(text);
  const head = octets.length === 16 ? [] : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];
  return [...new Int32Array(Uint8Array.from([...head, ...octets]).buffer)];
}

/** A lane with one peer, whose connection is its path. */
async function startWithPeer({ isV6 = false } = {}): Promise<{
  readonly rig: LaneRig;
  readonly peer: Peer;
  /** Frames that the lane has sent since the call before. */
  readonly sent: () => Buffer[];
  readonly give: (inner: Uint8Array) => void;
}> {
  const rig = await startLaneRig();
  const peer = makePeer({ isV6 });
  installPeer(rig, peer, { number: 1, replayWindow: 64 });
  const end = rig.connect();
  arrive(end, STREAM_PREFIX);
  rig.settle();
  const give = (inner: Uint8Array): void => {
    arrive(end, frame(sealEsp(peer.inbound, inner)));
    rig.settle();
  };
  // Its first packet makes the connection its path; nobody answers this protocol.
  give(ipPacket(peer.ends, 200, new Uint8Array(8)));
  const sent = (): Buffer[] => {
    edge(end, EPOLLOUT);
    rig.settle();
    const octets = Buffer.from(end.sent.splice(0));
    const frames: Buffer[] = [];
    for (let at = 0; at < octets.length; at += octets.readUInt16BE(at)) {
      frames.push(octets.subarray(at + 2, at + octets.readUInt16BE(at)));
    }
    return frames;
  };
  return { rig, peer, sent, give };
}

for (const isV6 of [false, true]) {
  test(`echo requests leave whole, and replies are told with their times, IPv${isV6 ? 6 : 4}`, async () => {
    const { rig, peer, sent, give } = await startWithPeer({ isV6 });
    const { source: far, destination: own } = peer.ends;
    rig.command([COMMAND_PING, 1, 100, ...words(far)]);
    rig.settle();
    deepEqual(sent(), [], "nothing before its address is known");
    rig.command([COMMAND_PING_FROM, ...words(own)]);
    rig.command([COMMAND_PING, 3, 100, ...words(far)]);
    rig.command([COMMAND_PING, 1, 5000, ...words(far)]);
    rig.settle();
    const requests = sent().map((esp) => openEsp(peer.outbound, esp)?.inner);
    equal(requests.length, 4);
    rig.advance(7);
    for (const [at, inner] of requests.entries()) {
      ok(inner !== undefined);
      const { source, destination, isIntact, payload } = parsePacket(inner);
      deepEqual([source, destination, isIntact], [own, far, true]);
      equal(inner.length, at < 3 ? 100 : 1400, "no longer than an inner packet may be");
      equal(payload.readUInt16BE(6), at, "numbers");
      const answer = Buffer.from(payload);
      answer.writeUInt8(isV6 ? 129 : 0, 0);
      give(ipPacket(peer.ends, isV6 ? 58 : 1, answer));
    }
    const pongs = rig.notices.flatMap((notice) => notice.kind === "pongs" ? [notice] : []);
    equal(pongs.reduce((sum, { count }) => sum + count, 0), 4);
    equal(pongs.reduce((sum, { octets }) => sum + octets, 0), 1700);
    deepEqual(pongs[0], {
      kind: "pongs",
      count: 1,
      octets: 100,
      sumMs: 7,
      minMs: 7,
      maxMs: 7,
      sequence: 0,
    });
  });
}

test("replies of others, short ones and requests count as nothing", async () => {
  const { rig, peer, give } = await startWithPeer();
  rig.command([COMMAND_PING_FROM, ...words(peer.ends.destination)]);
  rig.settle();
  const message = (type: number, id: number, len: number): Buffer => {
    const octets = Buffer.alloc(len);
    octets.writeUInt8(type, 0);
    octets.writeUInt16BE(id, 4);
    return octets;
  };
  for (const octets of [message(0, 7, 64), message(0, 9329, 12), message(8, 9329, 64)]) {
    give(ipPacket(peer.ends, 1, octets));
  }
  give(ipPacket(peer.ends, 17, message(0, 9329, 64)));
  deepEqual(rig.notices.filter(({ kind }) => kind === "pongs"), []);
  give(ipPacket(peer.ends, 1, message(0, 9329, 64)));
  equal(rig.notices.filter(({ kind }) => kind === "pongs").length, 1);
});
