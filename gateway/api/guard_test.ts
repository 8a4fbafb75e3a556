import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { createTestApi, type TestApi } from "../../tests/support/test_api.ts";

const TOKEN = "correct-horse";
const BEARER = { authorization: `Bearer ${TOKEN}` };

async function statusOf(
  { app }: TestApi,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await app.request(path, { headers })).status;
}

async function drainStatus(
  api: TestApi,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const response = await api.app.request("/v1/drain", { method: "POST", headers });
  equal(api.gateway.isDraining(), response.status === 202);
  return response.status;
}

test("guard() on loopback without a token wants a loopback Host", async () => {
  const api = createTestApi();
  const hosts = {
    "localhost": 200,
    "localhost:9329": 200,
    "127.0.0.1:9329": 200,
    "127.9.9.9": 200,
    "[::1]:9329": 200,
    "LOCALHOST:1": 200,
    "localhost.:9329": 200,
    "[0:0:0:0:0:0:0:1]:9329": 200,
    "[::FFFF:127.0.0.1]:9329": 200,
    "[::ffff:10.0.0.1]:9329": 403,
    "x@127.0.0.1": 403,
    "127.0.0.1/x": 403,
    "127.0.0.1#x": 403,
    "culvert.example": 403,
    "localhost.example": 403,
    "10.0.0.1:9329": 403,
    "127.0.0.1.example:9329": 403,
    "a b": 403,
  };
  for (const [host, status] of Object.entries(hosts)) {
    equal(await statusOf(api, "/v1/status", { host }), status, host);
    equal(await statusOf(api, "/metrics", { host }), status, host);
    equal(await statusOf(api, "/livez", { host }), 200, host);
    equal(await statusOf(api, "/readyz", { host }), 200, host);
  }
});

test("guard() on loopback takes any Host with the token", async () => {
  const api = createTestApi({ token: TOKEN });
  const host = "culvert.example";
  equal(await statusOf(api, "/v1/status", { host }), 403);
  equal(await statusOf(api, "/v1/status", { host, authorization: "Bearer wrong" }), 403);
  equal(await statusOf(api, "/v1/status", { host, ...BEARER }), 200);
});

test("guard() refuses changes that a foreign page asks for", async () => {
  const host = "localhost:9329";
  const origins = {
    "http://localhost:9329": 202,
    "http://localhost:3000": 403,
    "https://evil.example": 403,
    "null": 403,
    "": 403,
  };
  for (const [origin, status] of Object.entries(origins)) {
    equal(await drainStatus(createTestApi(), { host, origin }), status, origin);
  }
  equal(
    await statusOf(createTestApi(), "/v1/status", { host, origin: "https://evil.example" }),
    200,
  );
  const withToken = createTestApi({ token: TOKEN });
  equal(await drainStatus(withToken, { ...BEARER, origin: "https://evil.example" }), 403);
});

test("guard() compares Host and Origin by what they mean", async () => {
  const cases: readonly (readonly [host: string, origin: string, status: number])[] = [
    ["127.0.0.1", "http://127.0.0.1:80", 202],
    ["127.0.0.1:80", "http://127.0.0.1", 202],
    ["LocalHost:9329", "HTTP://LOCALHOST:9329", 202],
    ["[::1]:9329", "http://[0:0::1]:9329", 202],
    ["[0:0:0:0:0:0:0:1]:9329", "http://[::1]:9329", 202],
    ["localhost:443", "https://localhost", 202],
    ["localhost", "https://localhost:443", 202],
    ["localhost:9329", "https://localhost:9329", 202],
    ["localhost:80", "https://localhost", 403],
    ["localhost:443", "http://localhost", 403],
    ["localhost", "http://localhost:443", 403],
    ["localhost:9329", "http://localhost", 403],
    ["localhost:9329", "ftp://localhost:9329", 403],
    ["localhost:9329", "http://127.0.0.1:9329", 403],
  ];
  for (const [host, origin, status] of cases) {
    equal(await drainStatus(createTestApi(), { host, origin }), status, `${host} ${origin}`);
  }
});

test("guard() on loopback guards changes with the token", async () => {
  const api = createTestApi({ token: TOKEN });
  equal(await statusOf(api, "/v1/status"), 200);
  for (
    const authorization of ["", "Bearer", "Bearer wrong", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]
  ) {
    equal(await drainStatus(api, { authorization }), 401, authorization);
  }
  equal(await drainStatus(api, { authorization: `bearer  ${TOKEN}` }), 202);
});

test("guard() elsewhere guards everything but the probes", async () => {
  const api = createTestApi({ token: TOKEN, isLoopback: false });
  const host = "culvert.example";
  for (const path of ["/v1/status", "/metrics", "/v1/connections", "/nothing"]) {
    equal(await statusOf(api, path, { host }), 401, path);
  }
  equal(await statusOf(api, "/v1/status", { host: "localhost" }), 401);
  equal(await statusOf(api, "/livez", { host }), 200);
  equal(await statusOf(api, "/readyz", { host }), 200);
  equal(await statusOf(api, "/v1/status", { host, ...BEARER }), 200);
  equal(await drainStatus(api, { host }), 401);
  equal(await drainStatus(api, { host, ...BEARER }), 202);
});

test("guard() refuses everything if no token was ever read", async () => {
  const api = createTestApi({ isLoopback: false });
  equal(await statusOf(api, "/v1/status"), 401);
  equal(await statusOf(api, "/v1/status", { authorization: "Bearer null" }), 401);
});

test("guard() challenges as RFC 6750 says", async () => {
  const { app } = createTestApi({ token: TOKEN, isLoopback: false });
  const none = await app.request("/v1/status");
  equal(none.headers.get("www-authenticate"), 'Bearer realm="culvert"');
  const wrong = await app.request("/v1/status", { headers: { authorization: "Bearer wrong" } });
  match(wrong.headers.get("www-authenticate") ?? "", /error="invalid_token"$/);
  equal(wrong.headers.get("content-type"), "application/problem+json");
});

test("guard() lets only reads of the probes pass", async () => {
  const { app } = createTestApi({ token: TOKEN, isLoopback: false });
  equal((await app.request("/livez", { method: "POST" })).status, 401);
  equal((await app.request("/livez", { method: "HEAD" })).status, 200);
});

test("guard() lets the parts of the page pass without a token if Host is allowed", async () => {
  const path = "/assets/main.js";
  const local = createTestApi({ token: TOKEN });
  equal(await statusOf(local, path), 200);
  equal(await statusOf(local, path, { host: "culvert.example" }), 403);
  equal(await statusOf(local, path, { host: "culvert.example", ...BEARER }), 200);
  const elsewhere = createTestApi({ token: TOKEN, isLoopback: false });
  equal(await statusOf(elsewhere, path, { host: "culvert.example" }), 200);
  equal(await statusOf(elsewhere, "/assets", { host: "culvert.example" }), 401);
  equal((await elsewhere.app.request(path, { method: "POST" })).status, 401);
});

test("guard() takes the path that the router takes, whatever Host makes of the URL", async () => {
  const { app, logged } = createTestApi({ token: TOKEN, isLoopback: false });
  for (const host of ["x\\assets\\y", "x?", "a b", "[::"]) {
    equal((await app.fetch(requestWithUrl(`http://${host}/metrics`))).status, 401, host);
  }
  equal((await app.fetch(requestWithUrl("http://a b/assets/main.js"))).status, 200);
  equal((await createTestApi().app.fetch(requestWithUrl("http://a b/metrics"))).status, 403);
  deepEqual(logged, []);
});

/** A request as Deno makes it: Host and target concatenated, which need not form a valid URL. */
function requestWithUrl(url: string): Request {
  return Object.defineProperty(new Request("http://unused/"), "url", { value: url });
}
