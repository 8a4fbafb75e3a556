// `deno task test:metrics`: checks the metrics of a gateway that has had traffic, and the alert
// rules, with the tools that operators use.
//
// promtool comes with Debian's package prometheus. The strict reader of OpenMetrics is Prometheus'
// own, for Python.

import { ok } from "node:assert/strict";
import { expectEcho } from "../tests/support/echo.ts";
import { type Gateway, startGateway, stopCleanly } from "../tests/support/gateway.ts";
import { dashboardQueries, withoutVariables } from "../tests/support/monitoring.ts";
import { addPeer } from "../tests/support/peers.ts";
import { installDebian, installPython } from "./python.ts";
import { run, runWith, say } from "./run.ts";

async function main(): Promise<void> {
  await installDebian(["prometheus"], ["promtool", "--version"]);
  const programs = await installPython();
  const gateway = await startGateway();
  try {
    await makeTraffic(gateway);
    const text = await page(gateway, "text/plain");
    await runWith(["promtool", "check", "metrics"], text);
    const open = await page(gateway, "application/openmetrics-text");
    await runWith([`${programs}/python`, "-c", READ_OPENMETRICS], open);
  } finally {
    await stopCleanly(gateway);
  }
  await run(["promtool", "check", "rules", "docs/operate/alerts.yml"]);
  await checkDashboard();
  await run(["promtool", "test", "rules", "tests/api/alerts_test.yml"]);
  say("metrics and rules: ok");
}

/**
 * Checks the expressions of the dashboard. They are written as recording rules, because promtool
 * reads those.
 */
async function checkDashboard(): Promise<void> {
  const rules = dashboardQueries().map(({ expr }, at) => {
    return { record: `culvert:panel:${at}`, expr: withoutVariables(expr) };
  });
  const folder = await Deno.makeTempDir();
  try {
    // JSON is valid YAML.
    await Deno.writeTextFile(
      `${folder}/dashboard.yml`,
      JSON.stringify({ groups: [{ name: "dashboard", rules }] }),
    );
    await run(["promtool", "check", "rules", `${folder}/dashboard.yml`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Fills counters and a histogram, because a page of zeros would prove little. */
async function makeTraffic(gateway: Gateway): Promise<void> {
  const peer = await addPeer(gateway.api);
  const connection = await gateway.connect();
  for (let i = 0; i < 20; i++) await expectEcho(connection, peer);
}

async function page({ api }: Gateway, accept: string): Promise<string> {
  const { status, headers, text } = await api.request("GET", "/metrics", { headers: { accept } });
  ok(status === 200 && String(headers["content-type"]).startsWith(accept), `Not ${accept}`);
  ok(text.includes("culvert_send_queue_octets_count"), "No histogram");
  return text;
}

const READ_OPENMETRICS = `
import sys
from prometheus_client.openmetrics.parser import text_fd_to_metric_families
families = list(text_fd_to_metric_families(sys.stdin))
print(f"OpenMetrics: {len(families)} families, {sum(len(f.samples) for f in families)} samples")
`;

await main();
