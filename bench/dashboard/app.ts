// The local server's routes: the page, the files that it links to, and one run at a time.
//
// The gateway's guard keeps other pages of the browser out. Host must be a loopback address, and
// the Origin of a POST must be the host that was asked.

import { Hono } from "@hono/hono";
import { guard } from "../../gateway/api/guard.ts";
import { problem } from "../../gateway/api/problem.ts";
import type { ApiEnv } from "../../gateway/api/route.ts";
import type { Page } from "./render.ts";
import { type Folder, readInstructions, readResults } from "./results.ts";
import type { Runner } from "./runner.ts";
import type { PageData, Program, ResultFile } from "./types.ts";

export type App = Hono<ApiEnv>;

export interface AppOptions {
  readonly runner: Runner;
  readonly programs: readonly Program[];
  /** Folders of records. Instruction counts are read from the first. */
  readonly folders: readonly Folder[];
  readonly render: (data: PageData) => Promise<Page>;
}

/** Makes the routes. The caller listens. */
export function createApp({ runner, programs, folders, render }: AppOptions): App {
  const app: App = new Hono();
  app.notFound(() => problem(404, "There is no such path"));
  app.onError((error) => problem(500, error.message));
  app.use(guard({ token: () => null, isLoopback: true }));
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
  });
  app.get("/", async (context) => {
    const { html, policy } = await render({
      files: readAll(folders),
      instructions: folders[0] === undefined ? null : readInstructions(folders[0]),
      programs: programs.map(({ id, title, command }) => ({ id, title, command })),
    });
    context.header("content-security-policy", `${policy}; frame-ancestors 'none'`);
    return context.html(html);
  });
  addRuns(app, runner, programs);
  addFiles(app, folders);
  return app;
}

const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

function addRuns(app: App, runner: Runner, programs: readonly Program[]): void {
  app.get("/run", (context) => context.json(runner.state()));
  app.post("/run/stop", async (context) => {
    await runner.stop();
    return context.json(runner.state());
  });
  app.post("/run/:id", (context) => {
    const program = programs.find(({ id }) => id === context.req.param("id"));
    if (program === undefined) return problem(404, "There is no run of this name");
    if (!runner.start(program)) return problem(409, "A run is going on");
    return context.json(runner.state(), 202);
  });
}

function addFiles(app: App, folders: readonly Folder[]): void {
  for (const folder of folders) {
    app.get(`/${folder.prefix}:name{[\\w-]+\\.jsonl}`, (context) => {
      const name = `${folder.prefix}${context.req.param("name")}`;
      const found = readResults(folder).find((file) => file.name === name);
      if (found === undefined) return problem(404, "There is no file of this name");
      return context.text(found.records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    });
    app.get(`/${folder.prefix}instructions.json`, (context) => {
      const found = readInstructions(folder);
      return found === null
        ? problem(404, "There is no file of this name")
        : context.json({ ...found });
    });
  }
}

function readAll(folders: readonly Folder[]): ResultFile[] {
  return folders.flatMap(readResults);
}
