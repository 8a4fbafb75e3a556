// A chart of octets per second in and out over time, drawn by uPlot.

// @ts-types="npm:uplot"
import uPlot from "./uplot.js";
import { bitRateText } from "./format.js";
import { colorOf } from "./theme_switch.js";

/** @typedef {import("./history.js").Series} Series */

/**
 * Shortest span of the time axis, s. On a page just opened the line then grows instead of
 * shrinking.
 */
const SPAN_MIN = 120;

/** Lowest top of the scale, octets per second. */
const TOP_MIN = 125;

const FONT = '11px Inter, system-ui, "Segoe UI", Roboto, sans-serif';

/**
 * Makes a chart that fills its element.
 *
 * @param {HTMLElement} root
 * @returns {{ update(series: Series): void, recolor(): void }}
 */
export function createChart(root) {
  /** @type {Series} */
  let shown = { at: [], in: [], out: [] };
  let plot = open();

  /** @returns {uPlot} */
  function open() {
    return new uPlot(options(root.clientWidth, root.clientHeight), dataOf(shown), root);
  }

  function draw() {
    if (root.clientWidth === 0) return;
    if (plot.width !== root.clientWidth || plot.height !== root.clientHeight) {
      plot.setSize({ width: root.clientWidth, height: root.clientHeight });
    }
    plot.setData(dataOf(shown));
  }

  new ResizeObserver(draw).observe(root);
  return {
    update(series) {
      shown = series;
      draw();
    },
    recolor() {
      plot.destroy();
      plot = open();
    },
  };
}

/**
 * @param {Series} series
 * @returns {uPlot.AlignedData}
 */
function dataOf(series) {
  return [series.at, series.in, series.out];
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {uPlot.Options}
 */
function options(width, height) {
  const grid = { stroke: colorOf("--line"), width: 1 };
  const axis = { stroke: colorOf("--muted"), font: FONT, grid, ticks: { show: false } };
  return {
    width,
    height,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { range: (_plot, _low, high) => timeRange(high) },
      y: { range: (_plot, _low, high) => [0, Math.max(high, TOP_MIN) * 1.1] },
    },
    axes: [
      { ...axis, size: 22, space: 80, values: (_plot, times) => times.map(timeText) },
      { ...axis, size: 76, space: 36, values: (_plot, rates) => rates.map(bitRateText) },
    ],
    // "In" has a filled area. Otherwise its line could not be seen where both are equal.
    series: [{}, { ...line("In", "--in"), fill: colorOf("--in-area") }, line("Out", "--out")],
    plugins: [tooltip()],
  };
}

/**
 * @param {number | null} last s
 * @returns {[number, number]}
 */
function timeRange(last) {
  const end = last ?? Date.now() / 1000;
  return [end - SPAN_MIN, end];
}

/**
 * @param {string} label
 * @param {string} color
 * @returns {uPlot.Series}
 */
function line(label, color) {
  return { label, stroke: colorOf(color), width: 1.5, points: { show: false } };
}

/**
 * @param {number} at Unix s
 * @returns {string}
 */
function timeText(at) {
  return new Date(at * 1000).toTimeString().slice(0, 8);
}

/**
 * Shows the values under the cursor.
 *
 * @returns {uPlot.Plugin}
 */
function tooltip() {
  const label = document.createElement("div");
  label.className = "tooltip";
  return {
    hooks: {
      init: (plot) => void plot.over.append(label),
      setCursor: (plot) => showTooltip(plot, label),
    },
  };
}

/**
 * @param {uPlot} plot
 * @param {HTMLElement} label
 */
function showTooltip(plot, label) {
  const { idx, left = -1 } = plot.cursor;
  const [times, inbound, outbound] = plot.data;
  const at = typeof idx === "number" ? times[idx] : undefined;
  label.hidden = at === undefined || left < 0;
  if (at === undefined || typeof idx !== "number") return;
  const [rateIn, rateOut] = [inbound?.[idx] ?? 0, outbound?.[idx] ?? 0];
  label.textContent = `${timeText(at)}\nin ${bitRateText(rateIn)}\nout ${bitRateText(rateOut)}`;
  const isRight = left > plot.over.clientWidth / 2;
  label.style.transform = `translateX(${isRight ? left - label.offsetWidth - 12 : left + 12}px)`;
}
