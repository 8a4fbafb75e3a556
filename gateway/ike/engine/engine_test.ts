import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLASSIC,
  clientSettings,
  connect,
  createPair,
  type End,
  identity,
  type Pair,
  pathOf,
  SECRET,
  serverSettings,
  target,
} from "../../../tests/support/ike/pair.ts";
import { prefix } from "../../../tests/support/parsed.ts";
import { espDefaults } from "../suites/suite.ts";
import type { IkeAction, InstallAction } from "./actions.ts";

test("two ends with one secret get an IKE SA and a Child SA with the same keys", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  assert.deepEqual(kinds(pair.client), ["established", "install", "install", "configured"]);
  assert.deepEqual(kinds(pair.server), ["established", "leased", "install", "install"]);
  const [clientIn, clientOut] = installs(pair.client);
  const [serverIn, serverOut] = installs(pair.server);
  assertMeet(clientOut, serverIn);
  assertMeet(serverOut, clientIn);
  assert.notDeepEqual(serverIn?.keyMaterial, serverOut?.keyMaterial);
  assert.deepEqual(serverIn?.remote.map(({ text }) => text), ["10.93.64.1/32"]);
  assert.deepEqual(serverIn?.local.map(({ text }) => text), ["10.93.29.0/24"]);
  const [who] = pair.server.told.filter((action) => action.kind === "established");
  assert.equal(who?.identity, "carol@example.org");
  const [self] = pair.client.told.filter((action) => action.kind === "established");
  assert.deepEqual(self?.keys, { ...who.keys, isInitiator: true });
  assert.deepEqual([who.keys.isInitiator, who.keys.suite], [
    false,
    "aes256gcm16-prfsha256-x25519",
  ]);
  const [given] = pair.client.told.filter((action) => action.kind === "configured");
  assert.deepEqual(given?.addresses.map(({ text }) => text), ["10.93.64.1"]);
});

test("IS50: the responder installs both halves before its first answer leaves", () => {
  const pair = createPair(serverSettings(), clientSettings());
  pair.let(pair.client, pair.client.engine.initiate(0, target(), pathOf(1, ON_CLIENT)));
  deliverOne(pair);
  deliverOne(pair);
  const [request] = pair.wire.splice(0);
  assert.ok(request !== undefined);
  const actions = pair.server.engine.receive(0, request.octets, pathOf(1, ON_SERVER));
  assert.deepEqual(
    actions.map((action) => action.kind === "install" ? action.direction : action.kind),
    ["established", "leased", "inbound", "outbound", "send"],
  );
});

for (const kes of [[14], [19], [20], [31]] as const) {
  for (const prf of [5, 6, 7] as const) {
    test(`method ${kes[0]} with PRF ${prf} works with each cipher`, { timeout: 60_000 }, () => {
      for (const cipher of espDefaults("native").ciphers) {
        const ike = { ciphers: [cipher], prfs: [prf], kes };
        const esp = { ...espDefaults("native"), ciphers: [cipher] };
        const pair = createPair(serverSettings({ ike, esp }), clientSettings({ ike, esp }));
        connect(pair, target());
        assertMeet(installs(pair.client)[1], installs(pair.server)[0]);
      }
    });
  }
}

test("a responder that wants another key exchange gets it, once", () => {
  const server = serverSettings({ ike: { ...CLASSIC, kes: [20] } });
  const pair = createPair(server, clientSettings());
  connect(pair, target());
  assert.equal(installs(pair.client).length, 2);
  const stubborn = createPair(server, clientSettings({ ike: { ...CLASSIC, kes: [31, 19] } }));
  connect(stubborn, target());
  assert.deepEqual(reasons(stubborn.client), ["refused_by_peer"]);
  assert.deepEqual(reasons(stubborn.server), ["ike_proposal"]);
});

const FAILURES: Readonly<
  Record<string, [client: string, server: string, make: () => [Pair, ReturnType<typeof target>]]>
> = {
  "a wrong secret": ["refused_by_peer", "secret", () => [
    createPair(serverSettings(), clientSettings()),
    target({ psk: Uint8Array.from(SECRET, (octet) => octet ^ 1) }),
  ]],
  "an identity that nobody has": ["refused_by_peer", "identity_unknown", () => [
    createPair(serverSettings(), clientSettings({ localId: identity("carol@example.com") })),
    target(),
  ]],
  "no common proposal for the IKE SA": ["refused_by_peer", "ike_proposal", () => [
    createPair(
      serverSettings({ ike: { ...CLASSIC, prfs: [7] } }),
      clientSettings({ ike: { ...CLASSIC, prfs: [5] } }),
    ),
    target(),
  ]],
};

for (const [name, [client, server, make]] of Object.entries(FAILURES)) {
  test(`${name} fails on both sides, and nothing is installed`, () => {
    const [pair, to] = make();
    connect(pair, to);
    assert.deepEqual([reasons(pair.client), reasons(pair.server)], [[client], [server]]);
    assert.deepEqual([...installs(pair.client), ...installs(pair.server)], []);
    assert.deepEqual([pair.client.engine.established(), pair.server.engine.established()], [
      [],
      [],
    ]);
  });
}

test("a responder with another identity than the one that was sought is refused", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target({ remoteId: "other.example.org" }));
  assert.deepEqual(reasons(pair.client), ["identity_unknown"]);
  assert.deepEqual(installs(pair.client), []);
});

test("without a Child SA the IKE SA stays up", () => {
  const esp = espDefaults("native");
  const cases: readonly [string, Pair, ReturnType<typeof target>][] = [
    [
      "esp_proposal",
      createPair(
        serverSettings({ esp: { ...esp, esn: [true] } }),
        clientSettings({ esp: { ...esp, esn: [false] } }),
      ),
      target(),
    ],
    [
      "selectors",
      createPair(serverSettings(), clientSettings()),
      target({
        remote: [prefix("192.0.2.0/24")],
      }),
    ],
    [
      "address_pool_empty",
      createPair(
        serverSettings({ pools: { v4: null, v6: null } }),
        clientSettings(),
      ),
      target(),
    ],
  ];
  for (const [reason, pair, to] of cases) {
    connect(pair, to);
    assert.deepEqual(reasons(pair.server), [reason]);
    assert.deepEqual(reasons(pair.client), ["refused_by_peer"]);
    assert.equal(pair.server.engine.established().length, 1, reason);
    assert.equal(pair.client.engine.established().length, 1, reason);
    assert.deepEqual(installs(pair.server), []);
  }
});

test("a Delete takes everything away on both sides, and frees the address", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  const [ike] = pair.client.engine.established();
  pair.let(pair.client, pair.client.engine.end(pair.now, ike ?? 0));
  pair.settle();
  assert.deepEqual(kinds(pair.client).slice(4), ["remove", "remove", "ended"]);
  assert.deepEqual(kinds(pair.server).slice(4), ["remove", "remove", "ended"]);
  const ended = [pair.client, pair.server].flatMap(({ told }) =>
    told.flatMap((action) => action.kind === "ended" ? [action.reason] : [])
  );
  assert.deepEqual(ended, ["deleted_here", "deleted_by_peer"]);
  connect(pair, target(), 2);
  assert.equal(installs(pair.server)[2]?.remote[0]?.text, "10.93.64.1/32");
});

test("IS11: a repeated message gets the same answer, on the connection that it came by", () => {
  const pair = createPair(serverSettings(), clientSettings());
  pair.let(pair.client, pair.client.engine.initiate(0, target(), pathOf(1, ON_CLIENT)));
  for (let i = 0; i < 2; i++) {
    const [request] = pair.wire;
    assert.ok(request !== undefined);
    deliverOne(pair);
    const [answer] = pair.wire;
    const again = pair.server.engine.receive(0, request.octets.slice(), pathOf(9, ON_SERVER));
    assert.deepEqual(again, [{ kind: "send", path: 9, octets: answer?.octets }]);
    deliverOne(pair);
  }
  assert.equal(installs(pair.server).length, 2);
});

test("silence is asked after, and an IKE SA without an answer ends", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  pair.now = 31_000;
  pair.let(pair.server, pair.server.engine.tick(pair.now));
  assert.equal(pair.wire.length, 1);
  pair.settle();
  assert.equal(pair.server.engine.established().length, 1);
  pair.now = 62_000;
  pair.let(pair.server, pair.server.engine.tick(pair.now));
  pair.wire.length = 0;
  pair.now = 123_000;
  pair.let(pair.server, pair.server.engine.tick(pair.now));
  assert.deepEqual(kinds(pair.server).slice(4), ["remove", "remove", "ended"]);
});

test("an IKE SA lives on without a connection, for a while", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  pair.let(pair.server, pair.server.engine.pathClosed(pair.now, 1));
  for (pair.now = 1000; pair.now < 300_000; pair.now += 1000) {
    pair.let(pair.server, pair.server.engine.tick(pair.now));
  }
  assert.equal(pair.server.engine.established().length, 1);
  pair.let(pair.server, pair.server.engine.tick(300_000));
  assert.deepEqual(pair.server.engine.established(), []);
});

test("a second device ends the first one, unless both share the identity", () => {
  for (const isShared of [false, true]) {
    const [peer] = serverSettings().peers;
    assert.ok(peer !== undefined);
    const pair = createPair(serverSettings({ peers: [{ ...peer, isShared }] }), clientSettings());
    connect(pair, target(), 1);
    connect(pair, target(), 2);
    assert.equal(pair.server.engine.established().length, isShared ? 2 : 1);
  }
});

test("IW22: a message that is changed anywhere does nothing", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  pair.now = 31_000;
  pair.let(pair.client, pair.client.engine.tick(pair.now));
  const [liveness] = pair.wire;
  assert.ok(liveness !== undefined);
  for (let at = 0; at < liveness.octets.length; at++) {
    const octets = liveness.octets.slice();
    octets[at] = (octets[at] ?? 0) ^ 1;
    const actions = pair.server.engine.receive(pair.now, octets, pathOf(1, ON_SERVER));
    const isHarmless = actions.every(({ kind }) => kind === "score" || kind === "send");
    assert.ok(isHarmless, `octet ${at}: ${actions.map(({ kind }) => kind)}`);
    assert.equal(pair.server.engine.established().length, 1);
  }
  pair.settle();
  assert.equal(pair.client.engine.established().length, 1);
});

test("nothing but IKE_AUTH has an effect before the peer is known", () => {
  for (const exchange of [36, 37, 44]) {
    const pair = createPair(serverSettings(), clientSettings());
    pair.let(pair.client, pair.client.engine.initiate(0, target(), pathOf(1, ON_CLIENT)));
    deliverOne(pair);
    deliverOne(pair);
    const [request] = pair.wire.splice(0);
    assert.ok(request !== undefined);
    // The exchange is authenticated, so the change alone is a wrong ICV.
    request.octets[18] = exchange;
    const actions = pair.server.engine.receive(0, request.octets, pathOf(1, ON_SERVER));
    assert.deepEqual(actions, [{ kind: "score", path: 1 }]);
  }
});

test("IS81: half-open IKE SAs are bounded, and end by themselves", () => {
  const halfOpenMax = 100;
  let path = 1;
  const pair = createPair(serverSettings({ halfOpenMax }), clientSettings());
  const open = (): IkeAction[] => {
    const [request] = pair.client.engine.initiate(pair.now, target(), pathOf(1, ON_CLIENT));
    assert.ok(request?.kind === "send");
    return pair.server.engine.receive(pair.now, request.octets, pathOf(path++, ON_SERVER));
  };
  for (let i = 0; i < halfOpenMax; i++) assert.equal(open()[0]?.kind, "send");
  const [refused, sent] = open();
  assert.ok(refused?.kind === "refused" && refused.reason === "half_open" && refused.path === 1);
  assert.equal(sent?.kind, "send");
  pair.now = 30_000;
  assert.equal(pair.server.engine.tick(pair.now).length, halfOpenMax);
  assert.equal(open()[0]?.kind, "send");
});

test("an unknown IKE SA is told so once for each request, and never for a response", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  pair.now = 31_000;
  pair.let(pair.client, pair.client.engine.tick(pair.now));
  const [liveness] = pair.wire.splice(0);
  assert.ok(liveness !== undefined);
  const stranger = createPair(serverSettings(), clientSettings()).server;
  const [answer] = stranger.engine.receive(0, liveness.octets.slice(), pathOf(1, ON_SERVER));
  assert.ok(answer?.kind === "send");
  assert.equal(answer.octets[35], 4);
  const response = liveness.octets.slice();
  response[19] = (response[19] ?? 0) | 0x20;
  assert.deepEqual(stranger.engine.receive(0, response, pathOf(1, ON_SERVER)), [
    { kind: "score", path: 1 },
  ]);
});

test("a client that its server has forgotten ends soon, and an answer saves it", () => {
  for (const isForged of [false, true]) {
    const pair = createPair(serverSettings(), clientSettings());
    connect(pair, target());
    const [ike = 0] = pair.client.engine.established();
    pair.let(pair.client, pair.client.engine.pathClosed(pair.now, 1));
    pair.let(pair.client, pair.client.engine.pathOpened(pair.now, ike, pathOf(2, ON_CLIENT)));
    const [liveness] = pair.wire.splice(0);
    assert.ok(liveness !== undefined);
    // A server that was started again knows nothing, and its word proves nothing.
    const other = createPair(serverSettings(), clientSettings()).server;
    const [word] = other.engine.receive(0, liveness.octets.slice(), pathOf(2, ON_SERVER));
    assert.ok(word?.kind === "send");
    const told = pair.client.engine.receive(pair.now, word.octets, pathOf(2, ON_CLIENT));
    assert.deepEqual(told, []);
    if (isForged) pair.deliver(liveness);
    pair.settle();
    pair.now += 4000;
    pair.let(pair.client, pair.client.engine.tick(pair.now));
    const expected = isForged ? ["moved"] : ["moved", "remove", "remove", "ended"];
    assert.deepEqual(kinds(pair.client).slice(4), expected);
    const ends = pair.client.told.flatMap((one) => one.kind === "ended" ? [one.reason] : []);
    assert.deepEqual(ends, isForged ? [] : ["peer_gone"]);
  }
});

test("a Child SA that could not be installed is deleted on both sides", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  const [ike = 0] = pair.server.engine.established();
  const child = installs(pair.server)[0]?.child ?? 0;
  pair.let(pair.server, pair.server.engine.installRefused(pair.now, ike, child));
  pair.settle();
  for (const end of [pair.server, pair.client]) {
    pair.now += 3000;
    pair.let(end, end.engine.tick(pair.now));
    assert.deepEqual(kinds(end).slice(4), ["remove", "remove"]);
    assert.equal(end.engine.established().length, 1);
  }
});

test("rekeys and moves are told, with the keys that an IKE SA has now", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target());
  const [ike = 0] = pair.client.engine.established();
  for (const what of ["ike", "children"] as const) {
    pair.let(pair.client, pair.client.engine.rekey(pair.now, ike, what));
    pair.settle();
  }
  pair.let(pair.client, pair.client.engine.pathOpened(pair.now, ike, pathOf(2, ON_CLIENT)));
  pair.settle();
  for (const end of [pair.server, pair.client]) {
    const told = end.told.flatMap((action) =>
      action.kind === "rekeyed" ? [[action.what, action.side]] : []
    );
    const side = end === pair.client ? "here" : "peer";
    assert.deepEqual(told, [["ike", side], ["child", side]]);
    const moved = end.told.find((action) => action.kind === "moved");
    assert.equal(moved?.path, 2);
  }
  const [first, next] = [pair.server, pair.client].map(({ told }) =>
    told.find((action) => action.kind === "rekeyed")
  );
  assert.equal(first?.keys?.spiR, next?.keys?.spiR);
});

test("a client hears of name servers and domains that it is given", () => {
  const server = serverSettings({ domains: ["corp.example.org"] });
  const pair = createPair(server, clientSettings());
  connect(pair, target());
  const [given] = pair.client.told.filter((action) => action.kind === "configured");
  assert.deepEqual(given?.dns.map(({ text }) => text), ["10.93.29.53"]);
  assert.deepEqual(given.domains, ["corp.example.org"]);
});

test("a refusal by the peer names its notify", () => {
  const pair = createPair(serverSettings(), clientSettings());
  connect(pair, target({ psk: Uint8Array.of(1, 2, 3) }));
  const [refused] = pair.client.told;
  assert.ok(refused?.kind === "refused");
  assert.deepEqual([refused.notify, refused.detail], [24, "AUTHENTICATION_FAILED"]);
  const ike = { ...CLASSIC, prfs: [7] } as const;
  const unlike = createPair(
    serverSettings({ ike }),
    clientSettings({ ike: { ...ike, prfs: [5] } }),
  );
  connect(unlike, target());
  const [none] = unlike.client.told;
  assert.ok(none?.kind === "refused");
  assert.equal(none.notify, 14);
  assert.match(none.detail, /^NO_PROPOSAL_CHOSEN to aes256gcm16-.*prfsha256-/);
});

const ON_SERVER = true;
const ON_CLIENT = false;

function deliverOne(pair: Pair): void {
  const sent = pair.wire.shift();
  assert.ok(sent !== undefined);
  pair.deliver(sent);
}

function kinds({ told }: End): string[] {
  return told.map(({ kind }) => kind);
}

function reasons({ told }: End): string[] {
  return told.flatMap((action) => action.kind === "refused" ? [action.reason] : []);
}

function installs({ told }: End): InstallAction[] {
  return told.filter((action) => action.kind === "install");
}

/** What one side sends with is what the other receives with. */
function assertMeet(out: InstallAction | undefined, into: InstallAction | undefined): void {
  assert.ok(out !== undefined && into !== undefined);
  assert.equal(out.direction, "outbound");
  assert.equal(into.direction, "inbound");
  const { spi, aead, keyMaterial, esn } = into;
  assert.deepEqual(
    { spi: out.spi, aead: out.aead, keyMaterial: out.keyMaterial, esn: out.esn },
    { spi, aead, keyMaterial, esn },
  );
  assert.deepEqual(out.local, into.remote);
  assert.deepEqual(out.remote, into.local);
}
