// The link of this bench: two hosts with delay, loss and a bottleneck between them, and one tunnel
// across it.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { must, type Running, script, start } from "../../tests/interop/lib/process.ts";
import { openCulvert } from "../wire/culvert.ts";
import { type Link, openLink, OUTER } from "../wire/link.ts";
import { plainTcp, type Tunnel } from "../wire/tunnel.ts";

/** Properties of the link in one case. */
export interface Conditions {
  /** Round-trip time without queueing, ms. */
  readonly rttMs: number;
  /** Packets lost in each direction, in percent. */
  readonly lossPercent: number;
}

export const RTT_MS = [20, 100];
export const LOSS_PERCENT = [0, 0.1, 1, 3];
/** Rate of the bottleneck, Mbit/s. */
const RATE_MBIT = 50;
/** Size of the bottleneck's buffer, in ms at that rate. */
const BUFFER_MS = 25;
const SEED = 9329;

/**
 * A way across the link. All inner TCP is CUBIC, so that it makes no difference between the ways.
 * The tunnels' own TCP is CUBIC too, unless a way says otherwise.
 */
export interface Way {
  readonly name: string;
  open(link: Link, folder: string): Promise<Tunnel>;
}

export const WAYS: readonly Way[] = [
  { name: "plain TCP", open: () => Promise.resolve(plainTcp()) },
  { name: "culvert", open: (link, folder) => culvert(link, { folder, congestion: "cubic" }) },
  {
    name: "culvert, ECN inside",
    open: (link, folder) => culvert(link, { folder, congestion: "cubic", hasEcn: true }),
  },
  {
    name: "culvert, BBR outside",
    open: (link, folder) => culvert(link, { folder, congestion: "bbr" }),
  },
  {
    name: "unbounded queue",
    open: (link, folder) => culvert(link, { folder, congestion: "cubic", main: UNBOUNDED }),
  },
];

/** Sets up the link, and runs `use` on it. */
export async function withLink<T>(
  conditions: Conditions,
  use: (link: Link) => Promise<T>,
): Promise<T> {
  let emulator: Running | undefined;
  const link = await openLink(async (holder, on) => {
    emulator = start("link", [EMULATOR, NEAR, FAR, ...numbersOf(conditions)]);
    await emulator.match(/link up/, 5000);
    await script(`
      ip link set ${FAR} netns ${holder.pid}
      ip addr add ${OUTER.near}/24 dev ${NEAR}
      ip link set ${NEAR} mtu 1500 txqueuelen 1000 up
    `);
    await must(on("far", ["ip", "addr", "add", `${OUTER.far}/24`, "dev", FAR]));
    await must(on("far", ["ip", "link", "set", FAR, "mtu", "1500", "txqueuelen", "1000", "up"]));
    await must(on("far", ["ip", "link", "set", "lo", "up"]));
  });
  try {
    return await use(link);
  } finally {
    await link.close();
    await emulator?.stop("SIGTERM", 2000);
  }
}

/** Builds the emulator if it has not been built. */
export async function buildEmulator(): Promise<void> {
  const manifest = fileURLToPath(new URL("link/Cargo.toml", import.meta.url));
  const target = fileURLToPath(TARGET);
  const cargo = ["cargo", "build", "--quiet", "--release", "--locked"];
  await must([...cargo, "--manifest-path", manifest, "--target-dir", target], {
    timeoutMs: 300_000,
  });
  if (!existsSync(EMULATOR)) throw new Error(`Cannot find ${EMULATOR}: not built`);
}

function numbersOf({ rttMs, lossPercent }: Conditions): string[] {
  return [
    rttMs * 1000 / 2,
    Math.round(lossPercent * 10_000),
    RATE_MBIT * 1_000_000 / 8,
    BUFFER_MS * 1000,
    SEED,
  ].map(String);
}

interface CulvertSetting {
  readonly folder: string;
  readonly congestion: string;
  /**
   * Use ECN for TCP on both hosts. The link marks nothing, so the outer connection does not notice.
   */
  readonly hasEcn?: boolean;
  readonly main?: URL;
}

async function culvert(
  link: Link,
  { congestion, hasEcn = false, ...others }: CulvertSetting,
): Promise<Tunnel> {
  for (const host of hasEcn ? ["near", "far"] as const : []) {
    await must(link.on(host, ["sysctl", "--quiet", "net.ipv4.tcp_ecn=1"]));
  }
  return await openCulvert(link, {
    ...{ engine: "wasm", place: 1, lanes: 1, innerMtu: 1400 },
    flags: ["--tcp-congestion", congestion],
    ...others,
  });
}

const TARGET = new URL("../../target/bench-link/", import.meta.url);
const EMULATOR = fileURLToPath(new URL("release/culvert-bench-link", TARGET));
const UNBOUNDED = new URL("unbounded/gateway.ts", import.meta.url);
const NEAR = "link-near";
const FAR = "link-far";
