import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { testProgram } from "../../tests/support/programs/bench_program.ts";
import { type App, createApp } from "./app.ts";
import { RESULTS } from "./results.ts";
import type { Runner } from "./runner.ts";
import type { PageData, RunState } from "./types.ts";

interface Opened {
  readonly app: App;
  readonly folder: string;
  readonly started: string[];
  readonly shown: PageData[];
}

/** An app over a folder of its own. Its runner only notes which programs it is asked to start. */
async function withApp(run: (opened: Opened) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "culvert-app-"));
  const [started, shown]: [string[], PageData[]] = [[], []];
  const app = createApp({
    runner: notingRunner(started),
    programs: [testProgram("finish")],
    folders: [RESULTS, { path: folder, prefix: "local/" }],
    render: (data) => {
      shown.push(data);
      return Promise.resolve({ html: "<p>page", policy: "default-src 'none'" });
    },
  });
  try {
    await run({ app, folder, started, shown });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function notingRunner(started: string[]): Runner {
  const idle: RunState = {
    ...{ state: "idle", program: null, latest: null, casesDone: 0, cases: null },
    ...{ records: 0, startedAt: null, complaints: [] },
  };
  let now = idle;
  return {
    state: () => now,
    start({ id }): boolean {
      if (now.state === "running") return false;
      started.push(id);
      now = { ...idle, state: "running", program: id };
      return true;
    },
    stop(): Promise<void> {
      now = { ...now, state: "stopped" };
      return Promise.resolve();
    },
  };
}

async function ask(app: App, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { host: "127.0.0.1:4599", ...init.headers };
  const request = new Request(`http://127.0.0.1:4599${path}`, { ...init, headers });
  return await app.fetch(request, { remote: "127.0.0.1" });
}

async function expectProblem(response: Response, status: number, detail: RegExp): Promise<void> {
  equal(response.status, status);
  equal(response.headers.get("content-type"), "application/problem+json");
  const problem = await response.json() as { readonly status: number; readonly detail: string };
  equal(problem.status, status);
  match(problem.detail, detail);
}

const POST = { method: "POST" };

test("the page gets what stands in its folders, and a policy", async () => {
  await withApp(async ({ app, shown }) => {
    const response = await ask(app, "/");
    equal(await response.text(), "<p>page");
    const policy = "default-src 'none'; frame-ancestors 'none'";
    equal(response.headers.get("content-security-policy"), policy);
    equal(response.headers.get("x-content-type-options"), "nosniff");
    ok(shown[0]?.files.some(({ name }) => name === "wire-deno.jsonl"));
    equal(typeof shown[0]?.instructions?.rustc, "string");
    deepEqual(shown[0]?.programs.map(({ id }) => id), ["finish"]);
  });
});

test("one run is started at a time, and only by name", async () => {
  await withApp(async ({ app, started }) => {
    equal((await ask(app, "/run/finish", POST)).status, 202);
    await expectProblem(await ask(app, "/run/finish", POST), 409, /going on/);
    await expectProblem(await ask(app, "/run/rm", POST), 404, /no run/);
    const state = await (await ask(app, "/run")).json() as RunState;
    equal(state.state, "running");
    const stopped = await (await ask(app, "/run/stop", POST)).json() as RunState;
    equal(stopped.state, "stopped");
    deepEqual(started, ["finish"]);
  });
});

test("strangers are refused", async () => {
  await withApp(async ({ app, started }) => {
    const foreign = { ...POST, headers: { origin: "http://evil.example" } };
    await expectProblem(await ask(app, "/run/finish", foreign), 403, /Origin/);
    await expectProblem(await ask(app, "/", { headers: { host: "evil.example" } }), 403, /Host/);
    deepEqual(started, []);
  });
});

test("files are those of the folders, and a bad line is named", async () => {
  await withApp(async ({ app, folder }) => {
    match(await (await ask(app, "/wire-deno.jsonl")).text(), /^\{"suite":"wire",/);
    equal((await ask(app, "/instructions.json")).status, 200);
    await expectProblem(await ask(app, "/local/other.jsonl"), 404, /no file/);
    await expectProblem(await ask(app, "/local/instructions.json"), 404, /no file/);
    await expectProblem(await ask(app, "/..%2fREADME.jsonl"), 404, /no such path/);
    await expectProblem(await ask(app, "/nothing"), 404, /no such path/);
    writeFileSync(join(folder, "x.jsonl"), "{}\n");
    await expectProblem(await ask(app, "/"), 500, /local\/x\.jsonl: line 1 is no record/);
  });
});
