import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive, makeRoom, sendReset } from "../../tests/fakes/kernel/kernel.ts";
import { createFrameReader, ikeFrame, ikeMessage } from "../../tests/support/frames.ts";
import { type InsideRig, startInsideRig } from "../../tests/support/lane/inside.ts";
import { counted } from "../../tests/support/lane/traffic.ts";
import { CONN_ENABLED, CONN_PREFIXED } from "../../ts-bindings/layout.ts";
import { Status } from "../../ts-bindings/status.ts";
import { ENDS, TO_IKE, TO_LANE } from "../edges/ike_link.ts";
import { hasListed } from "./lane.ts";
import { rowGeneration, rowState, rowTrustedAt } from "./row.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** As in the rig's settings. */
const FRAME_TIMEOUT_MS = 30_000;

const ROW = 1;

/** Messages of this length leave no room for another record when the ring is full. */
const BRIM_LEN = 32;

test("IKE goes to the IKE of this process, behind the addresses of its connection", async () => {
  const inside = await startInsideRig();
  const peer = connect(inside);
  equal(rowState(inside.rig.lane.tables, ROW), CONN_PREFIXED);
  const messages = [ikeMessage({ len: 300 }), ikeMessage({ len: 28 }), ikeMessage({ len: 5000 })];
  for (const message of messages) arrive(peer, ikeFrame(message));
  inside.rig.settle();
  const [opened, ...rest] = inside.all();
  equal(opened?.kind, TO_IKE.OPENED);
  deepEqual(opened.octets.slice(ENDS.REMOTE, ENDS.REMOTE + 4), [192, 0, 2, 1]);
  deepEqual(opened.octets.slice(ENDS.REMOTE_PORT, ENDS.REMOTE_PORT + 2), [
    40_000 >> 8,
    40_000 & 255,
  ]);
  equal(opened.octets[ENDS.FAMILY], 4);
  deepEqual(rest, messages.map((message) => record(inside, TO_IKE.MESSAGE, message)));
  equal(inside.woken.count, 1, "one wake for a turn");
  equal(rowState(inside.rig.lane.tables, ROW), CONN_ENABLED);
});

test("a connection that has said nothing is not told of, and one that has is told at its end", async () => {
  const inside = await startInsideRig();
  sendReset(connect(inside));
  inside.rig.settle();
  deepEqual(inside.all(), []);
  const peer = connect(inside);
  arrive(peer, ikeFrame(ikeMessage()));
  inside.rig.settle();
  const [opened] = inside.all();
  sendReset(peer);
  inside.rig.settle();
  deepEqual(inside.all(), [{ ...opened, kind: TO_IKE.CLOSED, octets: [] }]);
});

test("IKE that finds no room waits in its ring, and goes on in order once there is some", async () => {
  const inside = await startInsideRig();
  const { rig } = inside;
  const peer = connect(inside);
  const sent = fill(inside, peer);
  const reads = rig.kernel.calls.get("readv");
  arrive(peer, ikeFrame(ikeMessage({ len: 77 })));
  rig.settle();
  equal(rig.kernel.calls.get("readv"), reads, "it is not read");
  ok(!hasListed(rig.lane), "the lane waits");
  const got = messagesOf(inside);
  inside.wake();
  rig.settle();
  got.push(...messagesOf(inside));
  deepEqual(got, [...sent, 77]);
  ok(!peer.isClosed);
});

test("a connection whose IKE finds no room for too long ends, and IKE hears of it later", async () => {
  const inside = await startInsideRig();
  const { rig } = inside;
  const peer = connect(inside);
  fill(inside, peer, BRIM_LEN);
  for (let waited = 0; waited < FRAME_TIMEOUT_MS; waited += 1000) {
    ok(!peer.isClosed);
    rig.advance(1000);
    rig.settle();
  }
  ok(peer.isClosed);
  equal(counted(rig, Status.IkeUndelivered), 1);
  ok(messagesOf(inside).length > 0);
  inside.wake();
  rig.settle();
  deepEqual(inside.all().map(({ kind }) => kind), [TO_IKE.CLOSED]);
});

test("a full ring holds no other connection's ESP or answers up", async () => {
  const inside = await startInsideRig();
  const peer = connect(inside);
  fill(inside, peer);
  const other = inside.rig.connect([192, 0, 2, 2]);
  arrive(other, STREAM_PREFIX);
  inside.rig.settle();
  inside.give({ ...record(inside, TO_LANE.MESSAGE, ikeMessage({ len: 99 })), row: 2 });
  inside.rig.settle();
  deepEqual(lensOf(other), [99]);
});

test("answers leave behind a marker, and wait while the kernel takes no more", async () => {
  const inside = await startInsideRig();
  const { rig } = inside;
  const peer = connect(inside);
  peer.space = 0;
  for (const len of [28, 300, 9000]) {
    inside.give(record(inside, TO_LANE.MESSAGE, ikeMessage({ len })));
  }
  rig.settle();
  deepEqual(peer.sent, []);
  makeRoom(peer, 1_000_000);
  rig.settle();
  deepEqual(lensOf(peer), [28, 300, 9000]);
});

test("a peer that reads nothing fills its reserve, keeps some messages, and ends", async () => {
  const inside = await startInsideRig();
  const { rig } = inside;
  const peer = connect(inside);
  const other = rig.connect([192, 0, 2, 2]);
  rig.settle();
  peer.space = 0;
  let given = 0;
  for (; !peer.isClosed && given < 40; given++) {
    inside.give(record(inside, TO_LANE.MESSAGE, ikeMessage({ len: 60_000 })));
    rig.settle();
  }
  ok(given > 16, "what the reserve has not taken waits");
  equal(counted(rig, Status.SendStalled), 1);
  ok(!other.isClosed);
});

test("messages that have waited for a full reserve leave in their order", async () => {
  const inside = await startInsideRig();
  const { rig } = inside;
  const peer = connect(inside);
  peer.space = 0;
  const lens = [60_000, 60_001, 60_002, 60_003, 60_004, 60_005, 100, 101];
  for (const len of lens) {
    inside.give(record(inside, TO_LANE.MESSAGE, ikeMessage({ len })));
    rig.settle();
  }
  makeRoom(peer, 10_000_000);
  rig.settle();
  deepEqual(lensOf(peer), lens);
});

test("a record for a connection that has ended touches nothing of its row's next one", async () => {
  const inside = await startInsideRig();
  const { rig } = inside;
  const peer = connect(inside);
  const late = record(inside, TO_LANE.MESSAGE, ikeMessage());
  sendReset(peer);
  rig.settle();
  const next = connect(inside);
  inside.give(late);
  inside.give({ ...late, kind: TO_LANE.TRUSTED, octets: [] });
  inside.give({ ...late, kind: TO_LANE.SUSPECT, octets: [] });
  rig.settle();
  deepEqual(next.sent, []);
  equal(rowTrustedAt(rig.lane.tables, ROW), 0);
  equal(counted(rig, Status.IkeInvalid), 0);
  equal(counted(rig, Status.TxRingFull), 1);
});

test("the IKE of this process trusts a connection, and scores it", async () => {
  const inside = await startInsideRig();
  const { rig } = inside;
  const peer = connect(inside);
  const suspect = record(inside, TO_LANE.SUSPECT, []);
  for (let i = 0; i < 4; i++) inside.give(suspect);
  inside.give({ ...suspect, kind: TO_LANE.TRUSTED });
  rig.settle();
  equal(rowTrustedAt(rig.lane.tables, ROW), rig.lane.now);
  equal(counted(rig, Status.IkeInvalid), 4);
  arrive(peer, ikeFrame(ikeMessage()));
  rig.settle();
  ok(peer.isClosed);
  equal(counted(rig, Status.SuspectLimit), 1);
});

/** A peer that has sent the prefix. */
function connect({ rig }: InsideRig): TcpEnd {
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  rig.settle();
  return peer;
}

function record({ rig }: InsideRig, kind: number, octets: Uint8Array | readonly number[]): {
  readonly kind: number;
  readonly row: number;
  readonly generation: number;
  readonly octets: readonly number[];
} {
  return { kind, row: ROW, generation: rowGeneration(rig.lane.tables, ROW), octets: [...octets] };
}

/** Sends messages until one finds no room. Returns their lengths. */
function fill({ rig }: InsideRig, peer: TcpEnd, len = 9000): number[] {
  const lens: number[] = [];
  while (!rig.lane.connections[ROW]?.isHeld) {
    ok(lens.length < 10_000);
    lens.push(len);
    arrive(peer, ikeFrame(ikeMessage({ len })));
    rig.settle();
  }
  return lens;
}

/** Lengths of the messages that the far end has now. */
function messagesOf(inside: InsideRig): number[] {
  return inside.all().filter(({ kind }) => kind === TO_IKE.MESSAGE).map(({ octets }) =>
    octets.length
  );
}

/** Lengths of the messages that a peer has got. */
function lensOf({ sent }: TcpEnd): number[] {
  return createFrameReader().push(Uint8Array.from(sent)).map((payload) => payload.length - 4);
}
