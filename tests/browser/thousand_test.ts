// A thousand connections in the dashboard: many have traffic that changes, and some come and go.
// The tests look at the work of the page's own thread. They run without a GPU, which would not
// change that work.

import { equal, notEqual, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  addClient,
  describeInBrowser,
  withGateway,
  withPage,
} from "../support/browser/browser_gateway.ts";
import { openCrowd, openEchoDaemon } from "../support/browser/crowd.ts";
import { traceTasks } from "../support/browser/trace.ts";
import type { Gateway } from "../support/gateway.ts";
import { scenario } from "../support/scenario.ts";
import { settle, sleep } from "../support/wait.ts";

/** The W3C calls a task that takes longer a long task: input has to wait for it. */
const TASK_MS_MAX = 50;

const WATCHED_MS = 6000;

describeInBrowser("dashboard with a thousand connections", (open) => {
  scenario("updates, sorts, scrolls and filters without a stutter", async () => {
    await withCrowd(async (gateway) => {
      const { remote } = await addClient(gateway);
      await withPage(open(gateway), async ({ page, picture }) => {
        await page.locator("#shown-count", { hasText: "1,001" }).waitFor();
        await page.locator("[data-column=in] button").click();
        // Rates of their own, and lines of some length.
        await page.locator(".rows .row .in", { hasText: /bit\/s/ }).first().waitFor();
        await sleep(4000);
        const first = await firstClient(page);
        expectNoLongTask(await traceTasks(page, () => sleep(WATCHED_MS)), "updates");
        notEqual(await firstClient(page), first, "the order follows the rates");
        await picture("thousand");
        expectNoLongTask(await traceTasks(page, () => page.evaluate(SCROLL)), "scrolling");
        const rows = await page.locator(".rows .row").count();
        ok(rows <= 60, `${rows} rows exist`);
        await page.locator("#filter").fill(remote);
        await page.locator("#shown-count", { hasText: "1 of 1,001" }).waitFor();
        const found = await settle(
          () => page.locator(".rows .row").count(),
          (count) => count === 1,
        );
        equal(found, 1);
      });
    });
  });
});

function expectNoLongTask(tasks: readonly number[], what: string): void {
  ok(tasks.length > 50, `${what}: only ${tasks.length} tasks`);
  const longest = tasks.slice(0, 5).map(Math.round);
  ok((tasks[0] ?? 0) < TASK_MS_MAX, `${what}: tasks of ${longest.join(", ")} ms`);
}

async function firstClient(page: Page): Promise<string> {
  return await page.locator(".rows .row .client").first().innerText();
}

async function withCrowd(run: (gateway: Gateway) => Promise<void>): Promise<void> {
  const daemon = await openEchoDaemon();
  const args = [
    "--upstream",
    `127.0.0.1:${daemon.port}`,
    "--max-connections-per-source",
    "2000",
    // Most only send the prefix, and shall stay.
    "--prefix-timeout-ms",
    "60000",
  ];
  try {
    await withGateway(args, async (gateway) => {
      const crowd = await openCrowd(gateway, 1000);
      try {
        await run(gateway);
      } finally {
        await crowd.leave();
      }
    });
  } finally {
    daemon.close();
  }
}

/** Scrolls through the page for some seconds, and sorts by another column each second. */
const SCROLL = `new Promise((resolve) => {
  const columns = ["client", "age", "out", "in"];
  const startedAt = performance.now();
  function step(now) {
    scrollBy(0, 300);
    if (scrollY + innerHeight >= document.documentElement.scrollHeight) scrollTo(0, 0);
    const left = 4 - (now - startedAt) / 1000;
    if (left < columns.length) {
      const column = columns.pop();
      if (column === undefined) return resolve();
      document.querySelector("[data-column=" + column + "] button").click();
    }
    requestAnimationFrame(step);
  }
  requestAnimationFrame(step);
})`;
