// Culvert at both ends: the responder on the far side, the originator on the near one, and keys
// through both APIs.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { must, type Running } from "../../tests/interop/lib/process.ts";
import { openApi } from "../../tests/support/api.ts";
import { makePeer } from "../../tests/support/peers.ts";
import { type Link, OUTER, type Side } from "./link.ts";
import { expectReachable, type Tunnel } from "./tunnel.ts";

export type Engine = "wasm" | "native";

/** Settings of a tunnel. */
export interface TunnelOptions {
  readonly lanes: number;
  readonly innerMtu: number;
}

export interface CulvertOptions extends TunnelOptions {
  readonly engine: Engine;
  /** Number of the tunnel, from 1 on. Its ports, devices and addresses follow from it. */
  readonly place: number;
  /** Folder for files of this run. */
  readonly folder: string;
  /** More flags for both gateways. */
  readonly flags?: readonly string[];
  /** Entry of the gateway, if it is not the program that users start. */
  readonly main?: URL;
}

/** Starts both gateways. Resolves when packets get through. */
export async function openCulvert(link: Link, options: CulvertOptions): Promise<Tunnel> {
  const { engine, folder, place, flags = [], main = MAIN } = options;
  const token = randomBytes(16).toString("hex");
  const tokenFile = `${folder}/token-${place}`;
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const device = `cv${place}`;
  const shape = ["--lanes", String(options.lanes), "--inner-mtu", String(options.innerMtu)];
  const inside = ["--inner", `tun:${device}`, "--engine", engine, ...shape];
  const own = [...inside, "--api-token-file", tokenFile, ...flags];
  const tcp = `${OUTER.far}:${TCP_PORT + place}`;
  const far = startGateway(link, "far", {
    main,
    args: ["serve", "--ike", "off", "--listen", tcp, ...own],
  });
  const farApi = await apiPort(far, "listening");
  const near = startGateway(link, "near", { main, args: ["connect", tcp, ...own] });
  const nearApi = await apiPort(near, "connecting");
  const inner = { near: `10.93.30.${place}`, far: `10.93.29.${place}` };
  for (const side of ["near", "far"] as const) {
    await must(link.on(side, ["ip", "addr", "add", `${inner[side]}/32`, "dev", device]));
  }
  const ports = { near: nearApi, far: farApi };
  await installKeys(ports, { token, inner });
  await expectReachable(link, inner.far);

  const pids = { near: near.pid, far: far.pid };
  return { subject: `culvert-${engine}`, target: inner.far, pids };
}

/** Installs one SA for each direction. Only the direction differs between the two sides. */
async function installKeys(
  ports: Readonly<Record<Side, number>>,
  { token, inner }: { readonly token: string; readonly inner: Readonly<Record<Side, string>> },
): Promise<void> {
  const { inboundBody: up, outboundBody: down } = makePeer();
  for (const [side, other] of [["far", "near"], ["near", "far"]] as const) {
    const api = openApi(OUTER[side], ports[side], token);
    const ends = { peer: other, local: [`${inner[side]}/32`], remote: [`${inner[other]}/32`] };
    const [inbound, outbound] = side === "far" ? [up, down] : [down, up];
    await api.installSa({ ...inbound, ...ends, direction: "inbound" });
    await api.installSa({ ...outbound, ...ends, direction: "outbound" });
    api.close();
  }
}

function startGateway(
  link: Link,
  side: Side,
  { main, args }: { readonly main: URL; readonly args: readonly string[] },
): Running {
  const flags = process.versions.bun === undefined ? DENO_FLAGS : [];
  const api = ["--api", `${OUTER[side]}:0`];
  const program = [process.execPath, ...flags, fileURLToPath(main)];
  return link.start(side, [...program, ...args, ...api], { NO_COLOR: "1" });
}

async function apiPort(gateway: Running, verb: string): Promise<number> {
  const [, port] = await gateway.match(new RegExp(`^${verb} .*api=\\S+:(\\d+)`, "m"), START_MS);
  return Number(port);
}

const MAIN = new URL("../../gateway/main.ts", import.meta.url);
const START_MS = 20_000;
const TCP_PORT = 4520;
const DENO_FLAGS = [
  ...["run", "--no-prompt", "--allow-ffi", "--allow-net", "--allow-read", "--allow-env"],
];
