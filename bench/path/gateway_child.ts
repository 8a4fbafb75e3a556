// A gateway as a subject: the program that users start, its API, and counters that show whether a
// run did what it claims.

import { type Api, openApi } from "../../tests/support/api.ts";
import { parseListening } from "../../tests/support/gateway.ts";
import { readMetrics, sample } from "../../tests/support/metrics.ts";
import { settle } from "../../tests/support/wait.ts";
import { type Child, startChild } from "./child.ts";
import type { Endpoint } from "./sockets.ts";

/** A gateway that is serving. */
export interface GatewayChild extends Child {
  readonly api: Api;
  readonly tcp: Endpoint;
  /** Address of its API. */
  readonly apiAt: Endpoint;
}

/** A counter of the gateway. */
export interface Counter {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export const OPENED: Counter = {
  name: "culvert_esp_packets_total",
  labels: { direction: "inbound" },
};
export const SEALED: Counter = {
  name: "culvert_esp_packets_total",
  labels: { direction: "outbound" },
};
export const RELAYED_UP: Counter = {
  name: "culvert_frames_total",
  labels: { direction: "inbound", kind: "esp" },
};
export const RELAYED_DOWN: Counter = {
  name: "culvert_frames_total",
  labels: { direction: "outbound", kind: "esp" },
};

/** Starts the gateway of `program` on free ports of loopback. Resolves when it serves. */
export async function startGatewayChild(
  program: string,
  args: readonly string[],
): Promise<GatewayChild> {
  const child = startChild(program, [...SERVE, ...args]);
  const { tcp, api } = parseListening(await child.line());
  const [first] = tcp;
  if (first === undefined) throw new Error("The gateway does not listen");
  const client = openApi(api.host, api.port);

  async function stop(): Promise<void> {
    client.close();
    await child.stop();
  }

  return { ...child, api: client, tcp: first, apiAt: api, stop };
}

/** Reads a counter. */
export async function readCounter({ api }: GatewayChild, counter: Counter): Promise<number> {
  return sample(await readMetrics(api), counter.name, counter.labels);
}

/**
 * Waits until a counter has reached `wanted`.
 *
 * @throws {Error} If it does not: the run measured something other than it claims
 */
export async function expectCounter(
  gateway: GatewayChild,
  counter: Counter,
  wanted: number,
): Promise<void> {
  const seen = await settle(() => readCounter(gateway, counter), (now) => now >= wanted);
  if (seen === wanted) return;
  const name = `${counter.name} ${JSON.stringify(counter.labels)}`;
  throw new Error(`The run is void: ${name} is ${seen}, not ${wanted}`);
}

const SERVE = [
  ...["serve", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--ike", "off"],
  ...["--max-connections-per-source", "10000", "--log-level", "error"],
];
