// Whether the daemon behind can be reached: one state for all lanes, told once for each change
// (docs/design/decisions/0022-the-daemon-is-asked-when-nobody-speaks.md).
//
// The state follows from what the lanes see. Where they see nothing for a while, because no client
// sends or the daemon is silent, the daemon is asked.

import { errnoName } from "../linux/errno.ts";
import type { UdpProbe } from "../linux/udp_probe.ts";
import type { Unready } from "../model/unready.ts";
import type { UpstreamView } from "../model/upstream.ts";
import type { EventHub } from "./events.ts";

/** Keeps the state. */
export interface UpstreamWatch {
  /** A lane has seen a refusal (`ECONNREFUSED`), or with null a datagram of the daemon. */
  seen(refusal: string | null): void;
  /** Does what is due: asks, believes a silence, tells what was held back. Call it every second. */
  tick(): void;
  view(): UpstreamView;
  /** The reason not to be ready while the daemon is away. */
  check(): Unready | undefined;
  close(): void;
}

export interface UpstreamWatchOptions {
  /** The daemon's address, as it is shown. */
  readonly address: string;
  /** Sends a question to the daemon; throws if there is no socket to be had. */
  readonly openProbe: () => UdpProbe;
  readonly events: Pick<EventHub, "tell">;
  /** Monotonic ms. */
  readonly clock: () => number;
  readonly date: () => Date;
}

/**
 * Time without a sign, ms, after which the daemon is asked: at first, while it answers, and while
 * it is away.
 */
const ASK_AFTER_MS: Readonly<Record<UpstreamView["state"], number>> = {
  unknown: 10_000,
  up: 30_000,
  down: 5000,
};

/**
 * Time, ms, after which a silence is no refusal. A neighbour that does not answer ARP or NDP shows
 * after three seconds.
 */
const SILENCE_MS = 4000;

/** Most changes that are told in so many ms. A daemon may come and go all the time. */
const TELLINGS_MAX = 6;
const TELLINGS_MS = 60_000;

/** Starts with nothing known. */
export function createUpstreamWatch(options: UpstreamWatchOptions): UpstreamWatch {
  const { address, clock, date } = options;
  let state: UpstreamView["state"] = "unknown";
  let reason: string | null = null;
  let since = date().toISOString();
  let signAt = clock();
  let probe: UdpProbe | undefined;
  const tell = createTeller(options);

  function turn(next: "up" | "down"): void {
    if (state === next) return;
    // An unknown daemon that turns out to be there has not changed.
    const isChange = state !== "unknown" || next === "down";
    state = next;
    since = date().toISOString();
    if (isChange) tell.changed();
  }

  function seen(refusal: string | null): void {
    signAt = clock();
    endProbe();
    reason = refusal;
    turn(refusal === null ? "up" : "down");
    tell.whenDue({ isDown: state === "down", reason });
  }

  function endProbe(): void {
    probe?.close();
    probe = undefined;
  }

  function ask(): void {
    try {
      probe = options.openProbe();
      signAt = clock();
    } catch {
      // Without a descriptor nothing can be learned now. The lanes tell of the shortage.
    }
  }

  function look({ refusal }: UdpProbe): void {
    const errno = refusal();
    if (errno !== 0) seen(errnoName(errno));
    else if (clock() - signAt >= SILENCE_MS) seen(null);
  }

  function tick(): void {
    if (probe === undefined && clock() - signAt >= ASK_AFTER_MS[state]) ask();
    if (probe !== undefined) look(probe);
    tell.whenDue({ isDown: state === "down", reason });
  }

  return {
    seen,
    tick,
    view: () => ({ address, state, reason, since }),
    check: () => state === "down" ? awayBecause(reason) : undefined,
    close: endProbe,
  };
}

function awayBecause(reason: string | null): Unready {
  return { reason: "upstream_refused", detail: `The IKE daemon cannot be reached: ${reason}` };
}

interface Teller {
  /** The state has changed. */
  changed(): void;
  /** Tells the state if it is not the one that was told last, and if there may be a telling now. */
  whenDue(now: { readonly isDown: boolean; readonly reason: string | null }): void;
}

/** Tells changes, but never more often than the limit. Those in between are counted. */
function createTeller({ address: upstream, events, clock }: UpstreamWatchOptions): Teller {
  const toldAt: number[] = [];
  let wasDown = false;
  let changes = 0;

  function mayTell(): boolean {
    while (toldAt[0] !== undefined && clock() - toldAt[0] >= TELLINGS_MS) toldAt.shift();
    return toldAt.length < TELLINGS_MAX;
  }

  function whenDue({ isDown, reason }: { isDown: boolean; reason: string | null }): void {
    if (isDown === wasDown || !mayTell()) return;
    const suppressed = changes - 1;
    toldAt.push(clock());
    wasDown = isDown;
    changes = 0;
    const more = suppressed > 0 ? { suppressed } : {};
    if (isDown) events.tell("upstream_refused", { upstream, reason, ...more }, "error");
    else events.tell("upstream_reachable", { upstream, ...more }, "info");
  }

  return { changed: () => void changes++, whenDue };
}
