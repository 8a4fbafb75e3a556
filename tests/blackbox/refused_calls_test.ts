// A kernel, or a filter in front of it, that refuses what the gateway can do without: it starts,
// serves, loses nothing, and tells of each refused call once.

import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import {
  ENOPROTOOPT,
  ENOSYS,
  EPERM,
  IPPROTO_TCP,
  IPPROTO_UDP,
  RLIMIT_NOFILE,
  SO_RXQ_OVFL,
  SOL_SOCKET,
  TCP_KEEPIDLE,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
  UDP_GRO,
  UDP_SEGMENT,
} from "../../gateway/linux/constants.ts";
import { ikeFrame, ikeMessage } from "../support/frames.ts";
import { type Gateway, startGateway, stopCleanly } from "../support/gateway.ts";
import { type IkeDaemon, openIkeDaemon } from "../support/ike_daemon.ts";
import { canRefuseCalls, refuseCalls, type Refused } from "../support/seccomp.ts";
import { settle } from "../support/wait.ts";

/** An option of a socket, which `setsockopt` and `getsockopt` take as their second and third. */
function option(call: "setsockopt" | "getsockopt", level: number, name: number): Refused {
  return { call, errno: ENOPROTOOPT, given: [{ at: 1, value: level }, { at: 2, value: name }] };
}

const OFFLOADS: readonly Refused[] = [
  option("setsockopt", IPPROTO_UDP, UDP_GRO),
  option("getsockopt", IPPROTO_UDP, UDP_SEGMENT),
];

const CASES: readonly {
  readonly refused: readonly Refused[];
  readonly told: readonly string[];
  readonly args?: readonly string[];
  /** The upstream offloads in the status, segments first; without it both are on. */
  readonly status?: readonly [string, string];
}[] = [
  {
    refused: [{ call: "sendmmsg", errno: ENOSYS }, { call: "recvmmsg", errno: ENOSYS }],
    told: ["recvmmsg", "sendmmsg"],
  },
  {
    refused: [{ call: "sendmmsg", errno: EPERM }, { call: "recvmmsg", errno: EPERM }],
    told: ["recvmmsg", "sendmmsg"],
  },
  {
    refused: [
      option("setsockopt", SOL_SOCKET, SO_RXQ_OVFL),
      ...OFFLOADS,
    ],
    told: ["so_rxq_ovfl", "udp_gro", "udp_segment"],
    status: ["refused", "refused"],
  },
  { refused: [{ call: "readv", errno: ENOSYS }], told: ["readv"] },
  { refused: [{ call: "sendmsg", errno: ENOSYS }], told: ["sendmsg"] },
  // A call that is not made is not refused.
  {
    refused: OFFLOADS,
    args: ["--upstream-udp-segment", "off"],
    told: ["udp_gro"],
    status: ["off", "refused"],
  },
  {
    refused: OFFLOADS,
    args: ["--upstream-udp-gro", "off"],
    told: ["udp_segment"],
    status: ["refused", "off"],
  },
  {
    refused: [
      option("setsockopt", IPPROTO_TCP, TCP_KEEPIDLE),
      option("setsockopt", IPPROTO_TCP, TCP_USER_TIMEOUT),
      option("setsockopt", IPPROTO_TCP, TCP_NOTSENT_LOWAT),
    ],
    told: ["tcp_keepalive", "tcp_notsent_lowat", "tcp_user_timeout"],
  },
  // To raise the limit of open files. Runtimes may ask for the other limits.
  {
    refused: [{
      call: "prlimit",
      errno: EPERM,
      given: [{ at: 1, value: RLIMIT_NOFILE }, { at: 2, above: 0 }],
    }],
    told: [],
  },
];

const skip = canRefuseCalls() ? false : "needs Perl, and a kernel that takes a seccomp filter";

for (const { refused, told, args = [], status = ["on", "on"] } of CASES) {
  const name = told.length === 0 ? "more files" : told.join(", ");
  const title = `IKE passes both ways without ${name}: ${refused[0]?.errno} ${args.join(" ")}`;
  test(title, { skip }, async () => {
    const daemon = await openIkeDaemon();
    const gateway = await startGateway(["--upstream", `127.0.0.1:${daemon.port}`, ...args], {
      runBy: refuseCalls(...refused),
    });
    try {
      await exchange(gateway, daemon);
      await exchange(gateway, daemon);
      const offloads = await settle(
        () => upstreamOffloads(gateway),
        (now) => `${now}` === `${status}`,
      );
      deepEqual(offloads, status);
    } finally {
      await stopCleanly(gateway);
      await daemon.close();
    }
    deepEqual(toldBy(gateway), told);
  });
}

async function upstreamOffloads({ api }: Gateway): Promise<readonly unknown[]> {
  const { offloads } = await api.get("/v1/status") as { offloads: Record<string, unknown> };
  equal(offloads.tunTcp, "off");
  return [offloads.upstreamUdpSegment, offloads.upstreamUdpGro];
}

/** 20 messages to the daemon, each of which it sends back. */
async function exchange(gateway: Gateway, daemon: IkeDaemon): Promise<void> {
  daemon.answer(({ octets }) => octets);
  const connection = await gateway.connect();
  const sent = Array.from({ length: 20 }, (_, i) => ikeMessage({ messageId: i }));
  await connection.send(Buffer.concat(sent.map(ikeFrame)));
  for (const message of sent) {
    ok((await daemon.next()).octets.equals(Buffer.concat([Buffer.alloc(4), message])));
    ok((await connection.next()).equals(Buffer.concat([Buffer.alloc(4), message])));
  }
  equal(connection.waiting(), 0);
  connection.close();
}

/** The calls that the log of a gateway that has ended names, each as often as it does. */
function toldBy({ program }: Gateway): readonly string[] {
  const lines = program.stderr().matchAll(/call_refused .*call=(\w+)/g);
  return [...lines].map(([, call]) => call ?? "").toSorted();
}
