import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeFolder } from "../../tests/fakes/private_folder.ts";
import { createTestApi, post, type TestApi } from "../../tests/support/test_api.ts";
import { readProfile } from "../config/profile.ts";
import { type ClientStore, openClients } from "../state/clients.ts";
import { createClientAdmin } from "../state/client_admin.ts";

interface Scene extends TestApi {
  readonly store: ClientStore;
  readonly changes: () => number;
}

function createScene(address: string | null = "192.0.2.1:4500"): Scene {
  const folder = createFakeFolder("/state", new Map());
  const store = openClients({
    folder,
    random: (octets) => void crypto.getRandomValues(octets),
    date: () => new Date(0),
    onDamaged: (reason) => {
      throw new Error(reason);
    },
  });
  let changes = 0;
  const clients = createClientAdmin({
    state: { clients: store },
    server: () => ({ id: "gw.example.org", address, inner: "10.93.29.1" }),
    onChange: () => Promise.resolve(void changes++),
  });
  return { ...createTestApi({ clients, token: "token" }), store, changes: () => changes };
}

const AUTHORIZED = { authorization: "Bearer token" };
const LAPTOP = { name: "laptop", auth: "psk", createdAt: "1970-01-01T00:00:00.000Z" };

test("POST /v1/clients makes a client, and shows its profile once", async () => {
  const { app, store, logged, changes } = createScene();
  const response = await app.request("/v1/clients", post({ name: "laptop" }, AUTHORIZED));
  equal(response.status, 201);
  equal(response.headers.get("location"), "/v1/clients/laptop");
  const { profile, ...shown } = await response.json();
  deepEqual(shown, LAPTOP);
  const read = readProfile("profile", profile);
  deepEqual([read.server.text, read.serverId, read.inner?.text], [
    "192.0.2.1:4500",
    "gw.example.org",
    "10.93.29.1",
  ]);
  deepEqual(read.psk, (await store.find("laptop"))?.psk);
  equal(changes(), 1);
  const all = await (await app.request("/v1/clients")).text();
  deepEqual(JSON.parse(all), { clients: [LAPTOP] });
  const secret = new TextDecoder().decode(read.psk);
  for (const text of [all, JSON.stringify(logged)]) {
    ok(!text.includes(secret) && !text.includes(btoa(secret)));
  }
  deepEqual(logged.at(-1)?.fields, {
    action: "client_add",
    target: "laptop",
    status: 201,
    remote: null,
  });
});

test("DELETE /v1/clients/{name} removes a client once", async () => {
  const { app, store, changes, logged } = createScene();
  await app.request("/v1/clients", post({ name: "laptop" }, AUTHORIZED));
  const remove = { method: "DELETE", headers: AUTHORIZED };
  equal((await app.request("/v1/clients/laptop", remove)).status, 204);
  equal((await app.request("/v1/clients/laptop", remove)).status, 404);
  equal((await app.request("/v1/clients/%2e%2e%2fx", remove)).status, 404);
  deepEqual(await store.read(), []);
  equal(changes(), 2);
  deepEqual(logged.map(({ fields }) => fields["action"]), [
    "client_add",
    "client_remove",
    "client_remove",
    "client_remove",
  ]);
});

test("changes of clients need the token", async () => {
  const { app, changes } = createScene();
  equal((await app.request("/v1/clients", post({ name: "laptop" }))).status, 401);
  equal((await app.request("/v1/clients/laptop", { method: "DELETE" })).status, 401);
  equal(changes(), 0);
});

const wrong: readonly (readonly [unknown, number, string])[] = [
  [{}, 422, "name: is required"],
  [{ name: "Laptop" }, 422, "name: must be 1 to 63 of a-z, 0-9 and . - _, and begin with a letter"],
  [{ name: "../x" }, 422, "name: must be 1 to 63"],
  [{ name: "a", auth: "cert" }, 422, "auth: must be one of psk"],
  [{ name: "a", psk: "x" }, 422, 'The body has an unknown member "psk"'],
  [[], 422, "The body must be an object"],
  [{ name: "known" }, 409, "name: is that of another client"],
];
for (const [body, status, detail] of wrong) {
  test(`POST /v1/clients refuses ${JSON.stringify(body)}`, async () => {
    const { app, store } = createScene();
    await app.request("/v1/clients", post({ name: "known" }, AUTHORIZED));
    const response = await app.request("/v1/clients", post(body, AUTHORIZED));
    equal(response.status, status);
    const problem = await response.json();
    ok(problem.detail.startsWith(detail), problem.detail);
    equal((await store.read()).length, 1);
  });
}

test("a gateway that knows no address of its own makes no client", async () => {
  const { app, store } = createScene(null);
  const response = await app.request("/v1/clients", post({ name: "laptop" }, AUTHORIZED));
  equal(response.status, 409);
  deepEqual(await store.read(), []);
});

test("a gateway that does not answer IKE has no clients", async () => {
  const { app } = createTestApi();
  for (
    const [path, init] of [
      ["/v1/clients", {}],
      ["/v1/clients", post({ name: "laptop" })],
      ["/v1/clients/laptop", { method: "DELETE" }],
    ] as const
  ) {
    const response = await app.request(path, init);
    equal(response.status, 409);
    equal(
      (await response.json()).detail,
      "This gateway does not answer IKE itself (--ike inside)",
    );
  }
});
