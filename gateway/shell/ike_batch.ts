// Does what the IKE worker wants of the shell: installs and removes SAs, gives peers their paths,
// and tells what has happened. Everything in the order in which it came.

import type { InstallAction } from "../ike/engine/actions.ts";
import type { PromiseAction, ShellAction } from "../ike_worker/init.ts";
import type { GatewayEvent } from "../model/event.ts";
import { isRefusal, type Refusal } from "../model/refusal.ts";
import { U32_MAX } from "../model/sa_members.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import { spiText } from "../model/spi.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { EventHub } from "./events.ts";
import { idsOfPeer, type IkePeer, type IkePeers, saPeerOf } from "./ike_peers.ts";
import type { Promises } from "./promises.ts";
import type { SaChanges } from "./sa_changes.ts";
import type { Sad } from "./sad.ts";

/** A Child SA that could not be installed. */
export interface RefusedChild {
  readonly ike: number;
  readonly child: number;
}

/** What it works on. */
export interface IkeBatchOptions {
  readonly changes: Pick<SaChanges, "install" | "remove">;
  readonly sad: Pick<Sad, "find" | "idsOf" | "usePathOf">;
  readonly rows: Pick<ConnectionRows, "locate" | "show">;
  readonly events: Pick<EventHub, "tell" | "tellOfStranger">;
  readonly peers: IkePeers;
  readonly promises: Pick<Promises, "promise" | "forget">;
  /** How long a Child SA may live, s. */
  readonly childLifetimeS: () => number;
  /** Hears of each action after it is done. */
  readonly heard: (action: ShellAction) => void;
}

/**
 * Does the actions of a batch.
 *
 * @returns The Child SAs that could not be installed
 */
export function doBatch(
  options: IkeBatchOptions,
  actions: readonly ShellAction[],
): readonly RefusedChild[] {
  const refused: RefusedChild[] = [];
  for (const action of actions) {
    const refusal = doOne(options, action);
    if (refusal !== undefined && action.kind === "install") refused.push(action);
    options.heard(action);
  }
  return refused.map(({ ike, child }) => ({ ike, child }));
}

function doOne(options: IkeBatchOptions, action: ShellAction): Refusal | undefined {
  const { peers, changes } = options;
  const peer = "ike" in action ? peers.peer(action.ike) : undefined;
  switch (action.kind) {
    case "install": {
      const refusal = install(options, action, peer);
      if (refusal === undefined) peers.note(action);
      return refusal;
    }
    case "remove":
      for (const id of idsOfPeer(options.sad, saPeerOf(action.ike, peer), action)) {
        changes.remove(id);
      }
      peers.note(action);
      return undefined;
    case "promise":
      options.promises.promise(action.spi);
      return undefined;
    case "forget":
      options.promises.forget(action.spi);
      return undefined;
    case "moved":
      peers.note(action);
      if (peer !== undefined) usePath(options, peer);
      return undefined;
    default:
      peers.note(action);
      tell(options, action, peer);
      return undefined;
  }
}

function install(
  options: IkeBatchOptions,
  action: InstallAction,
  peer: IkePeer | undefined,
): Refusal | undefined {
  const spec = specOf(action, peer, options.childLifetimeS());
  const installed = options.changes.install(spec, { isKeyFresh: true });
  if (isRefusal(installed)) {
    const { direction, spi } = action;
    const fields = { direction, spi: spiText(spi), reason: installed.detail };
    options.events.tell("child_sa_refused", { ...fieldsOf(peer), ...fields }, "error");
    return installed;
  }
  if (peer !== undefined) usePath(options, peer);
  return undefined;
}

/** The connection of the IKE SA is the peer's path from the start (RFC 9329 §6.1). */
function usePath({ sad, rows }: IkeBatchOptions, peer: IkePeer): void {
  const found = rows.locate(peer.path);
  if (found !== undefined) sad.usePathOf(saPeerOf(peer.id, peer), found);
}

function specOf(action: InstallAction, peer: IkePeer | undefined, lifetimeS: number): SaSpec {
  const { spi, direction, aead, keyMaterial, local, remote, esn, ike } = action;
  return {
    spi,
    direction,
    peer: saPeerOf(ike, peer),
    aead,
    keyMaterial,
    local,
    remote,
    esn,
    replayWindow: REPLAY_WINDOW,
    softPackets: esn ? 0n : SOFT_PACKETS,
    softOctets: 0n,
    softSeconds: 0,
    hardPackets: esn ? 0n : U32_MAX,
    hardOctets: 0n,
    hardSeconds: lifetimeS + GRACE_S,
    initialSequence: 0n,
  };
}

/** Packets of the anti-replay window: several lanes may open packets of one SA. */
const REPLAY_WINDOW = 1024;

/**
 * Time beyond the lifetime in which an SA still works, s: a rekey may wait for its answer, and what
 * it has replaced for its Delete. IKE ends an SA in time; this is for one that it has lost.
 */
const GRACE_S = 120;

/** Numbers that are left for a rekey. */
const SOFT_PACKETS = 4_000_000_000n;

type ToldAction = Exclude<
  ShellAction,
  PromiseAction | { readonly kind: "install" | "remove" | "moved" }
>;

/** Tells what has happened as one event, with what to mend where something failed. */
function tell(options: IkeBatchOptions, action: ToldAction, peer: IkePeer | undefined): void {
  const { events, rows, peers } = options;
  switch (action.kind) {
    case "established": {
      const { keys, isResumed, tookMs, path } = action;
      const fields = {
        role: keys.isInitiator ? "initiator" : "responder",
        suite: keys.suite,
        resumed: isResumed,
        tookMs: Math.round(tookMs),
        ...remoteOf(rows, path),
      };
      return events.tell(
        "ike_established",
        { ...fieldsOf(peers.peer(action.ike)), ...fields },
        "info",
      );
    }
    case "leased":
    case "configured": {
      const addresses = action.addresses.map(({ text }) => text).join(",");
      return events.tell("ike_addresses", { ...fieldsOf(peer), addresses }, "info");
    }
    case "rekeyed": {
      const { what, side, keys } = action;
      const suite = keys === null ? {} : { suite: keys.suite };
      return events.tell("ike_rekeyed", { ...fieldsOf(peer), what, side, ...suite }, "info");
    }
    case "ended":
      return events.tell("ike_ended", { ...fieldsOf(peer), reason: action.reason }, "info");
    case "refused": {
      const { reason, detail, path } = action;
      // Anybody can cause them, as many as a line carries.
      const fields = { reason, detail, ...remoteOf(rows, path) };
      return events.tellOfStranger("ike_refused", fields, "warn");
    }
  }
}

function fieldsOf(peer: IkePeer | undefined): GatewayEvent["fields"] {
  return peer === undefined ? {} : { peer: peer.id, policy: peer.policy, identity: peer.identity };
}

/** Where a message came from, as long as its connection lives. */
function remoteOf(rows: Pick<ConnectionRows, "locate" | "show">, path: number): {
  readonly connection?: number;
  readonly remote?: string;
} {
  const found = rows.locate(path);
  return found === undefined ? {} : { connection: path, remote: rows.show(found.row).remote };
}
