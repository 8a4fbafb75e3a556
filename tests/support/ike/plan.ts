// The plan of a server that answers IKE in tests.

import type { IkePlan } from "../../../gateway/ike/engine/plan.ts";
import { espDefaults, IKE_DEFAULTS } from "../../../gateway/ike/suites/suite.ts";
import { address, prefix } from "../parsed.ts";
import { identity, SECRET } from "./pair.ts";

/** What a test may change. */
export interface PlanChanges {
  /** Lifetimes, ms. */
  readonly ikeMs?: number;
  readonly childMs?: number;
  /** The pool; four addresses by default. */
  readonly pool?: string;
  /** Identity of the server, and those that clients may have. */
  readonly localId?: string;
  readonly remoteId?: string;
  readonly psk?: string;
  /** The inner address of the one client; left out, it gets one of the pool. */
  readonly remote?: string;
  readonly isShared?: boolean;
}

/** The address of the built-in echo host, in what clients may reach. */
export const ECHO_INSIDE = "10.93.29.1";

/** Makes the plan: clients of example.org with one secret, and a pool. */
export function testPlan(changes: PlanChanges = {}): IkePlan {
  return {
    localId: identity(changes.localId ?? "gw.example.org"),
    peers: [{
      name: "clients",
      remoteId: changes.remoteId ?? "*@example.org",
      psk: changes.psk === undefined ? SECRET.slice() : new TextEncoder().encode(changes.psk),
      isShared: changes.isShared ?? false,
      local: [prefix("10.93.29.0/24")],
      remote: changes.remote === undefined ? null : [prefix(changes.remote)],
      pool: null,
    }],
    ike: IKE_DEFAULTS,
    esp: espDefaults("wasm"),
    pool: [prefix(changes.pool ?? "10.93.64.0/29")],
    reserved: [],
    lifetimes: { ike: changes.ikeMs ?? 14_400_000, child: changes.childMs ?? 3_600_000 },
    dns: [address("10.93.29.53")],
    domains: [],
    halfOpenMax: 1000,
  };
}
