import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createTestApi, post, type TestApi } from "../../tests/support/test_api.ts";

const TOKEN = "correct-horse";
const KEY = "00112233445566778899aabbccddeeff01020304";

const SA = {
  spi: "0xc0ffee01",
  direction: "inbound",
  peer: "client-7",
  aead: "aes-gcm-16",
  keyMaterial: KEY,
  local: ["10.93.29.0/24"],
  remote: ["10.93.30.7/32"],
};

const SA_PATH = "/v1/sas/0xc0ffee01";
const REMOVE: RequestInit = { method: "DELETE" };
const SEND: RequestInit = { method: "POST" };

function text(body: string): RequestInit {
  return { method: "POST", body };
}

/** A call that gets a certain answer, and the line of the log about it. */
interface Outcome {
  readonly status: number;
  readonly path: string;
  readonly init: RequestInit;
  readonly action: string;
  readonly target?: string;
  /** Prepares the API before the call. */
  readonly given?: (api: TestApi) => unknown;
}

async function install({ app }: TestApi): Promise<void> {
  equal((await app.request("/v1/sas", post(SA))).status, 201);
}

function breakGateway({ gateway }: TestApi): void {
  const broken = (): never => {
    throw new RangeError(`Cannot do it: ${KEY}`);
  };
  Object.assign(gateway, { kick: broken, installSa: broken, removeSa: broken, drain: broken });
}

async function breakInstalled(api: TestApi): Promise<void> {
  await install(api);
  breakGateway(api);
}

const INSTALL = { path: "/v1/sas", action: "sa_install" };
const INSTALL_IT = { ...INSTALL, init: post(SA), target: "0xc0ffee01" };
const REMOVE_IT = { path: SA_PATH, init: REMOVE, action: "sa_remove", target: "0xc0ffee01" };
const DUMMY = { path: `${SA_PATH}/dummy`, action: "sa_dummy", target: "0xc0ffee01" };
const KICK = { init: REMOVE, action: "connection_kick" };
const KICK_IT = { ...KICK, path: "/v1/connections/7", target: "7" };
const DRAIN = { path: "/v1/drain", init: SEND, action: "drain" };
const FULL = { kind: "conflict", detail: "The table of SAs is full" } as const;

const OUTCOMES: readonly Outcome[] = [
  { status: 201, ...INSTALL_IT },
  { status: 409, ...INSTALL_IT, given: install },
  {
    status: 422,
    ...INSTALL_IT,
    given: ({ gateway }) => gateway.refuseWith({ ...FULL, kind: "invalid" }),
  },
  { status: 500, ...INSTALL_IT, given: breakGateway },
  { status: 400, ...INSTALL, init: text(`{"keyMaterial":"${KEY}`) },
  { status: 413, ...INSTALL, init: text(KEY.repeat(2000)) },
  { status: 422, ...INSTALL, init: post({ ...SA, [KEY]: KEY }) },
  { status: 204, ...REMOVE_IT, given: install },
  { status: 404, ...REMOVE_IT },
  { status: 404, path: `/v1/sas/${KEY}`, init: REMOVE, action: "sa_remove" },
  { status: 500, ...REMOVE_IT, given: breakInstalled },
  { status: 202, ...DUMMY, init: post({}), given: install },
  { status: 404, ...DUMMY, init: post({}) },
  { status: 400, ...DUMMY, init: text(KEY), given: install },
  { status: 413, ...DUMMY, init: text(KEY.repeat(2000)), given: install },
  { status: 422, ...DUMMY, init: post({ octets: KEY }), given: install },
  {
    status: 409,
    ...DUMMY,
    init: post({}),
    given: async (api) => {
      await install(api);
      api.gateway.refuseWith(FULL);
    },
  },
  { status: 204, ...KICK_IT },
  { status: 404, ...KICK, path: "/v1/connections/8", target: "8" },
  { status: 404, ...KICK, path: `/v1/connections/${KEY}` },
  { status: 500, ...KICK_IT, given: breakGateway },
  { status: 202, ...DRAIN },
  { status: 500, ...DRAIN, given: breakGateway },
  { status: 404, path: `/v1/${KEY}`, init: SEND, action: "none" },
  { status: 405, path: "/v1/status", init: { method: "PUT", body: KEY }, action: "none" },
  { status: 405, path: "/", init: SEND, action: "none" },
  { status: 405, path: "/assets/main.js", init: SEND, action: "none" },
];

for (const { status, path, init, action, target, given } of OUTCOMES) {
  const name = `${init.method} ${path.replaceAll(KEY, "KEY")}`;
  test(`audit() writes a line of ${action} answered ${status} (${name})`, async () => {
    const api = createTestApi();
    await given?.(api);
    api.logged.splice(0);
    equal((await api.app.request(path, init, { remote: "192.0.2.1" })).status, status);
    const lines = api.logged.filter(({ event }) => event.startsWith("api_change"));
    deepEqual(lines, [{
      level: status < 400 ? "info" : "warn",
      event: "api_change",
      fields: { action, ...(target === undefined ? {} : { target }), status, remote: "192.0.2.1" },
    }]);
    ok(!JSON.stringify(lines).includes(KEY.slice(0, 8)));
  });
}

test("audit() writes a line of each change that the guard refuses", async () => {
  const foreign = {
    origin: "https://evil.example",
    host: "localhost",
    authorization: `Bearer ${TOKEN}`,
  };
  const refusals: readonly (readonly [number, Record<string, string>])[] = [
    [401, {}],
    [401, { authorization: `Bearer ${KEY}` }],
    [403, { host: "evil.example" }],
    [403, foreign],
  ];
  for (const [status, headers] of refusals) {
    const { app, logged } = createTestApi({ token: TOKEN });
    const answer = await app.request(SA_PATH, { ...REMOVE, headers }, { remote: "192.0.2.1" });
    equal(answer.status, status);
    deepEqual(logged, [{
      level: "warn",
      event: "api_refused",
      fields: { action: "sa_remove", target: "0xc0ffee01", status, remote: "192.0.2.1" },
    }]);
  }
});

test("audit() writes nothing of reads, whatever becomes of them", async () => {
  const { app, logged } = createTestApi({ token: TOKEN });
  for (const path of ["/", "/metrics", "/v1/sas", SA_PATH, "/v1/none", "/assets/main.js"]) {
    await app.request(path);
    await app.request(path, { method: "HEAD" });
    await app.request(path, { headers: { host: "culvert.example" } });
  }
  deepEqual(logged, []);
});
