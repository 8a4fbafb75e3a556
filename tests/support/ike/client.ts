// A client of IKE over a real TCP connection: an engine of this process, and the ESP of its Child
// SAs. It may lose its connection and go on by another one.

import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomInt } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { IkeAction, InstallAction, Path } from "../../../gateway/ike/engine/actions.ts";
import { createEngine, type IkeEngine } from "../../../gateway/ike/engine/engine.ts";
import type { IkeSettings, PeerPolicy } from "../../../gateway/ike/engine/settings.ts";
import { parseSocketAddress, type SocketAddress } from "../../../gateway/model/socket_address.ts";
import { freshPing } from "../echo.ts";
import { openEsp, sealEsp, type TestSa } from "../esp.ts";
import { MARKER_LEN } from "../frames.ts";
import { parsePacket, pingPacket } from "../inner_packet.ts";
import type { Originator } from "../originator.ts";
import { prefix } from "../parsed.ts";
import { WAIT_MS } from "../wait.ts";
import { clientSettings, identity, target, testTools } from "./pair.ts";
import { ECHO_INSIDE } from "./plan.ts";

/** What is told: all actions but messages. */
export type Told = Exclude<IkeAction, { readonly kind: "send" }>;

/** A client. */
export interface IkeClient {
  readonly engine: IkeEngine;
  /** Everything that the engine has told. */
  readonly told: Told[];
  /** Its inner address. */
  address(): string;
  /** Begins an IKE SA on the connection; resolves when it is up or refused. */
  initiate(change?: Partial<PeerPolicy>): Promise<void>;
  /** The same with an address that it has already. */
  initiateAs(address: string): Promise<void>;
  /** Goes on by another connection. */
  resume(connection: Originator): void;
  /** Lets the engine do something. */
  let(actions: (now: number) => readonly IkeAction[]): void;
  /** Waits until something holds, and takes messages meanwhile. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Sends a ping by the newest Child SA, and waits for its echo by any. */
  ping(): Promise<void>;
  close(): void;
}

/** Makes a client on a connection. Its clock ticks every 50 ms. */
export function openIkeClient(
  first: Originator,
  name = "carol@example.org",
  change: Partial<IkeSettings> = {},
): IkeClient {
  const settings = clientSettings({ localId: identity(name), ...change });
  const tools = testTools(randomInt(0x1000, 0x7fff_0000), Math.floor(Date.now() / 1000));
  const engine = createEngine(settings, tools);
  const told: Told[] = [];
  const sas = { inbound: new Map<number, TestSa>(), outbound: new Map<number, TestSa>() };
  const pongs = new Set<string>();
  let connection = first;
  let path = pathTo(first, 1);
  const now = (): number => performance.now();

  function carryOut(actions: readonly IkeAction[]): void {
    for (const action of actions) {
      if (action.kind === "send") {
        if (action.path !== path.id || !connection.isOpen()) continue;
        void connection.sendFrames(Buffer.concat([Buffer.alloc(MARKER_LEN), action.octets]))
          .catch(() => undefined);
        continue;
      }
      told.push(action);
      if (action.kind === "install") install(action);
      if (action.kind === "remove") sas[action.direction].delete(action.spi);
    }
  }

  function install({ direction, spi, aead, keyMaterial, esn }: InstallAction): void {
    sas[direction].set(spi, { spi, aead, keyMaterial: Buffer.from(keyMaterial), esn, seq: 0n });
  }

  function take(payload: Buffer): void {
    if (payload.readUInt32BE(0) === 0) {
      carryOut(engine.receive(now(), Uint8Array.from(payload.subarray(MARKER_LEN)), path));
      return;
    }
    const spi = payload.readUInt32BE(0);
    const sa = sas.inbound.get(spi);
    const opened = sa && openEsp(sa, payload);
    ok(opened !== undefined, `ESP of SPI ${spi.toString(16)} that nobody here has`);
    carryOut(engine.used(now(), spi));
    pongs.add(parsePacket(opened.inner).payload.subarray(4).toString("hex"));
  }

  async function pump(): Promise<void> {
    while (connection.waiting() > 0) take(await connection.next());
  }

  async function until(what: string, holds: () => boolean): Promise<void> {
    const endAt = now() + WAIT_MS;
    for (;;) {
      await pump();
      if (holds()) return;
      ok(now() < endAt, `${what} in ${WAIT_MS} ms; told ${told.map(({ kind }) => kind).join()}`);
      await delay(5);
    }
  }

  const timer = setInterval(() => carryOut(engine.tick(now())), 50);

  let own = "";
  function address(): string {
    if (own !== "") return own;
    const configured = told.findLast((action) => action.kind === "configured");
    return configured?.addresses[0]?.text ?? "";
  }

  async function ping(): Promise<void> {
    const sa = [...sas.outbound.values()].at(-1);
    ok(sa !== undefined, "there is a Child SA");
    const packet = pingPacket({ source: address(), destination: ECHO_INSIDE }, freshPing());
    const mark = parsePacket(packet).payload.subarray(4).toString("hex");
    await connection.sendFrames(sealEsp(sa, packet));
    await until("the echo", () => pongs.has(mark));
  }

  async function initiate(change: Partial<PeerPolicy> = {}): Promise<void> {
    const before = told.length;
    carryOut(engine.initiate(now(), target({ remote: null, ...change }), path));
    await until(
      "the handshake",
      () => told.slice(before).some(({ kind }) => kind === "configured" || kind === "refused"),
    );
  }

  async function initiateAs(address: string): Promise<void> {
    own = address;
    const remote = [prefix("10.93.29.0/24")];
    const to = target({ local: [prefix(`${address}/32`)], remote });
    const before = told.length;
    carryOut(engine.initiate(now(), { ...to, addresses: [] }, path));
    await until(
      "the handshake",
      () =>
        told.slice(before).filter(({ kind }) => kind === "install").length === 2 ||
        told.slice(before).some(({ kind }) => kind === "refused"),
    );
  }

  return {
    engine,
    told,
    address,
    initiate,
    initiateAs,
    resume(next): void {
      const [ike] = engine.established();
      ok(ike !== undefined, "an IKE SA is up");
      carryOut(engine.pathClosed(now(), path.id));
      connection = next;
      path = pathTo(next, path.id + 1);
      carryOut(engine.pathOpened(now(), ike, path));
    },
    let: (actions) => carryOut(actions(now())),
    until,
    ping,
    close(): void {
      clearInterval(timer);
      connection.close();
    },
  };
}

/** Counts what was told of a kind. */
export function toldOf({ told }: IkeClient, kind: Told["kind"]): number {
  return told.filter((action) => action.kind === kind).length;
}

/** Expects that an end was told, for this reason. */
export function expectEnded({ told }: IkeClient, reason: string): void {
  const ended = told.find((action) => action.kind === "ended");
  equal(ended?.reason, reason);
}

function pathTo({ localAddress, localPort }: Originator, id: number): Path {
  return { id, local: socket(`${localAddress}:${localPort}`), remote: socket("127.0.0.1:4500") };
}

function socket(text: string): SocketAddress {
  const parsed = parseSocketAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}
