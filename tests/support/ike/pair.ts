// Two engines and the wire between them, in a time of the test's own.

import { randomBytes } from "node:crypto";
import { parseSocketAddress, type SocketAddress } from "../../../gateway/model/socket_address.ts";
import type { IkeAction, Path } from "../../../gateway/ike/engine/actions.ts";
import { createEngine, type IkeEngine } from "../../../gateway/ike/engine/engine.ts";
import type { Target } from "../../../gateway/ike/engine/ike_sa.ts";
import type { IkeSettings, IkeTools, PeerPolicy } from "../../../gateway/ike/engine/settings.ts";
import { type Identity, parseIdentity } from "../../../gateway/ike/identity/identity.ts";
import { createLeaseBook } from "../../../gateway/ike/leases/book.ts";
import {
  aeadOf,
  espDefaults,
  IKE_DEFAULTS,
  type IkePolicy,
} from "../../../gateway/ike/suites/suite.ts";
import type { Aead } from "../../../gateway/ike/wire/sealed.ts";
import { address, prefix } from "../parsed.ts";
import { testAead } from "./aead.ts";
import { TEST_TIME } from "./certificates.ts";
import { openTestPki } from "./pki.ts";

/** One end: an engine, and the actions that it has returned and that are no messages. */
export interface End {
  readonly engine: IkeEngine;
  readonly told: Exclude<IkeAction, { readonly kind: "send" }>[];
}

/** Two ends. What one of them sends waits until the test delivers it. */
export interface Pair {
  readonly client: End;
  readonly server: End;
  /** Messages on their way, oldest first. */
  readonly wire: Sent[];
  now: number;
  /** Delivers everything, and the answers, until nothing is left. */
  settle(): void;
  /** Delivers one message. */
  deliver(sent: Sent): void;
  /** Lets a call of an end happen now, and takes what comes out of it. */
  let(end: End, actions: readonly IkeAction[]): void;
}

export interface Sent {
  readonly to: End;
  readonly octets: Uint8Array;
  readonly path: number;
}

export const SECRET = new TextEncoder().encode("a secret of at least thirty-two octets");

/** Algorithms of an IKE SA without an additional key exchange. */
export const CLASSIC: IkePolicy = { ...IKE_DEFAULTS, ke1s: [] };

/** Settings of a server with a pool of four addresses. */
export function serverSettings(change: Partial<IkeSettings> = {}): IkeSettings {
  return {
    localId: identity("gw.example.org"),
    peers: [{
      name: "clients",
      remoteId: "*@example.org",
      psk: SECRET,
      isShared: false,
      local: [prefix("10.93.29.0/24")],
      remote: null,
      pools: null,
    }],
    ike: CLASSIC,
    esp: espDefaults("native"),
    pools: { v4: createLeaseBook({ reserved: [] }).pool([prefix("10.93.64.0/29")]), v6: null },
    lifetimes: { ike: 14_400_000, child: 3_600_000 },
    dns: [address("10.93.29.53")],
    domains: [],
    halfOpenMax: 1000,
    ...change,
  };
}

/** Settings of a client. */
export function clientSettings(change: Partial<IkeSettings> = {}): IkeSettings {
  return {
    ...serverSettings(),
    localId: identity("carol@example.org"),
    peers: [],
    pools: { v4: null, v6: null },
    dns: [],
    ...change,
  };
}

/** Where the client goes. */
export function target(change: Partial<PeerPolicy> = {}): Target {
  const peer = {
    name: "gw",
    remoteId: "gw.example.org",
    psk: SECRET,
    isShared: false,
    local: [],
    remote: [prefix("0.0.0.0/0")],
    pools: null,
    ...change,
  };
  return { peer, addresses: ["v4"] };
}

/**
 * Makes two ends.
 *
 * @param unixSeconds The time of day, for certificates and tickets
 */
export function createPair(
  server: IkeSettings,
  client: IkeSettings,
  unixSeconds: number = TEST_TIME,
): Pair {
  const endOf = (settings: IkeSettings, firstSpi: number): End => ({
    engine: createEngine(settings, testTools(firstSpi, unixSeconds)),
    told: [],
  });
  const ends = { client: endOf(client, 0x1000), server: endOf(server, 0x2000) };
  const pair: Pair = {
    ...ends,
    wire: [],
    now: 0,
    settle(): void {
      for (let sent = pair.wire.shift(); sent !== undefined; sent = pair.wire.shift()) {
        pair.deliver(sent);
      }
    },
    deliver({ to, octets, path }): void {
      const end = pathOf(path, to === ends.server);
      pair.let(to, to.engine.receive(pair.now, octets.slice(), end));
    },
    let(end, actions): void {
      const to = end === ends.client ? ends.server : ends.client;
      for (const action of actions) {
        if (action.kind === "send") pair.wire.push({ ...action, to });
        else end.told.push(action);
      }
    },
  };
  return pair;
}

/**
 * Begins an IKE SA by a path, and delivers everything.
 *
 * @returns Exchange types of the messages, in their order
 */
export function connect(pair: Pair, to: Target, path = 1): number[] {
  const seen: number[] = [];
  pair.let(pair.client, pair.client.engine.initiate(pair.now, to, pathOf(path, ON_CLIENT)));
  for (let sent = pair.wire.shift(); sent !== undefined; sent = pair.wire.shift()) {
    seen.push(sent.octets[18] ?? 0);
    pair.deliver(sent);
  }
  return seen;
}

/** The end of a path at the server or at the client. */
export function pathOf(id: number, isServer: boolean): Path {
  const [server, client] = [socket("192.0.2.1:4500"), socket(`198.51.100.7:${10_000 + id}`)];
  return isServer ? { id, local: server, remote: client } : { id, local: client, remote: server };
}

const ON_CLIENT = false;

/** Tools whose SPIs count from a first one. No key seals two messages with one IV (rule IW20). */
export function testTools(firstSpi: number, unixSeconds: number = TEST_TIME): IkeTools {
  let spi = firstSpi;
  const seen = new Set<string>();
  return {
    certificates: { pki: PKI, unixSeconds: () => unixSeconds },
    wallMs: () => unixSeconds * 1000,
    random: (len) => Uint8Array.from(randomBytes(len)),
    espSpi: () => spi++,
    aead: (cipher, keyAndSalt) => {
      const salt = keyAndSalt.slice(-4);
      const aead = testAead({ aead: aeadOf(cipher), key: keyAndSalt.slice(0, -4), salt });
      return sealsOnce(aead, { key: Buffer.from(keyAndSalt).toString("base64"), seen });
    },
  };
}

function sealsOnce(
  aead: Aead,
  { key, seen }: { readonly key: string; readonly seen: Set<string> },
): Aead {
  return {
    ...aead,
    seal(aad, body): void {
      const used = `${key} ${Buffer.from(body.subarray(0, aead.ivLen)).toString("hex")}`;
      if (seen.has(used)) throw new Error(`An IV has met its key twice: ${used}`);
      seen.add(used);
      aead.seal(aad, body);
    },
  };
}

const PKI = openTestPki();

export function identity(text: string): Identity {
  return known(parseIdentity(text));
}

function known<T>(parsed: { readonly value: T } | { readonly problem: string }): T {
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.value;
}

function socket(text: string): SocketAddress {
  const parsed = parseSocketAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}
