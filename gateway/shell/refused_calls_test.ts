import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  OFFLOAD_HEADER,
  OFFLOAD_NONE,
  OFFLOAD_TCP,
  OFFLOAD_UDP,
} from "../../ts-bindings/layout.ts";
import { loadConfig } from "../config/load.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { Tun } from "../linux/tun.ts";
import type { BetterCall } from "../model/better_call.ts";
import { coreOffload, offloadsInUse } from "./offloads.ts";
import { createRefusedCalls, type RefusedCalls } from "./refused_calls.ts";

test("a refused call is told once, whichever lanes it is refused", () => {
  const told: unknown[] = [];
  const calls = createRefusedCalls({ tell: (event, fields) => void told.push([event, fields]) });
  ok(!calls.has("sendmmsg"));
  for (const lane of [1, 0, 1]) calls.note(lane, { call: "sendmmsg", reason: "ENOSYS" });
  calls.note(null, { call: "tcp_nodelay", reason: "EPERM" });
  deepEqual(told, [
    ["call_refused", { lane: 1, call: "sendmmsg", reason: "ENOSYS" }],
    ["call_refused", { call: "tcp_nodelay", reason: "EPERM" }],
  ]);
  ok(calls.has("sendmmsg") && calls.has("tcp_nodelay") && !calls.has("recvmmsg"));
});

test("offloads are on where setting, device and kernel agree", async () => {
  const all = await configOf({ upstream: "127.0.0.1:4500" });
  const both = { tcp: true, udp: true };
  deepEqual(inUse(all, both), ["on", "on", "on", "on"]);
  deepEqual(inUse(all, { tcp: true, udp: false }), ["on", "refused", "on", "on"]);
  deepEqual(inUse(all, null), ["off", "off", "on", "on"]);
  deepEqual(inUse(await configOf({}), both), ["on", "on", "off", "off"]);
  for (const [i, [flag, call]] of SWITCHES.entries()) {
    const states = (state: string): string[] => SWITCHES.map((_, at) => at === i ? state : "on");
    const off = await configOf({ upstream: "127.0.0.1:4500", [flag]: "off" });
    deepEqual(inUse(off, both), states("off"));
    deepEqual(inUse(all, both, call), states("refused"));
    deepEqual(inUse(off, both, call), states("off"), "what is not used is not refused");
  }
});

test("a device without offloads has no header", () => {
  deepEqual(coreOffload({ tcp: false, udp: false }), OFFLOAD_NONE);
  deepEqual(coreOffload({ tcp: true, udp: false }), OFFLOAD_HEADER | OFFLOAD_TCP);
  deepEqual(coreOffload({ tcp: false, udp: true }), OFFLOAD_HEADER | OFFLOAD_UDP);
  deepEqual(coreOffload({ tcp: true, udp: true }), OFFLOAD_HEADER | OFFLOAD_TCP | OFFLOAD_UDP);
});

/** Each switch, and the call by whose refusal its offload ends; in the order of the status. */
const SWITCHES: readonly (readonly [string, BetterCall])[] = [
  ["tun-tcp-offload", "tun_tcp_join"],
  ["tun-udp-offload", "tun_udp_join"],
  ["upstream-udp-segment", "udp_segment"],
  ["upstream-udp-gro", "udp_gro"],
];

async function configOf(flags: Readonly<Record<string, string>>): Promise<GatewayConfig> {
  const readTextFile = (): Promise<string> =>
    Promise.reject(new Error("Cannot read: there is no file"));
  return (await loadConfig({ flags, environment: {}, readTextFile, cores: 1 })).config;
}

/** The states of a gateway whose device, if any, has taken `offloads`. */
function inUse(
  config: GatewayConfig,
  offloads: Tun["offloads"] | null,
  refused?: BetterCall,
): readonly string[] {
  const tun = offloads === null
    ? null
    : { name: "cv0", index: 1, queues: [], offloads, isOurs: true, before: null };
  const calls: Pick<RefusedCalls, "has"> = { has: (call) => call === refused };
  return Object.values(offloadsInUse(config, tun, calls));
}
