// The tasks of the page's own thread, from the browser's trace. They are measured in processor
// time, so other programs on the machine do not lengthen them.

import type { Browser, Page } from "playwright-core";
import * as z from "zod";

/** Tasks of the page's thread during `run`, in ms of processor time, longest first. */
export async function traceTasks(page: Page, run: () => Promise<unknown>): Promise<number[]> {
  const browser: Browser | null = page.context().browser();
  if (browser === null) throw new TypeError("Cannot trace: the page has no browser");
  await browser.startTracing(page, { categories: [TASKS] });
  await run();
  const trace = TRACE.parse(JSON.parse((await browser.stopTracing()).toString("utf8")));
  const threads = trace.traceEvents.filter(({ args }) => args?.name === "CrRendererMain")
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const tasks = trace.traceEvents.filter(({ name, pid, tid }) => {
    return name === "RunTask" && threads.includes(`${pid} ${tid}`);
  });
  return tasks.map(({ tdur = 0 }) => tdur / 1000).sort((a, b) => b - a);
}

const TASKS = "disabled-by-default-devtools.timeline";

/** The part of the format that is read here; times are in microseconds. */
const TRACE = z.object({
  traceEvents: z.array(z.object({
    name: z.string(),
    pid: z.int(),
    tid: z.int(),
    tdur: z.number().optional(),
    args: z.looseObject({ name: z.unknown().optional() }).optional(),
  })),
});
