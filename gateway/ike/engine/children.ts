// Child SAs of an IKE SA.

import type { SaDirection } from "../../model/direction.ts";
import type { Prefix } from "../../model/prefix.ts";
import { childKeys } from "../keys/child_keys.ts";
import { PRFS } from "../keys/prf.ts";
import { octetsOf, spanOfPrefix } from "../selectors/ranges.ts";
import { transformsOf } from "../suites/choose.ts";
import { aeadOf, keyLenOf } from "../suites/suite.ts";
import { TS_TYPE } from "../wire/constants.ts";
import type { Selector, TsPayload } from "../wire/payloads/ts.ts";
import { proposalText } from "../wire/proposal_text.ts";
import type { InstallAction } from "./actions.ts";
import type { Child } from "./child_sa.ts";
import type { Context } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";

/** The exchange that makes a Child SA. */
export interface ChildExchange {
  /** Whether this side began the exchange, not the IKE SA (RFC 7296 §2.17). */
  readonly isInitiator: boolean;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** The shared secret of its key exchange, which this wipes; left out without one. */
  readonly secret?: Uint8Array;
  /** The secrets of additional key exchanges, which this wipes. */
  readonly more?: readonly Uint8Array[];
}

/** What both sides have agreed on. */
export type ChildTerms = Pick<Child, "spiIn" | "spiOut" | "suite" | "local" | "remote">;

/**
 * Makes a Child SA. Both halves have their keys: the one for receiving is returned, to be installed
 * before the exchange goes on; the one for sending waits for {@link startSending}.
 */
export function addChild(
  context: Context,
  sa: IkeSa,
  { terms, exchange }: { readonly terms: ChildTerms; readonly exchange: ChildExchange },
): { readonly child: Child; readonly inbound: InstallAction } {
  const { isInitiator, nonceI, nonceR, secret, more = [] } = exchange;
  const seed = { d: sa.keyed().keys.d, nonceI, nonceR, more, ...(secret ? { secret } : {}) };
  const keys = childKeys(PRFS[sa.suite.prf], seed, keyLenOf(terms.suite));
  secret?.fill(0);
  for (const octets of more) octets.fill(0);
  const [keyOut, keyIn] = isInitiator
    ? [keys.fromInitiator, keys.fromResponder]
    : [keys.fromResponder, keys.fromInitiator];
  const { spiIn, spiOut, suite, local, remote } = terms;
  const esn = suite.hasEsn;
  const common = {
    kind: "install",
    ike: sa.id,
    child: spiIn,
    aead: aeadOf(suite),
    suite: proposalText({ transforms: transformsOf(suite) }),
    local,
    remote,
    esn,
  } as const;
  const child: Child = {
    ...terms,
    state: "up",
    pendingOut: { ...common, direction: "outbound", spi: spiOut, keyMaterial: keyOut },
    isSending: false,
    pendingUntil: context.now + FIRST_USE_MS,
    next: null,
    rekeyAt: rekeyTime(context, context.settings.lifetimes.child),
    removeAt: Infinity,
  };
  sa.children.set(spiIn, child);
  return { child, inbound: { ...common, direction: "inbound", spi: spiIn, keyMaterial: keyIn } };
}

/** A time at 85 to 95 % of a lifetime, so that both sides seldom rekey at once (RFC 7296 §2.8). */
export function rekeyTime({ now, tools }: Context, lifetimeMs: number): number {
  return now + lifetimeMs * (0.85 + 0.1 * fraction(tools.random(4)));
}

/** A number from 0 up to 1. */
export function fraction(octets: Uint8Array): number {
  return espSpiNumber(octets) / 2 ** 32;
}

/** Installs the half for sending. It does nothing the second time. */
export function startSending(context: Context, child: Child): void {
  context.actions.push(...takeSending(child));
}

/**
 * Takes the install of the half for sending, if it was not taken before. For the first Child SA a
 * responder has it done before it answers: the peer's first packet may be there before anything
 * else is, and its reply would find no SA.
 */
export function takeSending(child: Child): InstallAction[] {
  const { pendingOut } = child;
  if (pendingOut === null) return [];
  child.pendingOut = null;
  child.isSending = true;
  return [pendingOut];
}

/** Removes the half for sending, or forgets it if it has never been installed. */
export function stopSending(context: Context, sa: IkeSa, child: Child): void {
  child.pendingOut?.keyMaterial.fill(0);
  child.pendingOut = null;
  if (!child.isSending) return;
  child.isSending = false;
  pushRemove(context, sa, { child, direction: "outbound" });
}

/** Stops sending, and receives what is on its way for a moment more. */
export function linger(context: Context, sa: IkeSa, child: Child): void {
  stopSending(context, sa, child);
  child.state = "lingering";
  child.removeAt = context.now + LINGER_MS;
}

/** Removes both directions of a Child SA. */
export function removeChild(context: Context, sa: IkeSa, child: Child): void {
  stopSending(context, sa, child);
  sa.children.delete(child.spiIn);
  pushRemove(context, sa, { child, direction: "inbound" });
}

function pushRemove(
  context: Context,
  { id }: IkeSa,
  { child, direction }: { readonly child: Child; readonly direction: SaDirection },
): void {
  const spi = direction === "inbound" ? child.spiIn : child.spiOut;
  context.actions.push({ kind: "remove", direction, spi, child: child.spiIn, ike: id });
}

/** How long a new SA waits for the peer to use it before we send on it, ms. */
const FIRST_USE_MS = 5000;

/** How long packets may take that left before a Delete, ms. */
const LINGER_MS = 2000;

/** The selectors of prefixes, for any protocol and port. */
export function selectorsOf<Kind extends "tsi" | "tsr">(
  kind: Kind,
  prefixes: readonly Prefix[],
): TsPayload<Kind> {
  return { kind, selectors: prefixes.map(selectorOf) };
}

function selectorOf(prefix: Prefix): Selector {
  const { bits, first, last } = spanOfPrefix(prefix);
  return {
    type: bits === 32 ? TS_TYPE.IPV4_ADDR_RANGE : TS_TYPE.IPV6_ADDR_RANGE,
    protocol: 0,
    fromPort: 0,
    toPort: 0xffff,
    from: octetsOf(first, bits),
    to: octetsOf(last, bits),
  };
}

/** An SPI of ESP as four octets, and back. */
export function espSpiOctets(spi: number): Uint8Array {
  return Uint8Array.of(spi >>> 24, spi >>> 16, spi >>> 8, spi);
}

export function espSpiNumber(octets: Uint8Array): number {
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
