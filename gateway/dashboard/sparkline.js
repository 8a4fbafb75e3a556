// A line of the last rates, as high as a line of text. Its scale is its own: it shows shape, the number beside it shows size.

/** Points of a line. */
const POINTS = 40;

/** Below this a line stays flat: a keepalive is no traffic. Octets a second. */
const FLOOR = 100;

/**
 * Draws the last values, the newest at the right.
 *
 * @param {HTMLCanvasElement} canvas Its CSS size is its size
 * @param {readonly number[]} values
 * @param {string} color
 */
export function drawSparkline(canvas, values, color) {
  const ratio = devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.clearRect(0, 0, width, height);
  const shown = values.slice(-POINTS);
  if (shown.length < 2) return;
  trace(context, shown, { width, height, inset: ratio });
  context.lineWidth = 1.25 * ratio;
  context.lineJoin = "round";
  context.strokeStyle = color;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly number[]} values
 * @param {{ readonly width: number, readonly height: number, readonly inset: number }} box
 */
function trace(context, values, { width, height, inset }) {
  const top = Math.max(...values, FLOOR);
  const step = (width - 2 * inset) / (POINTS - 1);
  const left = width - inset - step * (values.length - 1);
  context.beginPath();
  for (const [i, value] of values.entries()) {
    context.lineTo(left + i * step, height - inset - (value / top) * (height - 2 * inset));
  }
}
