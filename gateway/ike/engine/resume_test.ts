import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clientSettings,
  connect,
  createPair,
  type End,
  identity,
  pathOf,
  SECRET,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import { beginRogue, notifiesOf } from "../../../tests/support/ike/rogue.ts";
import type { TicketKey } from "../tickets/ticket.ts";
import { IKE_DEFAULTS } from "../suites/suite.ts";
import { EXCHANGE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import type { InstallAction } from "./actions.ts";
import type { Target } from "./ike_sa.ts";
import type { IkeSettings, PeerPolicy, ResumptionTicket, TicketSettings } from "./settings.ts";

const KEY: TicketKey = { id: 1, key: new Uint8Array(32).fill(1) };
const NEXT: TicketKey = { id: 2, key: new Uint8Array(32).fill(2) };
const HOUR = 3_600_000;

const RESUMED = [38, 38, 35, 35];
const ANEW = [38, 38, 34, 34, 35, 35];

function tickets(change: Partial<TicketSettings> = {}): TicketSettings {
  return { keys: [KEY], lifetimeMs: HOUR, ...change };
}

function server(change: Partial<IkeSettings> = {}, peer: Partial<PeerPolicy> = {}): IkeSettings {
  const peers = serverSettings().peers.map((one) => ({ ...one, ...peer }));
  return serverSettings({ peers, tickets: tickets(), ...change });
}

function to(ticket?: ResumptionTicket): Target {
  return { ...target({ wantsTickets: true }), ...(ticket === undefined ? {} : { ticket }) };
}

function lastTicket({ told }: End): ResumptionTicket {
  const found = told.findLast((action) => action.kind === "ticket");
  assert.ok(found?.kind === "ticket");
  return found.ticket;
}

/** A ticket of a server with these settings. */
function ticketOf(settings: IkeSettings = server()): ResumptionTicket {
  const pair = createPair(settings, clientSettings());
  connect(pair, to());
  return lastTicket(pair.client);
}

function installs({ told }: End): InstallAction[] {
  return told.filter((action) => action.kind === "install");
}

test("IK19: a server that was restarted goes on by a ticket, without a key exchange", () => {
  for (const ike of [serverSettings().ike, IKE_DEFAULTS]) {
    const ticket = ticketOf(server({ ike }));
    const pair = createPair(server({ ike }), clientSettings({ ike }));
    assert.deepEqual(connect(pair, to(ticket)), RESUMED);
    const [clientIn, clientOut] = installs(pair.client);
    const [serverIn, serverOut] = installs(pair.server);
    assert.deepEqual(clientOut?.keyMaterial, serverIn?.keyMaterial);
    assert.deepEqual(serverOut?.keyMaterial, clientIn?.keyMaterial);
    const [up] = pair.server.told.filter((action) => action.kind === "established");
    assert.deepEqual([up?.peer, up?.identity], ["clients", "carol@example.org"]);
    // The new ticket is another one, and serves as well.
    const next = lastTicket(pair.client);
    assert.notDeepEqual(next.octets, ticket.octets);
    assert.deepEqual(connect(createPair(server(), clientSettings()), to(next)), RESUMED);
  }
});

test("IK19: the IKE SA of the ticket ends without a word, and its address is given again", () => {
  const pair = createPair(server(), clientSettings());
  connect(pair, to());
  const ticket = lastTicket(pair.client);
  assert.deepEqual(connect(pair, to(ticket), 2), RESUMED);
  assert.deepEqual(pair.server.engine.established(), [2]);
  const ended = pair.server.told.flatMap((one) => one.kind === "ended" ? [one.reason] : []);
  assert.deepEqual(ended, ["replaced"]);
  const remotes = installs(pair.server).map(({ remote }) => remote[0]?.text);
  assert.deepEqual(new Set(remotes), new Set(["10.93.64.1/32"]));
});

test("IK19: devices that share an identity do not end each other by their tickets", () => {
  const pair = createPair(server({}, { isShared: true }), clientSettings());
  connect(pair, to());
  const ticket = lastTicket(pair.client);
  connect(pair, to(), 2);
  assert.deepEqual(connect(pair, to(ticket), 3), RESUMED);
  assert.deepEqual(pair.server.engine.established(), [2, 3]);
});

const REFUSED: Readonly<Record<string, () => [IkeSettings, ResumptionTicket]>> = {
  "tickets are off": () => [serverSettings(), ticketOf()],
  "the key is gone": () => [server({ tickets: tickets({ keys: [NEXT] }) }), ticketOf()],
  "it has expired": () => {
    const short = server({ tickets: tickets({ lifetimeMs: 0 }) });
    return [server(), ticketOf(short)];
  },
  "the client was removed": () => [server({ peers: [] }), ticketOf()],
  "the secret is another": () => [server({}, { psk: SECRET.slice(1) }), ticketOf()],
  "the policy is another": () => [server({}, { isShared: true }), ticketOf()],
  "the pattern is another": () => [server({}, { remoteId: "dave@example.org" }), ticketOf()],
  "the server has another name": () => [
    server({ localId: identity("other.example.org") }),
    ticketOf(),
  ],
  "the cipher is not allowed any more": () => {
    const { ike } = serverSettings();
    const ciphers = ike.ciphers.filter(({ keyBits }) => keyBits !== 256);
    return [server({ ike: { ...ike, ciphers } }), ticketOf()];
  },
};

for (const [name, make] of Object.entries(REFUSED)) {
  test(`IK19: a ticket is refused if ${name}, and the client begins anew`, () => {
    const [settings, ticket] = make();
    const pair = createPair(settings, clientSettings());
    assert.deepEqual(connect(pair, to(ticket)).slice(0, 4), ANEW.slice(0, 4));
    const isSame = settings.peers[0]?.psk === SECRET &&
      settings.peers[0].remoteId === "*@example.org" && settings.localId.data.length === 14;
    assert.equal(pair.client.engine.established().length, isSame ? 1 : 0);
  });
}

test("IK20: keys are turned: the last but one still opens, and the first seals", () => {
  const pair = createPair(server({ tickets: tickets({ keys: [NEXT, KEY] }) }), clientSettings());
  assert.deepEqual(connect(pair, to(ticketOf())), RESUMED);
  assert.deepEqual(lastTicket(pair.client).octets.slice(0, 5), Uint8Array.of(1, 0, 0, 0, 2));
});

test("IK20: a ticket serves once", () => {
  const pair = createPair(server(), clientSettings());
  const ticket = ticketOf();
  assert.deepEqual(connect(pair, to(ticket)), RESUMED);
  assert.deepEqual(connect(pair, to(ticket), 2), ANEW);
});

test("IK20: two that come at once with one ticket: one of them gets in", () => {
  const { engine } = createPair(server(), clientSettings()).server;
  const { octets, d } = ticketOf();
  const resume = { ticket: octets, d };
  const [first, second] = [beginRogue(engine, { resume }), beginRogue(engine, { resume })];
  assert.ok(first.authenticate().actions.some(({ kind }) => kind === "established"));
  assert.deepEqual(notifiesOf(second.authenticate()), [NOTIFY.AUTHENTICATION_FAILED]);
});

test("IK19: keys and AUTH are those of RFC 5723, and the identity is that of the ticket", () => {
  const { octets, d } = ticketOf();
  const resume = { ticket: octets, d };
  const { engine } = createPair(server(), clientSettings()).server;
  const other = beginRogue(engine, { resume });
  const reply = other.send(EXCHANGE.IKE_AUTH, other.authPayloads("dave@example.org"));
  assert.deepEqual(notifiesOf(reply), [NOTIFY.AUTHENTICATION_FAILED]);
  const rogue = beginRogue(engine, { resume });
  assert.ok(rogue.authenticate().actions.some(({ kind }) => kind === "established"));
});

test("IK20: a ticket that somebody changed opens nothing", () => {
  const { octets, d } = ticketOf();
  for (let at = 0; at < octets.length; at++) {
    const ticket = octets.slice();
    ticket[at] = (ticket[at] ?? 0) ^ 0x10;
    const pair = createPair(server(), clientSettings());
    const seen = connect(pair, to({ ...ticketOf(), octets: ticket, d }));
    assert.deepEqual(seen, ANEW, `octet ${at}`);
  }
  for (const len of [0, 5, 17, 33, octets.length - 1]) {
    const pair = createPair(server(), clientSettings());
    const seen = connect(pair, to({ ...ticketOf(), octets: octets.slice(0, len), d }));
    assert.deepEqual(seen, ANEW, `${len} octets`);
  }
});

test("IK19: a rekeyed IKE SA has a new ticket, and the old one is refused", () => {
  const pair = createPair(server(), clientSettings());
  connect(pair, to());
  const before = lastTicket(pair.client);
  pair.let(pair.client, pair.client.engine.rekey(pair.now, 1, "ike"));
  pair.settle();
  pair.let(pair.client, pair.client.engine.tick(pair.now));
  pair.settle();
  const after = lastTicket(pair.client);
  assert.notDeepEqual(after.octets, before.octets);
  assert.deepEqual(connect(pair, to(before), 2), ANEW);
  const other = createPair(server(), clientSettings());
  assert.deepEqual(connect(other, to(after)), RESUMED);
});

test("IK19: a rekey takes the ticket out of use, whether the client asks for another or not", () => {
  for (const side of ["client", "server"] as const) {
    const pair = createPair(server(), clientSettings());
    const goal = to();
    connect(pair, goal);
    Object.assign(goal.peer, { wantsTickets: false });
    pair.let(pair[side], pair[side].engine.rekey(pair.now, 1, "ike"));
    pair.settle();
    assert.deepEqual(connect(pair, to(lastTicket(pair.client)), 2), ANEW, side);
  }
});

test("IK19: the ticket of an IKE SA that was deleted is refused", () => {
  for (const side of ["client", "server"] as const) {
    const pair = createPair(server(), clientSettings());
    connect(pair, to());
    pair.let(pair[side], pair[side].engine.end(pair.now, 1));
    pair.settle();
    assert.deepEqual(connect(pair, to(lastTicket(pair.client)), 2), ANEW, side);
  }
});

test("IK16, IK19: an IKE SA with a mandatory PPK is resumed: SK_d has the PPK in it", () => {
  const ppk = { id: Uint8Array.of(2, 1), key: new Uint8Array(32).fill(7), isMandatory: true };
  const pair = createPair(server({}, { ppk }), clientSettings());
  const goal = target({ wantsTickets: true, ppk });
  connect(pair, goal);
  const again = createPair(server({}, { ppk }), clientSettings());
  assert.deepEqual(connect(again, { ...goal, ticket: lastTicket(pair.client) }), RESUMED);
  assert.equal(again.server.engine.established().length, 1);
});

test("IK21: a resumed IKE SA has a key exchange within 40 s", () => {
  const pair = createPair(server(), clientSettings());
  assert.deepEqual(connect(pair, to(ticketOf())), RESUMED);
  const seen: number[] = [];
  for (pair.now = 0; pair.now <= 41_000; pair.now += 1000) {
    pair.let(pair.client, pair.client.engine.tick(pair.now));
    for (let sent = pair.wire.shift(); sent !== undefined; sent = pair.wire.shift()) {
      seen.push(sent.octets[18] ?? 0);
      pair.deliver(sent);
    }
  }
  assert.ok(seen.includes(EXCHANGE.CREATE_CHILD_SA));
  assert.equal(pair.server.engine.established().length, 1);
});

test("IK19: the same request gets the same answer, and a client that asks for none gets none", () => {
  const pair = createPair(server(), clientSettings());
  const goal = to(ticketOf());
  pair.let(pair.client, pair.client.engine.initiate(0, goal, pathOf(1, ON_CLIENT)));
  const [request] = pair.wire;
  assert.ok(request !== undefined);
  const first = pair.server.engine.receive(0, request.octets.slice(), pathOf(1, ON_SERVER));
  const again = pair.server.engine.receive(0, request.octets.slice(), pathOf(9, ON_SERVER));
  assert.ok(first[0]?.kind === "send" && again[0]?.kind === "send");
  assert.deepEqual(again[0].octets, first[0].octets);
  const silent = createPair(server(), clientSettings());
  connect(silent, target());
  assert.ok(!silent.client.told.some(({ kind }) => kind === "ticket"));
});

const ON_CLIENT = false;
const ON_SERVER = true;
