// Tickets of a client, for session resumption (RFC 5723). They stay in this thread: what is in one
// gives the keys of the next IKE SA.

import type { EndReason, IkeAction, RefusedAction, TicketAction } from "../ike/engine/actions.ts";
import type { ResumptionTicket } from "../ike/engine/settings.ts";

/** The last ticket of each responder, and the attempts that have begun with one. */
export interface Tickets {
  /**
   * Keeps the tickets of a list, and forgets those that are of no use any more. The result is what
   * is left to carry out, and attempts to begin anew after that, without a ticket.
   */
  sift(now: number, actions: readonly IkeAction[]): Sifted;
  /**
   * Takes the ticket of a peer out, for an attempt by a path; undefined if there is none. It serves
   * once: `again` begins the attempt anew if the ticket was of no use.
   */
  take(now: number, attempt: Attempt): ResumptionTicket | undefined;
  /** A path has ended, and an attempt by it too. */
  closed(path: number): void;
}

/** What is left of a list of actions. */
export interface Sifted {
  readonly actions: readonly IkeAction[];
  readonly again: readonly (() => void)[];
}

/** An attempt to bring an IKE SA up. */
export interface Attempt {
  readonly peer: string;
  readonly path: number;
  readonly again: () => void;
}

/** Makes an empty store. */
export function createTickets(): Tickets {
  const kept = new Map<string, Kept>();
  const attempts = new Map<number, Attempt & { readonly ticket: ResumptionTicket }>();

  function keep(now: number, { ike, peer, ticket }: TicketAction): void {
    kept.get(peer)?.ticket.d.fill(0);
    kept.set(peer, { ike, ticket, until: now + ticket.lifetimeMs });
  }

  /** Nobody resumes an IKE SA that was deleted (RFC 5723 §6.2). */
  function drop(ike: number): void {
    for (const [peer, one] of kept) {
      if (one.ike !== ike) continue;
      one.ticket.d.fill(0);
      kept.delete(peer);
    }
  }

  function closed(path: number): void {
    attempts.get(path)?.ticket.d.fill(0);
    attempts.delete(path);
  }

  /** A responder that refuses a ticket in IKE_AUTH may take the client without. */
  function failed({ path, reason }: RefusedAction): (() => void) | undefined {
    const again = attempts.get(path)?.again;
    closed(path);
    return reason === "timeout" ? undefined : again;
  }

  function sift(now: number, actions: readonly IkeAction[]): Sifted {
    const again: (() => void)[] = [];
    const rest = actions.filter((action) => {
      if (action.kind === "ticket") keep(now, action);
      else if (action.kind === "established") closed(action.path);
      else if (action.kind === "ended" && DELETED.has(action.reason)) drop(action.ike);
      else if (action.kind === "refused") {
        const begin = failed(action);
        if (begin !== undefined) again.push(begin);
        return begin === undefined;
      }
      return action.kind !== "ticket";
    });
    return { actions: rest, again };
  }

  return {
    sift,
    closed,
    take(now, attempt): ResumptionTicket | undefined {
      const one = kept.get(attempt.peer);
      kept.delete(attempt.peer);
      if (one === undefined) return undefined;
      if (now >= one.until) return void one.ticket.d.fill(0);
      attempts.set(attempt.path, { ...attempt, ticket: one.ticket });
      return one.ticket;
    },
  };
}

interface Kept {
  /** The IKE SA that the ticket resumes, in the engine's numbers. */
  readonly ike: number;
  readonly ticket: ResumptionTicket;
  /** In the engine's time, ms. */
  readonly until: number;
}

const DELETED: ReadonlySet<EndReason> = new Set(["deleted_here", "deleted_by_peer"]);
