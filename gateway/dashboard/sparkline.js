// A line of the last rates, as high as a line of text. Its scale is its own: it shows shape, the number beside it shows size. SVG and not a
// canvas: it takes colour, size and the screen's pixels from the style sheet, and a table full of lines needs no layer for each.

/** Points of a line. */
const POINTS = 40;

/** Below this a line stays flat: a keepalive is no traffic. Octets a second. */
const FLOOR = 100;

const NAMESPACE = "http://www.w3.org/2000/svg";

/** @returns {SVGSVGElement} An empty line */
export function createSparkline() {
  const line = document.createElementNS(NAMESPACE, "svg");
  line.setAttribute("class", "sparkline");
  line.setAttribute("viewBox", `0 0 ${POINTS - 1} 1`);
  line.setAttribute("preserveAspectRatio", "none");
  line.setAttribute("aria-hidden", "true");
  line.append(document.createElementNS(NAMESPACE, "polyline"));
  return line;
}

/**
 * Draws the last values, the newest at the right.
 *
 * @param {Element | null} line
 * @param {readonly number[]} values
 */
export function drawSparkline(line, values) {
  line?.firstElementChild?.setAttribute("points", pointsOf(values.slice(-POINTS)));
}

/**
 * Corners of a line in a box as wide as its steps, and 1 high.
 *
 * @param {readonly number[]} values
 * @returns {string} Empty if they are too few for a line
 */
export function pointsOf(values) {
  if (values.length < 2) return "";
  const top = Math.max(...values, FLOOR);
  const left = POINTS - values.length;
  return values.map((value, i) => `${left + i},${(1 - value / top).toFixed(2)}`).join(" ");
}
