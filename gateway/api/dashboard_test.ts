import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createTestApi } from "../../tests/support/test_api.ts";

const BROWSER = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

test("addFiles() serves the page under a strict policy", async () => {
  const { app } = createTestApi();
  const response = await app.request("/", BROWSER);
  equal(response.status, 200);
  equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  const policy = response.headers.get("content-security-policy") ?? "";
  match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
  ok(!policy.includes("unsafe"));
  equal(response.headers.get("x-content-type-options"), "nosniff");
  equal(await response.text(), "<!DOCTYPE html>");
});

test("addFiles() serves parts of the page for browsers, and no others", async () => {
  const { app } = createTestApi();
  const response = await app.request("/assets/main.js");
  equal(response.status, 200);
  equal(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  equal((await app.request("/assets/main.js", { method: "HEAD" })).status, 200);
  for (const name of ["notes.txt", "none.js", "..%2fmain.ts", "x%00.js", "constructor", ".js"]) {
    equal((await app.request(`/assets/${name}`)).status, 404, name);
  }
  const posted = await app.request("/assets/main.js", { method: "POST" });
  equal(posted.status, 405);
  equal(posted.headers.get("allow"), "GET, HEAD");
  equal((await app.request("/", { method: "POST" })).status, 405);
});

test("givePageForToken() lets a browser ask for the token, and nobody past the guard", async () => {
  const { app } = createTestApi({ token: "right", isLoopback: false });
  const page = await app.request("/", BROWSER);
  equal(page.status, 401);
  equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  equal(page.headers.get("www-authenticate"), 'Bearer realm="culvert"');
  equal(await page.text(), "<!DOCTYPE html>");
  equal((await app.request("/assets/main.js")).status, 200);

  const plain = await app.request("/");
  equal(plain.status, 401);
  equal(plain.headers.get("content-type"), "application/problem+json");
  const call = await app.request("/v1/status", BROWSER);
  equal(call.status, 401);
  equal(call.headers.get("content-type"), "application/problem+json");
  const authorized = { headers: { ...BROWSER.headers, authorization: "Bearer right" } };
  equal((await app.request("/", authorized)).status, 200);
});
