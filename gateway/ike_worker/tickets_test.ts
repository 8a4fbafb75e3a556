import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { EndReason, IkeAction } from "../ike/engine/actions.ts";
import type { IkeRefusal } from "../model/ike_refusal.ts";
import { createTickets, type Tickets } from "./tickets.ts";

const PEER = "server";
const PATH = 7;

function ticketAction(ike: number): Extract<IkeAction, { readonly kind: "ticket" }> {
  const none = new Uint8Array(0);
  const suite = { encr: 20, keyBits: 256, prf: 5, ke: 31, ke1: 0 };
  const common = { lifetimeMs: 1000, suite, client: none, server: none };
  const ticket = { ...common, octets: Uint8Array.of(ike), d: Uint8Array.of(1, 2) };
  return { kind: "ticket", ike, peer: PEER, ticket };
}

function take(tickets: Tickets, now = 0, again = (): void => undefined): number | undefined {
  return tickets.take(now, { peer: PEER, path: PATH, again })?.octets[0];
}

function refused(reason: IkeRefusal): IkeAction {
  return { kind: "refused", path: PATH, reason, detail: "" };
}

function ended(ike: number, reason: EndReason): IkeAction {
  return { kind: "ended", ike, reason };
}

test("the last ticket of a peer serves once, and the shell sees none", () => {
  const tickets = createTickets();
  const [first, second] = [ticketAction(1), ticketAction(2)];
  deepEqual(tickets.sift(0, [first, second]), { actions: [], again: [] });
  deepEqual([...first.ticket.d], [0, 0]);
  deepEqual([take(tickets), take(tickets)], [2, undefined]);
  deepEqual([...second.ticket.d], [1, 2]);
  tickets.closed(PATH);
  deepEqual([...second.ticket.d], [0, 0]);
});

test("a ticket that has expired, or whose IKE SA was deleted, is wiped", () => {
  const tickets = createTickets();
  const old = ticketAction(1);
  tickets.sift(0, [old]);
  equal(take(tickets, 1000), undefined);
  for (const reason of ["deleted_here", "deleted_by_peer"] as const) {
    const deleted = ticketAction(2);
    tickets.sift(0, [deleted, ended(2, reason)]);
    equal(take(tickets), undefined);
    deepEqual([...deleted.ticket.d, ...old.ticket.d], [0, 0, 0, 0]);
  }
  // These leave the responder's ticket as good as it was.
  for (const end of [ended(3, "peer_gone"), ended(3, "no_answer"), ended(4, "deleted_here")]) {
    tickets.sift(0, [ticketAction(3), end]);
    equal(take(tickets), 3);
  }
});

test("an attempt whose ticket was refused begins anew, once and without a word", () => {
  const tickets = createTickets();
  let begun = 0;
  tickets.sift(0, [ticketAction(1)]);
  take(tickets, 0, () => void begun++);
  const { actions, again } = tickets.sift(0, [refused("refused_by_peer")]);
  for (const begin of again) begin();
  deepEqual([actions, begun], [[], 1]);
  deepEqual(tickets.sift(0, [refused("refused_by_peer")]), {
    actions: [refused("refused_by_peer")],
    again: [],
  });
});

test("an attempt that nobody has answered is told", () => {
  const tickets = createTickets();
  tickets.sift(0, [ticketAction(1)]);
  take(tickets);
  const actions = [refused("timeout")];
  deepEqual(tickets.sift(0, actions), { actions, again: [] });
});
