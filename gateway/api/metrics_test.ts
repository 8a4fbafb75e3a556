import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createTestApi } from "../../tests/support/test_api.ts";
import { METRICS } from "./metrics.ts";

async function page(): Promise<string> {
  const response = await createTestApi().app.request("/metrics");
  equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return await response.text();
}

test("/metrics has the names of the contract", async () => {
  deepEqual(METRICS.map((metric) => metric.name), [
    "culvert_connections",
    "culvert_accepts_total",
    "culvert_frames_total",
    "culvert_octets_total",
    "culvert_drops_total",
    "culvert_closes_total",
    "culvert_sas",
    "culvert_esp_packets_total",
    "culvert_ecn_marks_total",
    "culvert_send_queue_octets",
    "culvert_ike_delay_seconds",
    "culvert_ike_sas",
    "culvert_child_sas",
    "culvert_leases",
    "culvert_ike_failures_total",
    "culvert_ike_handshake_seconds",
    "culvert_rekeys_total",
    "culvert_lane_busy_ratio",
    "culvert_events_lost_total",
    "culvert_log_lines_dropped_total",
    "culvert_upstream_up",
    "culvert_ready",
    "culvert_build_info",
  ]);
  const text = await page();
  for (const { name, type } of METRICS) {
    const written = type === "info" ? "gauge" : type;
    equal(text.split(`# TYPE ${name} ${written}\n`).length, 2, name);
    equal(text.split(`# HELP ${name} `).length, 2, name);
  }
});

test("/metrics writes values with their labels", async () => {
  const lines = (await page()).split("\n");
  for (
    const line of [
      'culvert_connections{state="enabled"} 2',
      'culvert_accepts_total{result="refused_total"} 1',
      'culvert_frames_total{direction="inbound",kind="ike"} 4',
      'culvert_octets_total{direction="outbound",kind="esp"} 900',
      'culvert_drops_total{reason="unknown_spi"} 2',
      'culvert_closes_total{reason="peer_closed"} 1',
      'culvert_sas{direction="outbound"} 1',
      'culvert_esp_packets_total{direction="inbound"} 12',
      "culvert_ecn_marks_total 7",
      'culvert_ike_sas{state="half_open"} 2',
      'culvert_ike_failures_total{reason="secret"} 2',
      'culvert_ike_handshake_seconds_bucket{le="0.1"} 6',
      'culvert_rekeys_total{what="child",side="peer"} 3',
      'culvert_lane_busy_ratio{lane="0"} 0.25',
      "culvert_events_lost_total 3",
      "culvert_log_lines_dropped_total 2",
      'culvert_build_info{version="1.2.3",runtime="fake 1",engine="wasm \\"relaxed\\""} 1',
    ]
  ) ok(lines.includes(line), line);
});

test("/metrics writes histograms with cumulative buckets", async () => {
  const text = await page();
  const lines = text.split("\n").filter((line) => line.startsWith("culvert_send_queue_octets"));
  deepEqual(lines, [
    'culvert_send_queue_octets_bucket{le="1000"} 5',
    'culvert_send_queue_octets_bucket{le="10000"} 7',
    'culvert_send_queue_octets_bucket{le="+Inf"} 8',
    "culvert_send_queue_octets_sum 23456",
    "culvert_send_queue_octets_count 8",
  ]);
});

test("/metrics is lines of the text format and nothing else", async () => {
  const text = await page();
  ok(text.endsWith("\n"));
  const sample =
    /^[a-z_]+(\{[a-z_]+="([^"\\\n]|\\.)*"(,[a-z_]+="([^"\\\n]|\\.)*")*\})? [0-9.e+-]+$/;
  for (const line of text.slice(0, -1).split("\n")) {
    if (!line.startsWith("# ")) match(line, sample);
  }
});

test("/metrics is OpenMetrics for those who ask for it", async () => {
  const { app } = createTestApi();
  // The Accept header of Prometheus 2.
  const accept =
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  const response = await app.request("/metrics", { headers: { accept } });
  equal(
    response.headers.get("content-type"),
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  const text = await response.text();
  ok(text.endsWith("\n# EOF\n"));
  const lines = text.split("\n");
  for (
    const line of [
      "# TYPE culvert_drops counter",
      'culvert_drops_total{reason="unknown_spi"} 2',
      "# TYPE culvert_build info",
      'culvert_send_queue_octets_bucket{le="1000.0"} 5',
      'culvert_send_queue_octets_bucket{le="+Inf"} 8',
    ]
  ) ok(lines.includes(line), line);
  for (
    const other of ["*/*", "text/html", "text/plain;q=0.9,application/openmetrics-text;q=0.1"]
  ) {
    const plain = await app.request("/metrics", { headers: { accept: other } });
    match(plain.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/, other);
  }
});
