// A line of the latest rates, as high as a line of text. Each has its own scale: it shows the
// shape, and the number beside it shows the size. It is SVG and not a canvas, because SVG takes
// colour, size and resolution from the style sheet and the screen, and a table full of lines needs
// no layer for each.

/** Most points of a line. */
const POINTS = 40;

/**
 * Lowest top of the scale, octets per second. It keeps a line flat that carries only keepalives.
 */
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
 * The corners of a line, in a box 1 high and as wide as the line has steps.
 *
 * @param {readonly number[]} values
 * @returns {string} Empty if there are too few values for a line
 */
export function pointsOf(values) {
  if (values.length < 2) return "";
  const top = Math.max(...values, FLOOR);
  const left = POINTS - values.length;
  return values.map((value, i) => `${left + i},${(1 - value / top).toFixed(2)}`).join(" ");
}
