// Everything that a run of the bench needs: the load generator's memory, the gateways and the plain
// peer. It is set up once.
//
//     load -- TCP on lo -- gateway -- cv0 (10.93.29.1) -- discard socket here    tunnel
//                             |
//                             +------ UDP on lo -------- the daemon's socket     relay

import { execFileSync, spawnSync } from "node:child_process";
import { ECHO_ADDRESS } from "../../tests/support/peers.ts";
import { type Arena, openArena } from "./arena.ts";
import { type Child, startChild } from "./child.ts";
import { type GatewayChild, startGatewayChild } from "./gateway_child.ts";
import type { RivalRelay } from "./relay_program.ts";
import { type Endpoint, openUdp } from "./sockets.ts";
import { startUdpOverTcp, tcp2udpProgram } from "./udp_over_tcp.ts";

export interface Scene {
  readonly arena: Arena;
  /**
   * A gateway with a TUN and an upstream. Where no TUN can be made, the echo host replaces it and
   * `hasTun` is false.
   */
  readonly gateway: GatewayChild;
  /** A gateway with the echo host. */
  readonly echo: GatewayChild;
  readonly hasTun: boolean;
  /** Address of the upstream daemon. Each case opens its own socket there. */
  readonly daemon: Endpoint;
  readonly plain: { readonly child: Child; readonly tcp: Endpoint };
  /** Another program that relays, if one is installed. */
  readonly rival: RivalRelay | undefined;
  close(): Promise<void>;
}

/** Program of the gateway that is measured. */
export const GATEWAY = "gateway/main.ts";

export interface SceneOptions {
  /** Octets of load that the arena has room for. */
  readonly loadLen: number;
  /** Entry of the gateway: the program that users start, or the one with clocks. */
  readonly program: string;
  readonly engine: Engine;
  readonly innerMtu: number;
}

/** Who does the AEAD in the gateways. */
export type Engine = "wasm" | "native";

/** Starts everything. */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const { loadLen, program, engine, innerMtu } = options;
  const arena = openArena(loadLen);
  const hasTun = canHaveTun();
  const daemon = freeUdpPort(arena);
  const plainChild = startChild("bench/path/plain_tcp.ts", []);
  const plain = {
    child: plainChild,
    tcp: { host: "127.0.0.1", port: Number(await plainChild.line()) },
  };
  const upstream = ["--upstream", `${daemon.host}:${daemon.port}`];
  const own = ["--engine", engine, "--inner-mtu", String(innerMtu)];
  const inner = hasTun ? ["--inner", `tun:${TUN}`] : [];
  const gateway = await startGatewayChild(program, [...upstream, ...inner, ...own]);
  if (hasTun) execFileSync("ip", ["address", "add", `${ECHO_ADDRESS}/24`, "dev", TUN]);
  const echo = await startGatewayChild(program, own);
  const tcp2udp = tcp2udpProgram();
  const rival = tcp2udp === undefined
    ? undefined
    : await startUdpOverTcp(arena, { program: tcp2udp, daemon });

  async function close(): Promise<void> {
    rival?.stop();
    await Promise.all([gateway.stop(), echo.stop(), plainChild.stop()]);
  }

  return { arena, gateway, echo, hasTun, daemon, plain, rival, close };
}

/** Whether this is a network namespace of our own on a system with TUN devices. */
function canHaveTun(): boolean {
  const own = spawnSync("ip", ["-brief", "link", "show"], { encoding: "utf8" });
  const isAlone = own.status === 0 && own.stdout.trim().split("\n").length === 1;
  return isAlone && spawnSync("test", ["-c", "/dev/net/tun"]).status === 0;
}

function freeUdpPort(arena: Arena): Endpoint {
  const { fd, port } = openUdp(arena, { host: "127.0.0.1", port: 0 });
  arena.libc.close(fd);
  return { host: "127.0.0.1", port };
}

const TUN = "cv0";
