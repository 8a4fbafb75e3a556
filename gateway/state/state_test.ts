import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createFakeRuntime } from "../../tests/fakes/runtime.ts";
import { address } from "../../tests/support/parsed.ts";
import { tempFolder } from "../../tests/support/temp.ts";
import { within } from "../../tests/support/wait.ts";
import { runtime } from "../runtime/mod.ts";
import { openOwnState, openState, type OwnState, type State } from "./open_state.ts";
import { updateServer } from "./server.ts";

function newPlace(): string {
  return join(tempFolder(), "state");
}

interface Opened<Kind> {
  readonly state: Kind;
  readonly troubles: string[];
}

async function open(stateDir: string): Promise<Opened<State>> {
  const troubles: string[] = [];
  const onTrouble = (reason: string): void => void troubles.push(reason);
  return { state: await openState({ runtime, stateDir, onTrouble }), troubles };
}

async function openOwn(stateDir: string): Promise<Opened<OwnState>> {
  const troubles: string[] = [];
  const onTrouble = (reason: string): void => void troubles.push(reason);
  return { state: await openOwnState({ runtime, stateDir, onTrouble }), troubles };
}

test("a gateway makes itself a name once, and keeps what is told of it", async () => {
  const place = newPlace();
  const { state } = await open(place);
  match(state.server.id, /^culvert-[0-9a-f]{16}$/);
  equal(state.server.address, null);
  await updateServer(state.folder, state.server, { address: "192.0.2.1:4500" });
  const again = await open(place);
  deepEqual(again.state.server, { ...state.server, address: "192.0.2.1:4500" });
  notEqual((await open(newPlace())).state.server.id, state.server.id);
});

test("two processes that begin at once agree on one name", async () => {
  const place = newPlace();
  const opened = await Promise.all(Array.from({ length: 8 }, () => open(place)));
  equal(new Set(opened.map(({ state }) => state.server.id)).size, 1);
});

test("a client is made once, with a secret of its own that any program takes", async () => {
  const { state } = await open(newPlace());
  const made = await Promise.all(Array.from({ length: 8 }, () => state.clients.add("laptop")));
  const [laptop, ...others] = made.filter((client) => client !== undefined);
  ok(laptop !== undefined);
  deepEqual(others, []);
  match(new TextDecoder().decode(laptop.psk), /^[A-Za-z0-9_-]{32}$/);
  const phone = await state.clients.add("phone");
  notEqual(phone?.psk, laptop.psk);
  deepEqual(await state.clients.find("laptop"), laptop);
  deepEqual((await state.clients.read()).map(({ name }) => name), ["laptop", "phone"]);
});

test("a client that another process makes or removes is seen", async () => {
  const place = newPlace();
  const [{ state: one }, { state: other }] = [await open(place), await open(place)];
  deepEqual(await one.clients.read(), []);
  const before = await one.clients.version();
  await other.clients.add("laptop");
  notEqual(await one.clients.version(), before);
  const [seen] = await one.clients.read();
  equal(seen?.name, "laptop");
  const kept = seen?.psk.slice();
  ok(await other.clients.remove("laptop"));
  ok(!await other.clients.remove("laptop"));
  deepEqual(await one.clients.read(), []);
  ok(kept?.some((octet) => octet !== 0));
  ok(seen?.psk.every((octet) => octet === 0), "the secret of a removed client is wiped");
});

test("a client's new secret counts when all are read afresh", async () => {
  const { state } = await open(newPlace());
  await state.clients.add("laptop");
  await state.clients.read();
  const file = join(state.folder.path, "clients/laptop.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(/"psk": "[^"]+"/, '"psk": "AAAA"'));
  notEqual((await state.clients.read())[0]?.psk.length, 3);
  equal((await state.clients.read("afresh"))[0]?.psk.length, 3);
});

test("a damaged client is told and left alone, and the others are there", async () => {
  const { state, troubles } = await open(newPlace());
  for (const name of ["good", "half", "other"]) await state.clients.add(name);
  const folder = join(state.folder.path, "clients");
  const whole = readFileSync(join(folder, "half.json"), "utf8");
  writeFileSync(join(folder, "half.json"), whole.slice(0, 40));
  writeFileSync(join(folder, "other.json"), whole);
  writeFileSync(join(folder, "README"), "no client");
  deepEqual((await state.clients.read()).map(({ name }) => name), ["good"]);
  deepEqual(troubles, [
    `Cannot read ${folder}/half.json: it is damaged (restore it, or move it away)`,
    `Cannot use ${folder}/other.json: it is another client's (give it its own name)`,
  ]);
  await rejects(state.clients.find("half"), /it is damaged/);
  equal(await state.clients.add("half"), undefined, "its file stays");
  equal(readFileSync(join(folder, "half.json"), "utf8"), whole.slice(0, 40));
});

for (const file of ["server.json", "leases.json", "tickets.json"]) {
  test(`a damaged ${file} ends the start, and stays as it is`, async () => {
    const place = newPlace();
    await (await openOwn(place)).state.close();
    for (
      const text of ["", "{", '{"id":"a b","address":null,"inner":null}', '{"leases":[["a"]]}']
    ) {
      writeFileSync(join(place, file), text);
      await rejects(openOwn(place), new RegExp(`^DamagedFileError: Cannot read ${place}/${file}`));
      equal(readFileSync(join(place, file), "utf8"), text);
    }
    rmSync(join(place, file));
    await (await openOwn(place)).state.close();
  });
}

test("a state has one gateway at a time, and commands beside it", async () => {
  const place = newPlace();
  const { state } = await openOwn(place);
  await rejects(
    openOwn(place),
    new RegExp(`^Error: Cannot use ${place}: another gateway runs with it \\(--state-dir`),
  );
  await (await open(place)).state.clients.add("laptop");
  await state.close();
  await (await openOwn(place)).state.close();
});

test("leases are there after a restart, the oldest first", async () => {
  const place = newPlace();
  const { state } = await openOwn(place);
  deepEqual(state.leases.known, []);
  for (
    const [identity, text] of [
      ["2:a", "10.93.64.1"],
      ["2:b", "10.93.64.2"],
      ["2:b", "2001:db8::2"],
      ["2:c", "10.93.64.1"],
    ] as const
  ) state.leases.note({ identity, address: address(text) });
  await state.close();
  const again = await openOwn(place);
  deepEqual(again.state.leases.known.map((lease) => [lease.identity, lease.address.text]), [
    ["2:b", "10.93.64.2"],
    ["2:b", "2001:db8::2"],
    ["2:c", "10.93.64.1"],
  ]);
  await again.state.close();
});

test("a lease is written without being asked for", { timeout: 60_000 }, async () => {
  const place = newPlace();
  const { state } = await openOwn(place);
  state.leases.note({ identity: "2:a", address: address("10.93.64.1") });
  await within<void>(30_000, "the file of leases", (resolve) => {
    const look = setInterval(() => {
      if (!readdirSync(place).includes("leases.json")) return;
      clearInterval(look);
      resolve();
    }, 50);
  });
  await state.close();
});

test("leases that cannot be written are told once, and nothing else ends", async () => {
  const place = newPlace();
  const { state, troubles } = await openOwn(place);
  // A folder of that name is in the way of the file.
  mkdirSync(join(place, "leases.json/full"), { recursive: true });
  state.leases.note({ identity: "2:a", address: address("10.93.64.1") });
  await state.close();
  equal(troubles.length, 1);
  match(troubles[0] ?? "", /^Cannot write \S+\/leases.json: E/);
});

test("the state has its usual place", async () => {
  const places: string[] = [];
  const openPrivateFolder = (path: string): Promise<never> => {
    places.push(path);
    return Promise.reject(new Error("No place"));
  };
  for (
    const [environment, isRoot] of [
      [{ HOME: "/srv/a", XDG_STATE_HOME: "/srv/state" }, () => false],
      [{ HOME: "/srv/a", XDG_STATE_HOME: "relative" }, () => false],
      [{ HOME: "/root" }, () => true],
    ] as const
  ) {
    const fake = { ...createFakeRuntime({ environment }), isRoot, openPrivateFolder };
    await rejects(openState({ runtime: fake, stateDir: null, onTrouble: () => {} }), /No place/);
  }
  deepEqual(places, ["/srv/state/culvert", "/srv/a/.local/state/culvert", "/var/lib/culvert"]);
  const homeless = { ...createFakeRuntime(), openPrivateFolder };
  await rejects(
    openState({ runtime: homeless, stateDir: null, onTrouble: () => {} }),
    /^Error: Cannot find a place for the state: neither --state-dir nor HOME names one$/,
  );
});
