// Carries out what the engine wants done: records for lanes, and batches for the shell.
//
// The order of the list is kept where it counts. What the shell has to do goes to it in batches; a
// message that follows an install in the list leaves once the shell has done that (rule IS50), so
// that no packet of the peer comes before its SA is there.

import { TO_LANE } from "../edges/ike_link.ts";
import type { IkeAction } from "../ike/engine/actions.ts";
import type { BatchNotice, PromiseAction, ShellAction } from "./init.ts";
import type { Outbox } from "./outbox.ts";
import type { LanePath, Paths } from "./paths.ts";

/** Carries lists of actions out. */
export interface CarryOut {
  (actions: readonly IkeAction[]): void;
}

/** What it works on. */
export interface CarryOutOptions {
  readonly paths: Pick<Paths, "of">;
  /** By lane. */
  readonly outboxes: readonly Outbox[];
  readonly post: (notice: BatchNotice) => void;
  /** Promises that have to be there before the messages of a list leave. */
  readonly promises: (actions: readonly IkeAction[]) => readonly PromiseAction[];
}

/** Makes it. */
export function createCarryOut({ paths, outboxes, post, promises }: CarryOutOptions): CarryOut {
  let lastBatch = 0;

  return (actions): void => {
    let batch: ShellAction[] = [...promises(actions)];
    /** The batch of this list that its messages wait for. */
    let after = 0;

    function postBatch(): void {
      if (batch.length === 0) return;
      const isAwaited = batch.some(({ kind }) => AWAITED.has(kind));
      if (isAwaited) after = ++lastBatch;
      post({ kind: "batch", batch: isAwaited ? after : 0, actions: batch });
      batch = [];
    }

    function put(id: number, kind: number, octets: Uint8Array): void {
      const path = paths.of(id);
      if (path !== undefined) outboxes[path.lane]?.push(recordFor(path, { kind, octets, after }));
    }

    for (const action of actions) {
      switch (action.kind) {
        case "send":
          postBatch();
          put(action.path, TO_LANE.MESSAGE, action.octets);
          break;
        case "score":
          put(action.path, TO_LANE.SUSPECT, NO_OCTETS);
          break;
        case "established":
          put(action.path, TO_LANE.TRUSTED, NO_OCTETS);
          batch.push(action);
          break;
        default:
          batch.push(action);
      }
    }
    postBatch();
  };
}

function recordFor(
  { row, generation }: LanePath,
  what: { readonly kind: number; readonly octets: Uint8Array; readonly after: number },
): Parameters<Outbox["push"]>[0] {
  return { row, generation, ...what };
}

/** Kinds of what the messages behind them wait for. */
const AWAITED: ReadonlySet<ShellAction["kind"]> = new Set(["install", "remove", "promise"]);

const NO_OCTETS = new Uint8Array(0);
