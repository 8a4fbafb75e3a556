import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { arrive } from "../../tests/fakes/kernel/kernel.ts";
import { edge } from "../../tests/fakes/kernel/descriptors.ts";
import { type LaneRig, startLaneRig } from "../../tests/support/lane/rig.ts";
import { frame, ike, upstreamOf } from "../../tests/support/lane/traffic.ts";
import { ECONNREFUSED, EMSGSIZE, EPERM, EPOLLERR, EPOLLIN } from "../linux/constants.ts";
import { STREAM_PREFIX } from "./stream_prefix.ts";

/** A lane with one client, and the means to send and to let the daemon send. */
async function startRig(): Promise<LaneRig & { send(): void; answer(): void }> {
  const rig = await startLaneRig();
  const peer = rig.connect();
  arrive(peer, STREAM_PREFIX);
  const send = (): void => {
    arrive(peer, frame(ike(1)));
    rig.settle();
  };
  const answer = (): void => {
    const upstream = upstreamOf(rig);
    upstream.unread.push(new Uint8Array(ike(2)));
    edge(upstream, EPOLLIN);
    rig.settle();
  };
  send();
  return { ...rig, send, answer };
}

/** What the lane has told of the daemon. */
function toldBy({ notices }: LaneRig): (string | null)[] {
  return notices.flatMap((notice) => notice.kind === "upstream" ? [notice.refusal] : []);
}

test("a lane tells of refusals once a second, and of the daemon's next datagram at once", async () => {
  const rig = await startRig();
  for (let i = 0; i < 10; i++) {
    upstreamOf(rig).failures.push(EPERM);
    rig.send();
  }
  deepEqual(toldBy(rig), ["EPERM"]);
  rig.answer();
  rig.answer();
  deepEqual(toldBy(rig), ["EPERM", null]);
  rig.advance(1000);
  rig.answer();
  upstreamOf(rig).failures.push(EPERM);
  rig.send();
  deepEqual(toldBy(rig), ["EPERM", null, null, "EPERM"]);
});

test("a lane tells of an ICMP error that comes while nothing is sent", async () => {
  const rig = await startRig();
  const upstream = upstreamOf(rig);
  upstream.readFailures.push(ECONNREFUSED);
  edge(upstream, EPOLLERR);
  rig.settle();
  deepEqual(toldBy(rig), ["ECONNREFUSED"]);
});

test("a message that is too long says nothing about the daemon", async () => {
  const rig = await startRig();
  upstreamOf(rig).failures.push(EMSGSIZE);
  rig.send();
  deepEqual(toldBy(rig), []);
  equal(rig.notices.length, 1);
  deepEqual(rig.notices[0], {
    kind: "trouble",
    trouble: "upstream_failed",
    reason: "EMSGSIZE",
    suppressed: 0,
  });
});
