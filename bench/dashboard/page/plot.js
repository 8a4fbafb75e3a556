// A line chart with whiskers from the 10th to the 90th percentile, drawn by uPlot. The scale is
// logarithmic, because ratios and rates span decades.

// @ts-types="npm:uplot"
import uPlot from "../../../gateway/dashboard/uplot.js";
import { colorOf } from "../../../gateway/dashboard/theme_switch.js";
import { heightsOf, isRoomy, sizeEnds, sizeTicks, splitsBetween } from "./scale.js";

/**
 * @typedef {import("./records.js").Figure} Figure
 * @typedef {{
 *   readonly label: string,
 *   readonly color: string,
 *   readonly isDashed: boolean,
 *   readonly figures: readonly (Figure | null)[],
 * }} Line
 * @typedef {object} Picture
 * @property {readonly number[]} xs
 * @property {boolean} isSizes Whether `xs` are octets, on a logarithmic scale, or count runs
 * @property {readonly Line[]} lines A figure for each of `xs`
 * @property {(x: number) => string} xText
 * @property {(y: number) => string} yText
 */

const FONT = '11px Inter, system-ui, "Segoe UI", Roboto, sans-serif';

/**
 * Makes a chart that fills its element.
 *
 * @param {HTMLElement} root
 * @returns {{ show(picture: Picture): void, recolor(): void }}
 */
export function createPlot(root) {
  /** @type {Picture | undefined} */
  let shown;
  /** @type {uPlot | undefined} */
  let plot;

  function draw() {
    plot?.destroy();
    plot = undefined;
    if (shown === undefined || root.clientWidth === 0) return;
    if (!shown.lines.some(({ figures }) => figures.some((figure) => figure !== null))) return;
    plot = new uPlot(options(shown, root), dataOf(shown), root);
  }

  new ResizeObserver(() => {
    plot?.setSize({ width: root.clientWidth, height: root.clientHeight });
  }).observe(root);
  return {
    show(picture) {
      shown = picture;
      draw();
    },
    recolor: draw,
  };
}

/**
 * @param {Picture} picture
 * @returns {uPlot.AlignedData}
 */
function dataOf({ xs, lines }) {
  return [[...xs], ...lines.map(({ figures }) => figures.map((figure) => figure?.value ?? null))];
}

/**
 * @param {Picture} picture
 * @param {HTMLElement} root
 * @returns {uPlot.Options}
 */
function options(picture, root) {
  const { xs, isSizes, lines, xText, yText } = picture;
  const grid = { stroke: colorOf("--line"), width: 1 };
  const axis = { stroke: colorOf("--muted"), font: FONT, grid, ticks: { show: false } };
  const all = (/** @type {uPlot} */ _plot, /** @type {number[]} */ splits) => splits;
  const [low, high] = heightsOf(lines.flatMap(({ figures }) => figures));
  return {
    width: root.clientWidth,
    height: root.clientHeight,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { time: false, distr: isSizes ? 3 : 1, range: () => widthsOf(picture) },
      y: { distr: 3, range: () => [low / 1.15, high * 1.15] },
    },
    axes: [
      {
        ...axis,
        size: 22,
        splits: () => isSizes ? sizeTicks(xs) : [...xs],
        filter: all,
        values: (plot, at) => {
          const places = at.map((x) => plot.valToPos(x, "x"));
          return at.map((x, index) => isRoomy(places, index) ? xText(x) : "");
        },
      },
      {
        ...axis,
        size: 76,
        splits: () => splitsBetween(low, high),
        filter: all,
        values: (_plot, at) => at.map(yText),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, color, isDashed }) => ({
        label,
        stroke: colorOf(color),
        width: 1.5,
        dash: isDashed ? [6, 4] : [],
        // A line goes on across a run that did not measure this subject.
        spanGaps: true,
        points: { show: true, size: 6, fill: colorOf(color) },
      })),
    ],
    hooks: { draw: [(plot) => drawWhiskers(plot, picture)] },
  };
}

/**
 * @param {uPlot} plot
 * @param {Picture} picture
 */
function drawWhiskers(plot, { xs, lines }) {
  const { ctx } = plot;
  const inPixels = true;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.globalAlpha = 0.55;
  for (const [at, { color, figures }] of lines.entries()) {
    ctx.strokeStyle = colorOf(color);
    // Whiskers are shifted sideways: at one size all lines would have them at the same place.
    const shift = (at - (lines.length - 1) / 2) * 3 * devicePixelRatio;
    for (const [index, figure] of figures.entries()) {
      const x = xs[index];
      if (figure === null || x === undefined) continue;
      const left = plot.valToPos(x, "x", inPixels) + shift;
      ctx.beginPath();
      ctx.moveTo(left, plot.valToPos(figure.low, "y", inPixels));
      ctx.lineTo(left, plot.valToPos(figure.high, "y", inPixels));
      ctx.stroke();
    }
  }
  ctx.restore();
}

/**
 * @param {Picture} picture
 * @returns {[number, number]}
 */
function widthsOf({ xs, isSizes }) {
  return isSizes ? sizeEnds(xs) : [(xs[0] ?? 0) - 0.5, (xs.at(-1) ?? 0) + 0.5];
}
