// Where the responder of `connect` is. Its name may not resolve yet, because the resolver of the
// host comes up later than the gateway, and its addresses may change at any time.

import { setTimeout as delay } from "node:timers/promises";
import type { ConnectTarget } from "../config/types.ts";
import type { IpAddress } from "../model/address.ts";
import type { Log } from "./log.ts";

/** The responder's addresses. */
export interface Responder {
  /** As the last look-up found them; none before the first that succeeded. */
  readonly addresses: () => readonly IpAddress[];
  /**
   * Looks them up. If that fails or takes too long, the last ones serve: the resolver may lie
   * behind the tunnel that is to be opened again.
   *
   * @throws {Error} If it fails and none are known
   */
  readonly look: () => Promise<readonly IpAddress[]>;
}

export interface ResponderOptions {
  readonly target: ConnectTarget;
  readonly lookUp: (host: string) => Promise<readonly IpAddress[]>;
  readonly log: Log;
  /** Ends the look-ups at the start. */
  readonly signal: AbortSignal;
  /** Time between two of them, ms. Tests shorten it. */
  readonly pauseMs?: number;
  /** Time after which the last addresses serve, ms. Tests shorten it. */
  readonly patienceMs?: number;
}

/** Time that a look-up at the start may take before the gateway goes on without it, ms. */
const WAIT_MS = 2000;

/** Time that a look-up may take where there are addresses from an earlier one, ms. */
const PATIENCE_MS = 3000;

/** Time between the first two look-ups at the start, ms; it doubles up to the longest. */
const PAUSE_MS = 1000;
const PAUSE_MAX_MS = 30_000;

/**
 * Looks the responder up. Resolves when its addresses are known, or when the first look-up fails or
 * takes too long: then further ones follow until one succeeds.
 */
export async function findResponder(options: ResponderOptions): Promise<Responder> {
  let found: readonly IpAddress[] = [];
  let begun = 0;
  let newest = 0;

  async function look(): Promise<readonly IpAddress[]> {
    if (newest === 0) return await lookUp();
    const { patienceMs = PATIENCE_MS } = options;
    const ending = new AbortController();
    const late = delay(patienceMs, undefined, { signal: ending.signal }).then(() => {
      throw new Error(`No answer in ${patienceMs} ms`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([lookUp(), late]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      options.log("warn", "resolve_failed", { host: options.target.host, reason });
      return found;
    } finally {
      ending.abort();
    }
  }

  async function lookUp(): Promise<readonly IpAddress[]> {
    const number = ++begun;
    const addresses = await options.lookUp(options.target.host);
    // A look-up that began later knows better, even if it was faster.
    if (number > newest) {
      newest = number;
      found = addresses;
    }
    return addresses;
  }

  const known = untilKnown(options, look, () => newest > 0);
  await Promise.race([known.first, delay(WAIT_MS, undefined, { ref: false })]);
  return { addresses: () => found, look };
}

/** Looks until the addresses are known. `first` resolves with the end of the first look-up. */
function untilKnown(
  { target, log, signal, pauseMs = PAUSE_MS }: ResponderOptions,
  look: () => Promise<unknown>,
  isKnown: () => boolean,
): { readonly first: Promise<void> } {
  async function tryOnce(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      log("warn", "connect_failed", { to: target.text, reason });
    }
  }

  async function goOn(): Promise<void> {
    await first;
    for (let pause = pauseMs; !isKnown() && !signal.aborted; pause *= 2) {
      const ms = Math.min(pause, PAUSE_MAX_MS);
      await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
      if (!isKnown() && !signal.aborted) await tryOnce();
    }
  }

  const first = tryOnce();
  void goOn();
  return { first };
}
