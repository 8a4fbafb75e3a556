import { deepEqual, equal, match } from "node:assert/strict";
import { createServer } from "node:http";
import process from "node:process";
import { after, before, test } from "node:test";
import { openEnvironment } from "./environment.ts";
import { runtime } from "./mod.ts";

const NAMES = [
  "CULVERT_API_TOKEN_FILE",
  "CULVERT_CONFIG",
  "CULVERT_DUMPABLE",
  "CULVERT_ENGINE_LIBRARY",
  "CULVERT_PSK_FILE",
  "CULVERT_STATE_DIR",
  "CULVERT_UNSAFE_STATIC_SAS",
];
const PROXIES = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];
const kept = { ...process.env };

before(() => {
  for (const name of NAMES) process.env[name] = "/nowhere";
  process.env.CULVERT_LISTEN = "127.0.0.1:1";
});

after(() => {
  for (const name of [...NAMES, ...PROXIES, "CULVERT_LISTEN"]) {
    delete process.env[name];
    if (kept[name] !== undefined) process.env[name] = kept[name];
  }
});

test("env() is all of the environment in a program with its user's rights", () => {
  const { env, ignoredVariables, engineLibraryPath } = openEnvironment(() => false);
  deepEqual(ignoredVariables(), []);
  equal(env()["CULVERT_CONFIG"], "/nowhere");
  equal(engineLibraryPath(), "/nowhere");
});

test("env() lacks what names files or says whom to trust in a program with more rights", () => {
  const { env, ignoredVariables, engineLibraryPath } = openEnvironment(() => true);
  deepEqual([...ignoredVariables()].toSorted(), NAMES);
  const left = Object.keys(env());
  deepEqual(NAMES.filter((name) => left.includes(name)), []);
  equal(env()["CULVERT_LISTEN"], "127.0.0.1:1");
  match(engineLibraryPath(), /\/libculvert_engine\.so$/);
});

test("the tests' own runtime has its user's rights only", () => {
  deepEqual(runtime.ignoredVariables(), []);
});

test("fetch() asks the API itself after forgetProxies(), whatever proxy is set", async () => {
  const server = createServer((request, response) => response.end(request.url));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  // Nothing listens on port 1, so a request by a proxy fails.
  for (const name of PROXIES.slice(0, 4)) process.env[name] = "http://127.0.0.1:1";
  for (const name of PROXIES.slice(4)) delete process.env[name];
  runtime.forgetProxies();
  const response = await fetch(`http://127.0.0.1:${port}/asked`);
  // A proxy would be asked for the whole URL.
  equal(await response.text(), "/asked");
  await new Promise((resolve) => server.close(resolve));
});
