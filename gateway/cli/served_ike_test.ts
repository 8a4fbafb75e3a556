import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeFolder } from "../../tests/fakes/private_folder.ts";
import { createFakeRuntime, type FakeRuntime } from "../../tests/fakes/runtime.ts";
import { createFakeStart, type FakeStart } from "../../tests/fakes/start.ts";
import { openFakeState } from "../../tests/fakes/state.ts";
import { settle } from "../../tests/support/wait.ts";
import { readProfile } from "../config/profile.ts";
import type { IkePlan } from "../ike/engine/plan.ts";
import { identityText } from "../ike/identity/identity.ts";
import { runCli } from "./main_cli.ts";

interface Served {
  readonly runtime: FakeRuntime;
  readonly start: FakeStart;
  readonly files: Record<string, string>;
  /** The plan that the gateway was started with. */
  plan(): IkePlan;
  /** The last plan that took its place, once it is what `isDone` wants. */
  reloaded(isDone: (plan: IkePlan) => boolean): Promise<IkePlan>;
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** The log, once it has a line of this event. */
  logged(event: string): Promise<string>;
  stop(): Promise<number>;
}

async function serve(
  file: string,
  more: Readonly<Record<string, string>> = {},
  state: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<Served> {
  const files = { "c.toml": file, psk: "a secret of at least twenty octets", ...more };
  const runtime = createFakeRuntime({ args: ["serve", "--config", "c.toml"], files });
  for (const [name, octets] of state) runtime.state.set(name, octets.slice());
  const start = createFakeStart();
  const code = runCli(runtime, { startGateway: start.startGateway, openState: openFakeState });
  await settle(() => runtime.printed.stdout, (text) => text.startsWith("listening"));
  const [started] = start.started;
  ok(started !== undefined, runtime.printed.stderr);
  return {
    runtime,
    start,
    files,
    plan(): IkePlan {
      ok(started.ike !== null);
      return started.ike.plan("native");
    },
    async reloaded(isDone): Promise<IkePlan> {
      const plans = await settle(() => start.reloaded, (all) => all.some(isDone));
      const plan = plans.findLast(isDone);
      ok(plan !== undefined, runtime.printed.stderr);
      return plan;
    },
    async ask(path, init = {}): Promise<Response> {
      const [server] = runtime.servers;
      ok(server !== undefined);
      const request = new Request(`http://127.0.0.1:9329${path}`, init);
      request.headers.set("host", "127.0.0.1:9329");
      return await server.fetch(request, { address: "127.0.0.1" });
    },
    async logged(event): Promise<string> {
      return await settle(() => runtime.printed.stderr, (text) => text.includes(event));
    },
    stop(): Promise<number> {
      runtime.signal("SIGTERM");
      return code;
    },
  };
}

function names({ peers }: IkePlan): string[] {
  return peers.map(({ name }) => name);
}

const PEER = '[[peer]]\nid = "branch"\npsk_file = "psk"\n';

test("serve starts with the plan of its file and its state", async () => {
  const served = await serve(`ike_id = "gw.example.org"\n${PEER}`);
  const plan = served.plan();
  equal(identityText(plan.localId), "gw.example.org");
  deepEqual(names(plan), ["branch"]);
  ok(plan.peers[0]?.psk?.some((octet) => octet !== 0));
  equal(plan.esp.ciphers[0]?.encr, 20, "AES-GCM first with the native engine");
  const { id, address, inner } = JSON.parse(
    new TextDecoder().decode(served.runtime.state.get("server.json")),
  );
  deepEqual([id, address, inner], ["gw.example.org", "127.0.0.1:4500", "10.93.29.1"]);
  equal(await served.stop(), 0);
});

test("serve has no IKE, and no state, where a daemon has it", async () => {
  for (const file of ['ike = "off"\n', 'upstream = "127.0.0.1:4500"\n']) {
    const served = await serve(file);
    equal(served.start.started[0]?.ike, null);
    equal(served.runtime.state.size, 0);
    equal((await served.ask("/v1/clients")).status, 409);
    equal(await served.stop(), 0);
  }
});

test("a client that the API makes comes in at once, and goes at once", async () => {
  const served = await serve(PEER);
  const body = JSON.stringify({ name: "laptop" });
  const response = await served.ask("/v1/clients", { method: "POST", body });
  equal(response.status, 201);
  const { psk } = readProfile("profile", (await response.json()).profile);
  const plan = await served.reloaded((one) => names(one).includes("laptop"));
  deepEqual(plan.peers.find(({ name }) => name === "laptop")?.psk, psk);
  equal((await served.ask("/v1/clients/laptop", { method: "DELETE" })).status, 204);
  await served.reloaded((one) => !names(one).includes("laptop"));
  equal(await served.stop(), 0);
});

test("a client that another process makes comes in by itself", { timeout: 30_000 }, async () => {
  const served = await serve(PEER);
  const folder = createFakeFolder("/srv/state", served.runtime.state);
  const client = { name: "phone", createdAt: "2026-11-30T00:00:00Z", psk: "AAAA" };
  await folder.create("clients/phone.json", new TextEncoder().encode(JSON.stringify(client)));
  const plan = await served.reloaded((one) => names(one).includes("phone"));
  deepEqual(names(plan), ["branch", "phone"]);
  equal(await served.stop(), 0);
});

test("SIGHUP takes peers and what clients get from the file again", async () => {
  const served = await serve(`pool = ["10.1.0.0/24"]\n${PEER}`);
  served.files["c.toml"] = `pool = ["10.2.0.0/24"]\nike_id = "other"\n[[peer]]
id = "new"\npsk_file = "psk"\n`;
  served.runtime.signal("SIGHUP");
  const plan = await served.reloaded((one) => names(one).includes("new"));
  deepEqual(names(plan), ["new"]);
  deepEqual(plan.pool.map(({ text }) => text), ["10.2.0.0/24"]);
  ok(plan.peers[0]?.psk?.some((octet) => octet !== 0));
  ok(identityText(plan.localId).startsWith("culvert-"), "an identity stays until a restart");
  match(await served.logged("reloaded"), /reloaded kept=ike_id\n/);
  equal(await served.stop(), 0);
});

test("a file that is wrong leaves the peers as they are", async () => {
  const served = await serve(PEER);
  served.files["c.toml"] = '[[peer]]\nid = "new"\npsk_file = "none"\n';
  served.runtime.signal("SIGHUP");
  match(await served.logged("reload_failed"), /c.toml:3: Cannot read none: ENOENT/);
  deepEqual(served.start.reloaded.filter((plan) => names(plan).includes("new")), []);
  equal(await served.stop(), 0);
});

test("serve tells of short secrets, and of none of their octets", async () => {
  const served = await serve(`psk_file = "short"\n${PEER}`, { short: "swordfish" });
  const log = await served.logged("psk_short");
  match(log, /psk_short file=short /);
  ok(!log.includes("swordfish") && !log.includes("file=psk"));
  deepEqual(names(served.plan()), ["branch", "%any"]);
  equal(await served.stop(), 0);
});

test("serve ends with one line if the state cannot be used", async () => {
  const runtime = createFakeRuntime({ args: ["serve"] });
  const start = createFakeStart();
  const code = await runCli(runtime, {
    startGateway: start.startGateway,
    openState: () => Promise.reject(new Error("Cannot make /srv/state: EROFS")),
  });
  deepEqual([code, runtime.printed.stderr], [1, "Cannot make /srv/state: EROFS\n"]);
  deepEqual(start.started, []);
});

const wide: readonly (readonly [string, string | null])[] = [
  ['listen = ["0.0.0.0:4500", "192.0.2.1:443"]', "192.0.2.1:443"],
  ['listen = ["[2001:db8::1]:443"]', "[2001:db8::1]:443"],
  ['listen = ["[::]:443"]\nike_id = "gw.example.org"', "gw.example.org:443"],
  ['listen = ["0.0.0.0:4500"]', null],
];
for (const [file, address] of wide) {
  test(`a gateway with ${file} is reached at ${address}`, async () => {
    const served = await serve(`${file}\n`);
    const kept = JSON.parse(new TextDecoder().decode(served.runtime.state.get("server.json")));
    equal(kept.address, address);
    equal(await served.stop(), 0);
  });
}

test("a new gateway that knows nobody makes a client, and says how it begins", async () => {
  const served = await serve("");
  const log = await served.logged("first_client");
  match(
    log,
    /first_client command="deno run gateway connect 127\.0\.0\.1:4500 --profile \/srv\/state\/client\.toml"/,
  );
  const text = new TextDecoder().decode(served.runtime.state.get("client.toml"));
  const profile = readProfile("client.toml", text);
  const plan = await served.reloaded((one) => names(one).includes("client"));
  deepEqual(plan.peers[0]?.psk, profile.psk);
  ok(!log.includes(new TextDecoder().decode(profile.psk ?? undefined)));
  equal(await served.stop(), 0);
});

test("the first client is not made where others may come, nor again", async () => {
  const peer = await serve(PEER);
  ok(!peer.runtime.state.has("client.toml"));
  equal(await peer.stop(), 0);
  const state = { id: "gw", address: "127.0.0.1:1", inner: null };
  const files = new Map([["server.json", new TextEncoder().encode(JSON.stringify(state))]]);
  const old = await serve("", {}, files);
  ok(!old.runtime.state.has("client.toml"), "it has run before");
  equal(await old.stop(), 0);
});

test("the first client's profile follows the gateway to another address", async () => {
  const first = await serve("");
  await first.logged("first_client");
  equal(await first.stop(), 0);
  const moved = await serve('listen = ["192.0.2.1:443"]\n', {}, first.runtime.state);
  match(await moved.logged("first_client"), /connect 192\.0\.2\.1:443 --profile/);
  const texts = [first, moved].map(({ runtime }) =>
    new TextDecoder().decode(runtime.state.get("client.toml"))
  );
  const [before, after] = texts.map((text) => readProfile("client.toml", text));
  equal(after?.server.text, "192.0.2.1:443");
  deepEqual(after?.psk, before?.psk);
  equal(await moved.stop(), 0);
});
