// Silent connections whose peers are asked whether they are still there.

import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { edge, type TcpEnd } from "../../tests/fakes/kernel/descriptors.ts";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { type LaneRig, startLaneRig, startLaneRigs } from "../../tests/support/lane/rig.ts";
import { counted, frame, ike } from "../../tests/support/lane/traffic.ts";
import { Status } from "../../ts-bindings/status.ts";
import {
  EPOLLIN,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_KEEPIDLE,
} from "../linux/constants.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** Half of the rig's limit for a source. */
const HALF = 2;
/** Longer than the silence before a question, than the time for an answer, than a pause; ms. */
const SILENT_MS = 5000;
const ANSWERED_MS = 15_000;
const AGAIN_MS = 31_000;
const SILENCE = `${IPPROTO_TCP} ${TCP_KEEPIDLE}`;
const SWITCH = `${SOL_SOCKET} ${SO_KEEPALIVE}`;

test("twenty clients that come back each minute from half-open connections are never refused", async () => {
  const [rig] = await startLaneRigs({
    limits: { connections: 512, rings: 64 },
    perSourceMax: 64,
  });
  ok(rig !== undefined);
  let clients: TcpEnd[] = [];
  for (let minute = 0; minute < 10; minute++) {
    for (const client of clients) client.isGone = true;
    clients = Array.from({ length: 20 }, () => openTrusted(rig));
    ok(clients.every(({ isClosed }) => !isClosed), `minute ${minute}`);
    for (let second = 0; second < 60; second++) {
      rig.advance(1000);
      rig.settle();
    }
  }
  equal(counted(rig, Status.RefusedSource), 0);
  ok(clients.every(({ isClosed }) => !isClosed));
});

test("a peer that answers keeps its connection, and that its keepalive", async () => {
  const rig = await startLaneRig();
  const [silent, ...others] = Array.from({ length: HALF }, () => openTrusted(rig));
  ok(silent !== undefined);
  rig.advance(SILENT_MS);
  openTrusted(rig);
  deepEqual([silent.options.get(SILENCE), silent.options.get(SWITCH)], [4, 1]);
  rig.advance(ANSWERED_MS);
  rig.settle();
  deepEqual([silent.options.get(SILENCE), silent.options.get(SWITCH)], [120, 120]);
  ok([silent, ...others].every(({ isClosed }) => !isClosed));
});

test("a peer that has answered is not asked again at once", async () => {
  const rig = await startLaneRig();
  const [silent] = Array.from({ length: HALF }, () => openTrusted(rig));
  ok(silent !== undefined);
  rig.advance(SILENT_MS);
  openTrusted(rig);
  rig.advance(ANSWERED_MS);
  rig.settle();
  openTrusted(rig);
  equal(silent.options.get(SILENCE), 120);
  rig.advance(AGAIN_MS);
  rig.settle();
  rig.connect();
  rig.settle();
  equal(silent.options.get(SILENCE), 4);
});

test("below half of a limit, and without a trusted word, nobody is asked", async () => {
  const rig = await startLaneRig();
  const alone = openTrusted(rig);
  rig.advance(SILENT_MS);
  const untrusted = rig.connect();
  rig.settle();
  equal(alone.options.get(SILENCE), undefined);
  rig.advance(SILENT_MS);
  rig.connect();
  rig.settle();
  deepEqual([alone.options.get(SILENCE), untrusted.options.get(SILENCE)], [4, undefined]);
});

test("the connections of other lanes are asked, and end there", async () => {
  const [first, second] = await startLaneRigs({ limits: { lanes: 2, connections: 8, rings: 48 } });
  ok(first !== undefined && second !== undefined);
  const old = Array.from({ length: HALF }, () => openTrusted(second));
  for (const peer of old) peer.isGone = true;
  first.advance(SILENT_MS);
  openTrusted(first);
  second.settle();
  ok(old.every(({ isClosed }) => !isClosed));
  first.advance(ANSWERED_MS);
  second.settle();
  ok(old.every(({ isClosed }) => isClosed));
  equal(counted(second, Status.GaveWay), HALF);
});

test("one that is known to be gone gives way at once", async () => {
  const rig = await startLaneRig();
  const [gone] = Array.from({ length: HALF }, () => openTrusted(rig));
  ok(gone !== undefined);
  gone.isGone = true;
  // The usual keepalive has asked already.
  gone.options.set(SILENCE, 4);
  rig.advance(SILENT_MS);
  openTrusted(rig);
  ok(gone.isClosed);
});

/** A peer on whose connection the daemon has said what proves a key. */
function openTrusted(rig: LaneRig): TcpEnd {
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  arrive(peer, frame(ike(1)));
  const before = rig.kernel.sockets.length;
  rig.settle();
  const socket = rig.kernel.sockets[before];
  if (socket === undefined) return peer;
  const spis = Array.from({ length: 16 }, () => before);
  // An encrypted INFORMATIONAL message with its marker (RFC 7296 §3.1).
  const head = [0, 0, 0, 0, ...spis, 46, 0x20, 37, 0x20];
  socket.unread.push(Uint8Array.of(...head, ...new Uint8Array(8)));
  edge(socket, EPOLLIN);
  rig.settle();
  return peer;
}
