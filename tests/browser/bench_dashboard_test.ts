// The page of bench results in a real browser: from the disk, and from a local server that starts
// runs.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Dashboard, startDashboard } from "../../bench/dashboard/serve.ts";
import { parseLines } from "../../bench/dashboard/results.ts";
import type { BenchRecord } from "../../bench/lib/record.ts";
import { testProgram } from "../support/programs/bench_program.ts";
import { ROOT } from "../support/program.ts";
import {
  type DashboardPage,
  openPage,
  reasonToSkip,
  seriousFaults,
  startBrowser,
} from "../support/browser/browser.ts";

const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
const RESULTS = `${ROOT}/bench/results`;
const STATIC = pathToFileURL(`${RESULTS}/index.html`).href;

const skip = reasonToSkip();

if (skip !== undefined) test("bench dashboard", { skip }, () => {});
else describe("bench dashboard", withBrowser);

function withBrowser(): void {
  let browser: Browser | undefined;
  before(async () => {
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
  });

  async function withPage(
    url: string,
    run: (opened: DashboardPage) => Promise<void>,
    options?: BrowserContextOptions,
  ): Promise<void> {
    ok(browser !== undefined);
    const opened = await openPage(browser, url, options);
    try {
      await opened.page.locator("#sizes-body tr").first().waitFor();
      await run(opened);
      opened.expectNoErrors();
    } finally {
      await opened.close();
    }
  }

  describe("from the disk", () => fromDisk(withPage));
  describe("from its server", () => fromServer(withPage));
}

type WithPage = (
  url: string,
  run: (opened: DashboardPage) => Promise<void>,
  options?: BrowserContextOptions,
) => Promise<void>;

function fromDisk(withPage: WithPage): void {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`every suite is shown, with enough contrast when it is ${colorScheme}`, async () => {
      await withPage(STATIC, async ({ page, picture }) => {
        ok(!await page.locator("#runner").isVisible());
        equal(
          await page.evaluate('getComputedStyle(document.querySelector("main")).filter'),
          "none",
        );
        for (const suite of ["kernels", "path", "wire"]) {
          await chooseRun(page, suite);
          await page.locator("#sizes-chart canvas").waitFor();
          await page.locator("#history-chart canvas").waitFor();
          deepEqual(await unlinkedFigures(page), [], suite);
          if (suite === "path") deepEqual(await seriousFaults(page), []);
          await picture(`bench-${suite}-${colorScheme}`);
        }
        await chooseRun(page, "kernels");
        for (const section of ["stages", "history", "compare", "instructions"]) {
          await page.locator(`#h-${section}`).scrollIntoViewIfNeeded();
          await page.evaluate(`document.querySelector("#h-${section}").scrollIntoView()`);
          await picture(`bench-${section}-${colorScheme}`);
        }
      }, { colorScheme });
    });
  }

  test("kernels stand over their sizes, up to 65,000, with what the records say", async () => {
    await withPage(STATIC, async ({ page }) => {
      const run = await chooseRun(page, "kernels", "seal aes-128-gcm 65000");
      await page.locator("#what").selectOption("seal aes-128-gcm");
      const sizes = await page.locator("#sizes-body th").allInnerTexts();
      deepEqual(sizes, ["64", "256", "576", "1,400", "9,000", "65,000"]);
      const of = (subject: string): BenchRecord => recordOf(run, "seal aes-128-gcm 1400", subject);
      const [ours, rival] = [of("culvert-wasm"), of("node-crypto")];
      // node:crypto is the baseline: the record's own ratio is over it, round by round.
      equal(rival.subject, ours.baseline);
      equal(await figure(page, "1,400", "over node-crypto"), ratio(ours.ratio));
      await page.locator("#measure").selectOption("rate");
      equal(await figure(page, "1,400", "node-crypto"), rate(rival.rate));
      await page.locator("#measure").selectOption("each");
      equal(await figure(page, "1,400", "culvert-wasm"), seconds(ours.median));
    });
  });

  test("paths have their stages, and processor time", async () => {
    await withPage(STATIC, async ({ page }) => {
      const run = await chooseRun(page, "path", "tunnel/aead up 1400 1");
      match(await page.locator("#stages-when").innerText(), /this run/);
      const row = page.locator("#stages-body tr", { hasText: "tunnel up 1400 1" }).first();
      const aead = recordOf(run, "tunnel/aead up 1400 1", "culvert-wasm");
      ok((await row.innerText()).includes(seconds(aead.median)), await row.innerText());
      match(await row.locator("td.sum").innerText(), /sum of medians/);
      await page.locator("#what").selectOption("tunnel up 1");
      await page.locator("#measure").selectOption("cpu");
      const { cpuPerPacket } = recordOf(run, "tunnel up 1400 1", "culvert-wasm");
      ok(cpuPerPacket !== undefined);
      equal(await figure(page, "1,400", "culvert-wasm"), seconds(cpuPerPacket));
    });
  });

  test("the wire's sides and round trips are cases, no stages", async () => {
    await withPage(STATIC, async ({ page }) => {
      let run = await chooseRun(page, "wire", "tunnel/sender up 1400 1");
      match(await page.locator("#stages-when").innerText(), /not this one/);
      const sides = recordOf(run, "tunnel/sender up 1400 1", "culvert-wasm");
      await page.locator("#what").selectOption("tunnel/sender up 1");
      await page.locator("#measure").selectOption("each");
      equal(await figure(page, "1,400", "culvert-wasm"), seconds(sides.median));
      run = await chooseRun(page, "wire", "ping/p99 loaded 84 1");
      ok(!(await page.locator("#stages-body").innerText()).includes("ping"));
      await page.locator("#what").selectOption("ping/p99 loaded 1");
      await page.locator("#measure").selectOption("rate");
      const { median } = recordOf(run, "ping/p99 loaded 84 1", "culvert-wasm");
      equal(await figure(page, "84", "culvert-wasm"), seconds(median));
      ok(!(await page.locator("#sizes-body").innerText()).includes("pkt/s"));
    });
  });

  test("a run is compared with another, and every choice changes what is shown", async () => {
    await withPage(STATIC, async ({ page }) => {
      const run = await chooseRun(page, "kernels");
      const compared = await page.locator("#compare-body tr").count();
      const own = run.filter(({ subject }) => subject === "culvert-wasm");
      ok(compared >= own.length, `${compared} of ${own.length}`);
      for (const id of ["what", "measure", "case", "past-measure"]) {
        const before = await page.locator("#main").innerText();
        const options = page.locator(`#${id} option`);
        const last = await options.last().getAttribute("value");
        await page.locator(`#${id}`).selectOption(last);
        ok(await page.locator("#main").innerText() !== before, id);
      }
      const past = await page.locator("#history-body").innerText();
      for (const subject of ["culvert-wasm", "node-crypto", "noble"]) {
        ok(past.includes(subject), subject);
      }
    });
  });

  test("every number leads to its record and the command that made it", async () => {
    await withPage(STATIC, async ({ page, picture }) => {
      await page.locator("#sizes-body a").first().click();
      await page.locator("#record[open]").waitFor();
      const record = JSON.parse(await page.locator("#record-json").innerText()) as BenchRecord;
      const command = await page.locator("#record-command").innerText();
      if (record.command === undefined) {
        match(await page.locator("#record-made").innerText(), /guess/);
        ok(command.includes(`bench/${record.suite}/main.ts`), command);
      } else equal(command, record.command);
      await picture("bench-record");
      deepEqual(await seriousFaults(page), []);
      await page.keyboard.press("Escape");
      await page.locator("#record[open]").waitFor({ state: "detached" });
      await page.locator("#instructions-body a").first().click();
      await page.locator("#record-command", { hasText: "bench:instructions" }).waitFor();
    });
  });

  test("it can be used by keyboard alone", async () => {
    await withPage(STATIC, async ({ page }) => {
      await page.keyboard.press("Tab");
      equal(await page.evaluate("document.activeElement.className"), "skip");
      await focusByTab(page, "run");
      const before = await page.locator("#setting").innerText();
      await page.keyboard.press("ArrowDown");
      ok(await page.locator("#setting").innerText() !== before);
      await focusByTab(page, "measure");
      await page.keyboard.press("End");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      ok(await page.evaluate("document.activeElement.matches('#sizes-body a, .scroll')"));
      await page.locator("#sizes-body a").first().focus();
      await page.keyboard.press("Enter");
      await page.locator("#record[open]").waitFor();
      equal(await page.evaluate("document.activeElement.value"), "close");
      await page.keyboard.press("Enter");
      await page.locator("#record[open]").waitFor({ state: "detached" });
    });
  });

  test("a phone shows it without scrolling sideways", async () => {
    await withPage(STATIC, async ({ page, picture }) => {
      for (const suite of ["wire", "path", "kernels"]) {
        await chooseRun(page, suite);
        equal(await page.evaluate("document.documentElement.scrollWidth"), 390, suite);
      }
      await picture("bench-phone");
      await page.evaluate("document.querySelector('#h-sizes').scrollIntoView()");
      await picture("bench-phone-sizes");
      await page.evaluate("document.querySelector('#h-stages').scrollIntoView()");
      await picture("bench-phone-stages");
      deepEqual(await seriousFaults(page), []);
    }, PHONE);
  });
}

function fromServer(withPage: WithPage): void {
  async function withServer(
    run: (opened: DashboardPage, server: Dashboard) => Promise<void>,
  ): Promise<void> {
    const local = mkdtempSync(`${tmpdir()}/culvert-bench-page-`);
    const programs = (["finish", "fail", "wait"] as const).map(testProgram);
    const server = await startDashboard({ port: 0, programs, local });
    try {
      await withPage(server.url, (opened) => run(opened, server));
    } finally {
      await server.close();
      rmSync(local, { recursive: true });
    }
  }

  test("a run is started, finishes, and its records appear", async () => {
    await withServer(async ({ page, picture }) => {
      await page.locator("#program").selectOption("finish");
      match(await page.locator("#program-command").innerText(), /--behaviour finish/);
      await page.getByRole("button", { name: "Start" }).click();
      await page.locator("#run option", { hasText: "this machine's" }).waitFor({
        state: "attached",
        timeout: 30_000,
      });
      await page.locator("#progress-text", { hasText: "done, 2 of 2 cases, 2 records" }).waitFor();
      equal(await figure(page, "64", "over noble"), ratio(7.5));
      await page.locator("#sizes-body a").first().click();
      await page.locator("#record[open]").waitFor();
      const command = await page.locator("#record-command").innerText();
      match(
        command,
        /^deno run -A tests\/support\/programs\/bench_program\.ts --behaviour finish --json/,
      );
      await page.keyboard.press("Escape");
      await picture("bench-done");
    });
  });

  test("a run that fails shows what it has complained of", async () => {
    await withServer(async ({ page }) => {
      await page.locator("#program").selectOption("fail");
      await page.getByRole("button", { name: "Start" }).click();
      await page.locator("#progress-text", { hasText: "failed" }).waitFor();
      await page.locator("#complaints", { hasText: "this bench needs what is not here" }).waitFor();
    });
  });

  test("a run tells how far it is, is alone, and stops", async () => {
    await withServer(async ({ page, picture }, server) => {
      await page.locator("#program").selectOption("wait");
      await page.getByRole("button", { name: "Start" }).click();
      await page.locator("#progress-text", { hasText: "running, 1 of 2 cases" }).waitFor();
      equal((await page.request.post(`${server.url}run/finish`)).status(), 409);
      equal((await page.request.post(`${server.url}run/rm`)).status(), 404);
      await picture("bench-running");
      deepEqual(await seriousFaults(page), []);
      await page.getByRole("button", { name: "Stop" }).click();
      await page.locator("#progress-text", { hasText: "stopped" }).waitFor();
      await page.locator("#start:not(:disabled)").waitFor();
    });
  });
}

/**
 * Chooses the latest run of a suite that has a case, since a run may have only a few, and returns
 * its records from the file itself.
 */
async function chooseRun(
  page: Page,
  suite: string,
  name = "",
): Promise<readonly BenchRecord[]> {
  const options = await page.locator("#run option", { hasText: ` · ${suite} · deno` }).all();
  for (const option of options) {
    const key = await option.getAttribute("value") ?? "";
    const [at, , , , , file] = key.split("|");
    const records = parseLines(String(file), readFileSync(`${RESULTS}/${file}`, "utf8"))
      .filter((record) => record.at === at);
    if (!records.some((record) => record.case.startsWith(name))) continue;
    await page.locator("#run").selectOption(key);
    return records;
  }
  throw new Error(`No run of ${suite} has the case "${name}"`);
}

function recordOf(run: readonly BenchRecord[], name: string, subject: string): BenchRecord {
  const found = run.find((record) => record.case === name && record.subject === subject);
  ok(found !== undefined, `${name}, ${subject}`);
  return found;
}

/** The linked number of a row and a column in the table over sizes. */
async function figure(page: Page, row: string, column: string): Promise<string> {
  const titles = await page.locator("#sizes-head th").allInnerTexts();
  const at = titles.indexOf(column);
  ok(at > 0, `${column} is not among ${titles.join(", ")}`);
  const rows = page.locator("#sizes-body tr").filter({ has: page.getByText(row, { exact: true }) });
  return await rows.locator(`td:nth-child(${at + 1}) a`).innerText();
}

/** Presses Tab until the element has the focus. */
async function focusByTab(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await page.evaluate("document.activeElement.id") === id) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches #${id}`);
}

// Written here a second time: the page's own code cannot show that the page writes numbers rightly.

function ratio(value: number): string {
  return `${threeDigits(value)}×`;
}

function rate(value: number): string {
  if (value >= 1e9) return `${threeDigits(value / 1e9)} GB/s`;
  return value >= 1e6 ? `${threeDigits(value / 1e6)} MB/s` : `${threeDigits(value / 1e3)} kB/s`;
}

function seconds(value: number): string {
  if (value >= 1e-3) return `${threeDigits(value * 1e3)} ms`;
  return value >= 1e-6 ? `${threeDigits(value * 1e6)} µs` : `${threeDigits(value * 1e9)} ns`;
}

function threeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/**
 * Figures in tables and tiles that are no link. Cells of class `text` name the case, time and
 * machine of a row, and those of class `sum` say that they are sums: neither needs one.
 */
async function unlinkedFigures(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`[...document.querySelectorAll("main td, main dd.value")]
    .filter((cell) => /\\d/.test(cell.textContent) && !cell.matches(".text, .sum"))
    .filter((cell) => cell.querySelectorAll("a[href^='#']").length !== 1)
    .map((cell) => cell.textContent)`);
}
