import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createTestApi, post } from "../../tests/support/test_api.ts";

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  equal(response.headers.get("content-type"), "application/problem+json");
  const body = await response.json();
  equal(body.status, response.status);
  equal(body.type, "about:blank");
  ok(typeof body.title === "string" && typeof body.detail === "string");
  return body;
}

test("createApi() answers the probes", async () => {
  const { app, gateway } = createTestApi();
  equal((await app.request("/livez")).status, 200);
  equal((await app.request("/readyz")).status, 200);
  gateway.drain();
  equal((await app.request("/livez")).status, 200);
  const response = await app.request("/readyz");
  equal(response.status, 503);
  deepEqual((await problemOf(response))["reasons"], ["draining"]);
});

test("createApi() says why the gateway is not ready", async () => {
  const { app, gateway } = createTestApi();
  const metrics = async (): Promise<string> => (await app.request("/metrics")).text();
  match(await metrics(), /^culvert_ready\{reason="draining"\} 1$/m);
  gateway.hinderBy([{ reason: "draining", detail: "It is held" }]);
  const response = await app.request("/readyz");
  equal(response.status, 503);
  const { detail, reason, reasons } = await problemOf(response);
  deepEqual([detail, reason, reasons], ["It is held", "draining", ["draining"]]);
  deepEqual((await (await app.request("/v1/status")).json()).unready, ["draining"]);
  match(await metrics(), /^culvert_ready\{reason="draining"\} 0$/m);
  gateway.drain();
  const both = await problemOf(await app.request("/readyz"));
  equal(both["detail"], "The gateway is draining; It is held");
});

test("createApi() shows the status", async () => {
  const { app } = createTestApi();
  const response = await app.request("/v1/status");
  equal(response.headers.get("cache-control"), "no-store");
  const status = await response.json();
  deepEqual(Object.keys(status).sort(), [
    "draining",
    "engine",
    "lanes",
    "limits",
    "listeners",
    "offloads",
    "runtime",
    "totals",
    "unready",
    "upstream",
    "uptimeSeconds",
    "version",
  ]);
});

test("createApi() answers 503 to a kick that the lane has no room for", async () => {
  const { app, gateway } = createTestApi();
  Object.assign(gateway, { kick: () => "busy" });
  const response = await app.request("/v1/connections/7", { method: "DELETE" });
  equal(response.status, 503);
  equal(response.headers.get("retry-after"), "1");
  await problemOf(response);
});

test("createApi() shows and closes connections", async () => {
  const { app } = createTestApi();
  const { connections } = await (await app.request("/v1/connections")).json();
  equal(connections[0].id, 7);
  const one = await app.request("/v1/connections/7");
  deepEqual(await one.json(), connections[0]);
  equal((await app.request("/v1/connections/7", { method: "DELETE" })).status, 204);
  for (const id of ["7", "8", "07", "x", "7.0", "-1", "9".repeat(30), "%20"]) {
    for (const method of ["GET", "DELETE"]) {
      const response = await app.request(`/v1/connections/${id}`, { method });
      equal(response.status, 404, `${method} ${id}`);
      await problemOf(response);
    }
  }
});

test("createApi() drains", async () => {
  const { app, gateway } = createTestApi();
  const response = await app.request("/v1/drain", { method: "POST" });
  equal(response.status, 202);
  ok(gateway.isDraining());
});

test("createApi() says which methods a path has", async () => {
  const { app } = createTestApi();
  const allowed = {
    "/livez": "GET, HEAD",
    "/v1/status": "GET, HEAD",
    "/v1/connections": "GET, HEAD",
    "/v1/connections/7": "GET, HEAD, DELETE",
    "/v1/sas": "GET, HEAD, POST",
    "/v1/sas/0xc0ffee01": "GET, HEAD, DELETE",
    "/v1/sas/0xc0ffee01/dummy": "POST",
    "/v1/drain": "POST",
    "/metrics": "GET, HEAD",
  };
  for (const [path, allow] of Object.entries(allowed)) {
    for (const method of ["PATCH", "OPTIONS", ...(allow.includes("POST") ? ["PUT"] : ["POST"])]) {
      const response = await app.request(path, { method });
      equal(response.status, 405, `${method} ${path}`);
      equal(response.headers.get("allow"), allow);
      await problemOf(response);
    }
  }
});

test("createApi() answers HEAD without a body", async () => {
  const { app } = createTestApi();
  const response = await app.request("/v1/status", { method: "HEAD" });
  equal(response.status, 200);
  equal(await response.text(), "");
});

test("createApi() has problems for paths that are not there", async () => {
  const { app } = createTestApi();
  for (const path of ["/nothing", "/v1", "/v1/sas/", "/v1/connections/7/x", "/..%2f"]) {
    const response = await app.request(path);
    equal(response.status, 404, path);
    await problemOf(response);
  }
});

test("createApi() answers 500 for a fault of the gateway's own, and logs it", async () => {
  const { app, gateway, logged } = createTestApi();
  gateway.status = (): never => {
    throw new RangeError("Cannot read counters: gone");
  };
  const response = await app.request("/v1/status");
  equal(response.status, 500);
  ok(!JSON.stringify(await problemOf(response)).includes("counters"));
  deepEqual(logged[0]?.fields, { reason: "Cannot read counters: gone" });
});

test("createApi() bounds bodies by what arrives", async () => {
  const { app } = createTestApi();
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller): void {
      pulled++;
      controller.enqueue(new Uint8Array(10_000).fill(0x20));
    },
  });
  const init = {
    method: "POST",
    body: endless,
    duplex: "half",
    headers: { "content-length": "2" },
  };
  const response = await app.request("/v1/sas", init);
  equal(response.status, 413);
  ok(pulled < 20, `${pulled} chunks were read`);
  await problemOf(response);
  equal((await app.request("/v1/sas", { method: "POST", body: " ".repeat(65_537) })).status, 413);
  equal((await app.request("/v1/sas", { method: "POST", body: " ".repeat(65_536) })).status, 400);
});

test("a body that ends early is the client's fault, and no error of ours", async () => {
  const { app, logged } = createTestApi();
  const body = new ReadableStream<Uint8Array>({
    start(controller): void {
      controller.enqueue(new TextEncoder().encode('{"spi":'));
      controller.error(new TypeError("Unexpected end"));
    },
  });
  const init = { method: "POST", body, duplex: "half" };
  equal((await app.request("/v1/sas", init)).status, 400);
  ok(!logged.some(({ level }) => level === "error"));
});

test("createApi() refuses what is not JSON in UTF-8", async () => {
  const { app } = createTestApi();
  const bodies = ["", "{", "{}x", "'a'", Uint8Array.of(0x22, 0xff, 0x22), "NaN"];
  for (const body of bodies) {
    const response = await app.request("/v1/sas", { method: "POST", body });
    equal(response.status, 400, String(body));
    await problemOf(response);
  }
  for (const body of [null, 1, "text", [], [[]], true]) {
    const response = await app.request("/v1/sas", post(body));
    equal(response.status, 422, JSON.stringify(body));
    equal((await problemOf(response))["detail"], "The body must be an object");
  }
});
