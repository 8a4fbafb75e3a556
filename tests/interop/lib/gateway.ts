// Culvert in namespace `gw`, and its API as an operator uses it.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import process from "node:process";
import type { AeadName } from "../../../ts-bindings/aead.ts";
import { script, start } from "./process.ts";
import { GATEWAY, inNamespace, INNER_HOST, TCP_PORT } from "./network.ts";

const API = `${GATEWAY}:9329`;
const TUN = "culvert0";

/** An SA as `POST /v1/sas` takes it; only what these cases set. */
export interface SaSpec {
  readonly spi: string;
  readonly direction: "inbound" | "outbound";
  readonly peer: string;
  readonly aead: AeadName;
  readonly keyMaterial: string;
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly esn: boolean;
  readonly replayWindow?: number;
  readonly initialSequence?: number;
}

export interface Connection {
  readonly id: string | number;
  readonly remote: string;
  readonly state: string;
}

/** A peer with an IKE SA in the gateway; only what these cases look at. */
export interface Peer {
  readonly id: number;
  readonly identity: string;
  readonly children: readonly unknown[];
  readonly rekeys: { readonly ike: number; readonly child: number };
}

/** How a gateway is started; by itself, as users start it and without further flags. */
export interface Started {
  /** Entry module in the checkout, in place of the gateway's. */
  readonly entry?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of the case. */
  readonly flags?: readonly string[];
}

export interface Gateway {
  install(sa: SaSpec): Promise<void>;
  connections(): Promise<readonly Connection[]>;
  peers(): Promise<readonly Peer[]>;
  endPeer(id: number): Promise<void>;
  /** Sum of a metric's samples whose labels contain every given one; 0 if there is none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** What it has printed so far. */
  log(): string;
  /** Asks the gateway to end, and says whether it took its TUN device along. */
  stop(): Promise<void>;
}

/** Starts a gateway with a TUN device of its own, and gives the device the inner host's address. */
export async function startTunGateway(
  innerMtu: number,
  lanes: number,
  started: Started = {},
): Promise<Gateway> {
  const gateway = await startGateway([
    ...["--inner", `tun:${TUN}`, "--inner-mtu", String(innerMtu), "--lanes", String(lanes)],
    ...started.flags ?? [],
  ], started);
  await script(`ip -n gw addr add ${INNER_HOST}/24 dev ${TUN}`);
  return gateway;
}

/** Starts a gateway on TCP 4500 with its API open to the case. */
export async function startGateway(
  flags: readonly string[],
  started: Started = {},
): Promise<Gateway> {
  const token = randomBytes(16).toString("hex");
  writeFileSync("/run/api-token", `${token}\n`, { mode: 0o600 });
  const running = start(
    "gateway",
    inNamespace("gw", [
      ...(started.entry === undefined ? gatewayCommand() : commandOf(started.entry)),
      ...["--listen", `${GATEWAY}:${TCP_PORT}`, "--api", API, "--api-token-file", "/run/api-token"],
      ...flags.includes("--ike") ? [] : ["--ike", "off"],
      ...flags,
    ]),
    started.env,
  );
  await running.match(/^listening tcp=/m, 30_000);

  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`http://${API}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(5000),
    });
    if (response.ok) return response;
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  return {
    async install(sa): Promise<void> {
      const response = await call("POST", "/v1/sas", sa);
      assert.equal(response.status, 201);
      await response.body?.cancel();
    },
    async connections(): Promise<Connection[]> {
      const answer: { connections: Connection[] } = await (await call("GET", "/v1/connections"))
        .json();
      return answer.connections;
    },
    async peers(): Promise<Peer[]> {
      const answer: { peers: Peer[] } = await (await call("GET", "/v1/peers")).json();
      return answer.peers;
    },
    async endPeer(id): Promise<void> {
      await (await call("DELETE", `/v1/peers/${id}`)).body?.cancel();
    },
    async metric(name, labels = {}): Promise<number> {
      return _sum(await (await call("GET", "/metrics")).text(), name, labels);
    },
    log: running.output,
    async stop(): Promise<void> {
      assert.equal(await running.stop("SIGTERM", 10_000), 0, "exit code of the gateway");
      const left = await script(`ip -n gw -br link show`);
      assert.ok(!left.includes(TUN), `the gateway left its TUN device:\n${left}`);
    },
  };
}

/**
 * How a gateway is started: by the runtime that runs the suite, or by CULVERT_GATEWAY (words apart
 * by spaces).
 */
export function gatewayCommand(): string[] {
  const given = process.env.CULVERT_GATEWAY;
  if (given !== undefined && given !== "") return given.split(" ");
  return "deno" in process.versions
    ? [process.execPath, "run", "gateway"]
    : [process.execPath, "gateway/main.ts"];
}

function commandOf(entry: string): string[] {
  return "deno" in process.versions
    ? [process.execPath, "run", "-A", "--no-prompt", entry]
    : [process.execPath, entry];
}

/** Sums samples of the Prometheus text format; a total must not depend on which lanes there are. */
function _sum(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return text.split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
