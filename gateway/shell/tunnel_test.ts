import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mock, test } from "node:test";
import { address, prefix } from "../../tests/support/parsed.ts";
import { createTunnel, END_MS, type Tunnel, type TunnelAction, type TunnelNews } from "./tunnel.ts";
import { faultOf } from "./tunnel_fault.ts";

const IDS = { local: "laptop", server: "vpn.example.net" };

interface Scene {
  readonly tunnel: Tunnel;
  /** Orders to IKE and to lanes, and addresses in use, in their order. */
  readonly done: string[];
  readonly news: TunnelNews[];
  readonly told: string[];
  /** A connection comes up; the result ends it. */
  open(id: number): () => void;
}

function openScene(): Scene {
  const done: string[] = [];
  const news: TunnelNews[] = [];
  const told: string[] = [];
  const tunnel = createTunnel({
    ids: IDS,
    orders: {
      initiate: (path) => void done.push(`initiate ${path}`),
      pathOpened: (ike, path) => void done.push(`path ${ike} ${path}`),
      end: (ike) => void done.push(`end ${ike}`),
    },
    kick: (connection) => void done.push(`kick ${connection}`),
    use: ({ addresses }) => void done.push(`use ${addresses.map(({ text }) => text)}`),
    events: { tell: (event) => void told.push(event) },
  });
  tunnel.subscribe((one) => void news.push(one));
  const open = (id: number): () => void =>
    tunnel.purpose.opened({ id, row: 1, ended: Promise.resolve() });
  return { tunnel, done, news, told, open };
}

function established(ike: number, path: number): TunnelAction {
  const keys = { isInitiator: true, spiI: "", spiR: "", suite: "ike-suite" };
  return { kind: "established", ike, path, identity: "vpn.example.net", keys };
}

function configured(ike: number, ...addresses: readonly string[]): TunnelAction {
  return { kind: "configured", ike, addresses: addresses.map(address), dns: [], domains: [] };
}

function bringUp({ tunnel }: Scene, ike: number, path: number): void {
  tunnel.hear(established(ike, path));
  tunnel.hear({ kind: "install", ike, suite: "esp-suite", remote: [prefix("10.93.29.1/32")] });
  tunnel.hear(configured(ike, "10.93.64.1"));
}

/** Runs with timers of the test's own. */
function withTimers(run: (pass: (ms: number) => void) => void): void {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    run((ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
}

test("an IKE SA begins on the first connection, and goes on by the next one", () => {
  withTimers(() => {
    const scene = openScene();
    const close = scene.open(7);
    bringUp(scene, 1, 7);
    close();
    scene.open(8);
    deepEqual(scene.done, ["initiate 7", "use 10.93.64.1", "path 1 8"]);
    deepEqual(scene.told, ["tunnel_up"]);
    deepEqual(scene.news, [{
      kind: "up",
      terms: {
        ...{ server: "vpn.example.net", ikeSuite: "ike-suite", espSuite: "esp-suite" },
        ...{ remote: [prefix("10.93.29.1/32")], addresses: [address("10.93.64.1")] },
        ...{ dns: [], domains: [] },
      },
    }]);
  });
});

test("a server that has forgotten it gets a new IKE SA at once, on the same connection", () => {
  withTimers((pass) => {
    const scene = openScene();
    scene.open(7)();
    scene.open(8);
    bringUp(scene, 1, 8);
    pass(60_000);
    scene.tunnel.hear({ kind: "ended", ike: 1, reason: "peer_gone" });
    bringUp(scene, 2, 8);
    deepEqual(scene.done.slice(2), ["use 10.93.64.1", "initiate 8", "use 10.93.64.1"]);
  });
});

test("a server that does not answer gets another connection", () => {
  withTimers(() => {
    const scene = openScene();
    const close = scene.open(7);
    bringUp(scene, 1, 7);
    scene.tunnel.hear({ kind: "ended", ike: 1, reason: "no_answer" });
    close();
    const again = scene.open(8);
    scene.tunnel.hear({ kind: "refused", path: 8, reason: "timeout", detail: "init_sent" });
    again();
    scene.open(9);
    deepEqual(scene.done.slice(2), ["kick 7", "initiate 8", "kick 8", "initiate 9"]);
  });
});

test("what was refused is tried again ever more seldom, and at once when it has been up", () => {
  withTimers((pass) => {
    const scene = openScene();
    scene.open(7);
    const attempts = (): number => scene.done.filter((one) => one === "initiate 7").length;
    for (const pause of [1000, 2000, 4000]) {
      const before = attempts();
      scene.tunnel.hear({
        ...{ kind: "refused", path: 7, reason: "refused_by_peer", notify: 24 },
        detail: "AUTHENTICATION_FAILED",
      });
      pass(pause - 1);
      equal(attempts(), before);
      pass(1);
      equal(attempts(), before + 1);
    }
    equal(scene.news.length, 3);
    bringUp(scene, 1, 7);
    // Another device has the same identity.
    scene.tunnel.hear({ kind: "ended", ike: 1, reason: "deleted_by_peer" });
    const before = attempts();
    pass(7999);
    equal(attempts(), before);
    pass(1);
    equal(attempts(), before + 1);
  });
});

test("news of a connection that is gone begin nothing, and of two IKE SAs the last one stays", () => {
  withTimers((pass) => {
    const scene = openScene();
    scene.open(7)();
    deepEqual(scene.news.map((one) => one.kind === "failed" && one.fault.reason), ["closed"]);
    scene.tunnel.hear({ kind: "refused", path: 7, reason: "timeout", detail: "" });
    scene.open(8);
    scene.tunnel.hear({ kind: "refused", path: 0, reason: "timeout", detail: "" });
    scene.tunnel.hear(established(1, 7));
    scene.tunnel.hear(established(2, 8));
    scene.tunnel.hear({ kind: "ended", ike: 1, reason: "deleted_here" });
    pass(100_000);
    deepEqual(scene.done, ["initiate 7", "initiate 8", "end 1"]);
    equal(scene.news.length, 1);
  });
});

test("an IKE SA of a lost connection goes on by the new one", () => {
  const scene = openScene();
  scene.open(7)();
  scene.tunnel.hear(established(1, 7));
  scene.open(8);
  deepEqual(scene.done, ["initiate 7", "path 1 8"]);
});

test("an IKE SA without a Child SA or without an address ends, and is tried again", () => {
  withTimers((pass) => {
    const scene = openScene();
    scene.open(7);
    scene.tunnel.hear(established(1, 7));
    scene.tunnel.hear({
      ...{ kind: "refused", path: 7, reason: "refused_by_peer", notify: 38 },
      detail: "Child SA: TS_UNACCEPTABLE",
    });
    scene.tunnel.hear({ kind: "ended", ike: 1, reason: "deleted_here" });
    pass(1000);
    scene.tunnel.hear(established(2, 7));
    scene.tunnel.hear(configured(2));
    deepEqual(scene.done, ["initiate 7", "end 1", "initiate 7", "end 2"]);
    deepEqual(scene.news.map((one) => one.kind === "failed" && one.fault.reason), [
      "refused_by_peer",
      "no_address",
    ]);
  });
});

test("the end deletes the IKE SA, waits for the server's word, and not for ever", async () => {
  const scene = openScene();
  await scene.tunnel.end();
  ok(!scene.tunnel.purpose.isNeeded());
  const up = openScene();
  up.open(7);
  bringUp(up, 1, 7);
  let isOver = false;
  const over = up.tunnel.end().then(() => void (isOver = true));
  deepEqual(up.done.at(-1), "end 1");
  await Promise.resolve();
  ok(!isOver);
  up.tunnel.hear({ kind: "ended", ike: 1, reason: "deleted_here" });
  await over;
  deepEqual(up.done.slice(-1), ["end 1"], "no new one");
  const mute = openScene();
  mute.open(7);
  bringUp(mute, 1, 7);
  const startedAt = performance.now();
  await mute.tunnel.end();
  ok(performance.now() - startedAt >= END_MS - 100);
});

test("each failure says what to mend", () => {
  const refused = { kind: "refused", reason: "refused_by_peer", detail: "D" } as const;
  const cases: readonly (readonly [Parameters<typeof faultOf>[0], RegExp])[] = [
    [{ kind: "dial", reason: "Cannot connect to 127.0.0.1:4500: ECONNREFUSED" }, /nothing listens/],
    [{ kind: "dial", reason: "Cannot resolve vpn: ENOTFOUND" }, /mend the name/],
    [{ kind: "dial", reason: "Cannot connect to 192.0.2.1:4500: ENETUNREACH" }, /no route/],
    [{ kind: "dial", reason: "Cannot connect to 192.0.2.1:4500: ETIMEDOUT" }, /firewall/],
    [{ kind: "closed" }, /closed the connection/],
    [{ kind: "no_address" }, /pool/],
    [{ ...refused, reason: "timeout" }, /no answer to IKE/],
    [{ ...refused, reason: "identity_unknown" }, /server is D, and vpn\.example\.net is wanted/],
    [{ ...refused, reason: "secret" }, /does not have the secret/],
    [{ ...refused, reason: "auth_method" }, /mend ca or psk/],
    [{ ...refused, reason: "key_exchange" }, /\(key_exchange\): D/],
    [{ ...refused, notify: 24 }, /refuses laptop: .* another secret/],
    [{ ...refused, notify: 14 }, /No common algorithms \(D\).*--ike-proposals/],
    [{ ...refused, notify: 38 }, /remote in the profile/],
    [{ ...refused, notify: 36 }, /pool/],
    [{ ...refused, notify: 7 }, /The server refuses: D/],
  ];
  for (const [cause, line] of cases) {
    const { text } = faultOf(cause, IDS);
    match(text, line);
    ok(!text.includes("\n"));
  }
});
