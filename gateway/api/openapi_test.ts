import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { CONNECTIONS } from "../model/connection.ts";
import { STATUS } from "../model/gateway_status.ts";
import { SAS } from "../model/sa_view.ts";
import { createTestApi, post, type TestApi } from "../../tests/support/test_api.ts";

const OPERATION = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});

const DOCUMENT = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), OPERATION)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({ properties: z.record(z.string(), z.json()) })),
  }),
});

async function documentOf({ app }: TestApi): Promise<z.output<typeof DOCUMENT>> {
  return DOCUMENT.parse(await (await app.request("/openapi.json")).json());
}

const SA = {
  spi: "0xc0ffee01",
  direction: "outbound",
  peer: "client-7",
  aead: "aes-gcm-16",
  keyMaterial: "00112233445566778899aabbccddeeff01020304",
  local: ["10.93.29.0/24"],
  remote: ["10.93.30.7/32"],
};

test("/openapi.json has every path and method, each with a name of its own", async () => {
  const { openapi, paths } = await documentOf(createTestApi());
  match(openapi, /^3\.1\./);
  const calls = Object.entries(paths).flatMap(([path, methods]) => {
    return Object.keys(methods).map((method) => `${method} ${path}`);
  });
  deepEqual(calls.sort(), [
    "delete /v1/clients/{name}",
    "delete /v1/connections/{id}",
    "delete /v1/peers/{id}",
    "delete /v1/sas/{sa}",
    "get /livez",
    "get /metrics",
    "get /openapi.json",
    "get /readyz",
    "get /v1/clients",
    "get /v1/connections",
    "get /v1/connections/{id}",
    "get /v1/events",
    "get /v1/peers",
    "get /v1/peers/{id}",
    "get /v1/sas",
    "get /v1/sas/{sa}",
    "get /v1/status",
    "post /v1/clients",
    "post /v1/drain",
    "post /v1/sas",
    "post /v1/sas/{sa}/dummy",
  ]);
  const names = Object.values(paths).flatMap(Object.values).map(({ operationId }) => operationId);
  equal(new Set(names).size, calls.length);
});

test("/openapi.json names every member of the answers, and no other", async () => {
  const api = createTestApi();

  async function notReady(): Promise<object> {
    api.gateway.drain();
    return await (await api.app.request("/readyz")).json();
  }

  const { components: { schemas } } = await documentOf(api);
  equal((await api.app.request("/v1/sas", post(SA))).status, 201);
  await api.app.request("/v1/sas", post(SA));
  const answers: Readonly<Record<string, unknown>> = {
    Status: api.gateway.status(),
    Totals: api.gateway.totals(),
    Connection: api.gateway.connections()[0],
    Sa: (await (await api.app.request("/v1/sas")).json()).sas[0],
    Problem: {
      ...await (await api.app.request("/v1/sas", post({ local: Array(100).fill(0) }))).json(),
      ...await (await api.app.request("/v1/sas/0xc0ffee01")).json(),
      ...await notReady(),
    },
  };
  for (const [name, answer] of Object.entries(answers)) {
    const members = Object.keys(schemas[name]?.properties ?? {}).sort();
    deepEqual(members, Object.keys(Object(answer)).sort(), name);
  }
  const spec = Object.keys(schemas["SaSpec"]?.properties ?? {});
  ok(spec.includes("keyMaterial") && Object.keys(SA).every((member) => spec.includes(member)));
});

test("the schemas of the answers read what is answered", async () => {
  const { app } = createTestApi();
  await app.request("/v1/sas", post({ ...SA, esn: true, initialSequence: "9007199254740993" }));
  const paths = { "/v1/status": STATUS, "/v1/connections": CONNECTIONS, "/v1/sas": SAS };
  for (const [path, schema] of Object.entries(paths)) {
    const answer: unknown = await (await app.request(path)).json();
    deepEqual(z.encode(schema, schema.parse(answer)), answer, path);
  }
});

test("/openapi.json says which problems a call may answer", async () => {
  const { paths } = await documentOf(createTestApi());
  const statuses = Object.keys(paths["/v1/sas"]?.["post"]?.responses ?? {});
  deepEqual(statuses, ["201", "400", "401", "403", "409", "413", "422", "500"]);
});
