// The client's side of a tunnel by IKE: it keeps one connection and one IKE SA up. The IKE SA
// outlives the connection, and goes on by the next one (RFC 9329 §6.1). Only when the server has
// forgotten it does the client begin a new one.

import type {
  ConfiguredAction,
  EndedAction,
  EstablishedAction,
  InstallAction,
  RefusedAction,
} from "../ike/engine/actions.ts";
import type { Prefix } from "../model/prefix.ts";
import type { Purpose } from "./dialer.ts";
import type { EventHub } from "./events.ts";
import type { OwnConnection } from "./own_connection.ts";
import { faultOf, type Ids, type TunnelCause, type TunnelFault } from "./tunnel_fault.ts";

/** What the tunnel hears of IKE. */
export type TunnelAction =
  | Pick<EstablishedAction, "kind" | "ike" | "identity" | "path" | "keys">
  | Pick<InstallAction, "kind" | "ike" | "suite" | "remote">
  | ConfiguredAction
  | EndedAction
  | RefusedAction;

/** What the server has given. */
export type TunnelGrant = Pick<ConfiguredAction, "addresses" | "dns" | "domains">;

/** What both sides have agreed on. */
export interface TunnelTerms extends TunnelGrant {
  /** The identity that the server has proved. */
  readonly server: string;
  /** Algorithms of the IKE SA and of the Child SA, in the notation of proposals. */
  readonly ikeSuite: string;
  readonly espSuite: string;
  /** Inner addresses of the server's side that the tunnel leads to. */
  readonly remote: readonly Prefix[];
}

/** News of a tunnel: it is up, or it is not and why. */
export type TunnelNews =
  | { readonly kind: "up"; readonly terms: TunnelTerms }
  | { readonly kind: "failed"; readonly fault: TunnelFault };

/** Keeps a tunnel up, until it is ended. */
export interface Tunnel {
  /** What the connection is for. */
  readonly purpose: Purpose;
  /** Takes what IKE tells, once the SAs that belong to it are installed. */
  hear(action: TunnelAction): void;
  /** Calls `listener` with the last news and all that follow. The result ends that. */
  subscribe(listener: (news: TunnelNews) => void): () => void;
  /**
   * Deletes the IKE SA that is up, and begins none any more. Resolves when the server has agreed,
   * or after END_MS.
   */
  end(): Promise<void>;
}

export interface TunnelOptions {
  readonly ids: Ids;
  /** What IKE is asked to do; `path` is the number of a connection. */
  readonly orders: {
    readonly initiate: (path: number) => void;
    readonly pathOpened: (ike: number, path: number) => void;
    readonly end: (ike: number) => void;
  };
  /** Closes a connection. */
  readonly kick: (connection: number) => unknown;
  /** Makes the addresses those of the inner side. */
  readonly use: (grant: TunnelGrant) => void;
  readonly events: Pick<EventHub, "tell">;
}

/** How long the server may take to agree to the end, ms. */
export const END_MS = 2000;

/**
 * Shortest and longest pause before the next attempt, ms; it doubles between. What a server has
 * refused it refuses again, until somebody has mended it.
 */
const PAUSE_MIN_MS = 1000;
const PAUSE_MAX_MS = 60_000;

/**
 * After a tunnel that was up for so long, ms, the next attempt comes at once. Two devices with one
 * identity would else end each other's tunnel without a pause.
 */
const STABLE_MS = 60_000;

/** Makes a tunnel that waits for its first connection. */
export function createTunnel(options: TunnelOptions): Tunnel {
  const state: State = {
    ...options,
    connection: undefined,
    ike: undefined,
    terms: { server: "", ikeSuite: "", espSuite: "", remote: [] },
    isAttempting: false,
    isEnding: false,
    failures: 0,
    pause: undefined,
    stable: undefined,
    listeners: new Set(),
    last: undefined,
    ended: () => undefined,
  };
  return {
    purpose: {
      isNeeded: () => !state.isEnding,
      opened: (connection) => opened(state, connection),
      missed: () => tellFault(state, { kind: "closed" }),
      failed: (reason) => tellFault(state, { kind: "dial", reason }),
    },
    hear: (action) => hear(state, action),
    subscribe(listener): () => void {
      state.listeners.add(listener);
      if (state.last !== undefined) listener(state.last);
      return () => void state.listeners.delete(listener);
    },
    end: () => end(state),
  };
}

interface State extends TunnelOptions {
  /** The connection that is up, if any. */
  connection: OwnConnection | undefined;
  /** IKE's number of the IKE SA that is up, if any. It stays through rekeys. */
  ike: number | undefined;
  /** Of the IKE SA that was up last. */
  terms: Omit<TunnelTerms, keyof TunnelGrant>;
  /** An IKE SA was begun on this connection, and is neither up nor refused. */
  isAttempting: boolean;
  isEnding: boolean;
  /** Attempts in a row that have failed, and tunnels that were short. */
  failures: number;
  /** Begins the next attempt. */
  pause: ReturnType<typeof setTimeout> | undefined;
  /** Forgets the failures. */
  stable: ReturnType<typeof setTimeout> | undefined;
  readonly listeners: Set<(news: TunnelNews) => void>;
  /** The last news, as long as it holds. */
  last: TunnelNews | undefined;
  /** The IKE SA is gone. */
  ended: () => void;
}

function opened(state: State, connection: OwnConnection): () => void {
  state.connection = connection;
  if (state.ike === undefined) attempt(state);
  else state.orders.pathOpened(state.ike, connection.id);
  return () => closed(state);
}

/** The IKE SA stays; an attempt does not outlive its connection. */
function closed(state: State): void {
  state.connection = undefined;
  clearTimeout(state.pause);
  if (!state.isAttempting) return;
  state.isAttempting = false;
  if (!state.isEnding) tellFault(state, { kind: "closed" });
}

function attempt(state: State): void {
  const { connection, ike, isAttempting, isEnding } = state;
  if (connection === undefined || ike !== undefined || isAttempting || isEnding) return;
  state.isAttempting = true;
  state.orders.initiate(connection.id);
}

function attemptLater(state: State): void {
  state.failures++;
  const pauseMs = Math.min(PAUSE_MIN_MS * 2 ** (state.failures - 1), PAUSE_MAX_MS);
  clearTimeout(state.pause);
  state.pause = setTimeout(() => attempt(state), pauseMs);
}

function hear(state: State, action: TunnelAction): void {
  switch (action.kind) {
    case "established":
      return established(state, action);
    case "install":
      if (action.ike !== state.ike) return;
      state.terms = { ...state.terms, espSuite: action.suite, remote: action.remote };
      return;
    case "configured":
      if (action.ike === state.ike) configured(state, action);
      return;
    case "refused":
      if (action.path === state.connection?.id) refused(state, action);
      return;
    case "ended":
      if (action.ike === state.ike) ended(state, action);
      return;
  }
}

/** Of two IKE SAs, begun on connections one after the other, the last one stays. */
function established(
  state: State,
  { ike, path, identity, keys }: Extract<TunnelAction, { readonly kind: "established" }>,
): void {
  const { connection, ike: before } = state;
  if (before !== undefined) state.orders.end(before);
  state.ike = ike;
  state.terms = { server: identity, ikeSuite: keys.suite, espSuite: "", remote: [] };
  if (path === connection?.id) state.isAttempting = false;
  else if (connection !== undefined && !state.isAttempting) {
    state.orders.pathOpened(ike, connection.id);
  }
}

function configured(state: State, { addresses, dns, domains }: ConfiguredAction): void {
  const grant = { addresses, dns, domains };
  if (addresses.length === 0) return failed(state, { kind: "no_address" });
  clearTimeout(state.stable);
  state.stable = setTimeout(() => void (state.failures = 0), STABLE_MS);
  state.use(grant);
  const address = addresses.map(({ text }) => text).join(",");
  state.events.tell("tunnel_up", { server: state.terms.server, address }, "info");
  tell(state, { kind: "up", terms: { ...state.terms, ...grant } });
}

function refused(state: State, { reason, notify, detail }: RefusedAction): void {
  state.isAttempting = false;
  failed(state, {
    kind: "refused",
    reason,
    detail,
    ...notify === undefined ? {} : { notify },
  });
}

/** An IKE SA without a Child SA or an address is of no use. */
function failed(state: State, cause: TunnelCause): void {
  tellFault(state, cause);
  if (state.ike !== undefined) state.orders.end(state.ike);
  else if (cause.kind === "refused" && cause.reason === "timeout") leave(state);
  else attemptLater(state);
}

function ended(state: State, { reason }: EndedAction): void {
  clearTimeout(state.stable);
  state.ike = undefined;
  if (state.last?.kind === "up") state.last = undefined;
  state.ended();
  if (state.isEnding) return;
  state.events.tell("tunnel_down", { server: state.terms.server, reason }, "warn");
  if (reason === "no_answer") leave(state);
  else if (reason === "peer_gone" && state.failures === 0) attempt(state);
  else attemptLater(state);
}

/** Nobody answers on this connection: the dialer opens another. */
function leave({ connection, kick }: State): void {
  if (connection !== undefined) kick(connection.id);
}

async function end(state: State): Promise<void> {
  state.isEnding = true;
  clearTimeout(state.pause);
  clearTimeout(state.stable);
  const { ike, connection } = state;
  if (ike === undefined || connection === undefined) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    state.ended = resolve;
    timer = setTimeout(resolve, END_MS);
    state.orders.end(ike);
  });
  clearTimeout(timer);
}

function tellFault(state: State, cause: TunnelCause): void {
  const fault = faultOf(cause, state.ids);
  // The dialer has its own line.
  if (cause.kind !== "dial") state.events.tell("tunnel_failed", { reason: fault.text }, "warn");
  tell(state, { kind: "failed", fault });
}

function tell(state: State, news: TunnelNews): void {
  state.last = news;
  for (const listener of state.listeners) listener(news);
}
