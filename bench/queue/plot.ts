// Draws results as SVG: one panel for each round-trip time, in it a group of bars for each loss
// rate, and in that a bar for each tunnel. The SVG is written by hand, so there is nothing to
// install.

/** One bar. */
export interface Bar {
  readonly panel: string;
  readonly group: string;
  readonly way: string;
  readonly value: number;
}

export interface PlotOptions {
  readonly title: string;
  /** Of the axis. */
  readonly unit: string;
  /** Steps of powers of ten instead of equal steps. */
  readonly isLog?: boolean;
}

/** Draws the bars. Panels, groups and ways appear in the order of their first bars. */
export function plotBars(bars: readonly Bar[], { title, unit, isLog }: PlotOptions): string {
  const [panels, ways] = [distinct(bars, "panel"), distinct(bars, "way")];
  const scale = isLog === true ? logScale(bars) : linearScale(bars);
  const legend = ways.map((way, at) =>
    `<rect x="${MARGIN + at * LEGEND_WIDTH}" y="34" width="12" height="12" fill="${
      colourOf(at)
    }"/>` +
    text({ x: MARGIN + at * LEGEND_WIDTH + 18, y: 45 }, way)
  );
  const drawn = panels.map((panel, at) => {
    const own = bars.filter((bar) => bar.panel === panel);
    return drawPanel(own, { panel, at, ways, scale });
  });
  const width = MARGIN + panels.length * (PANEL_WIDTH + GAP);
  const heading = text({ x: MARGIN, y: 20, weight: "bold" }, `${title}, ${unit}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" ` +
    `font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    heading,
    ...legend,
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

interface Scale {
  readonly ticks: readonly number[];
  /** Maps a value to 0 (bottom) to 1 (top). */
  readonly at: (value: number) => number;
}

interface PanelOptions {
  readonly panel: string;
  readonly at: number;
  readonly ways: readonly string[];
  readonly scale: Scale;
}

function drawPanel(
  bars: readonly Bar[],
  { panel, at, ways, scale }: PanelOptions,
): string {
  const left = MARGIN + at * (PANEL_WIDTH + GAP);
  const groups = distinct(bars, "group");
  const groupWidth = PANEL_WIDTH / groups.length;
  const barWidth = groupWidth * 0.8 / ways.length;
  const yOf = (value: number): number => BOTTOM - scale.at(value) * (BOTTOM - TOP);
  const lines = scale.ticks.map((tick) => {
    const y = yOf(tick).toFixed(1);
    return `<path d="M${left} ${y}h${PANEL_WIDTH}" stroke="#ddd"/>` +
      text({ x: left - 6, y: Number(y) + 4, anchor: "end" }, String(tick));
  });
  const drawn = bars.map(({ group, way, value }) => {
    const x = left + groups.indexOf(group) * groupWidth + groupWidth * 0.1 +
      ways.indexOf(way) * barWidth;
    const y = yOf(value);
    const size = `width="${(barWidth - 1).toFixed(1)}" height="${(BOTTOM - y).toFixed(1)}"`;
    const fill = colourOf(ways.indexOf(way));
    const hint = `<title>${way}: ${value.toFixed(1)}</title>`;
    return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${size} fill="${fill}">${hint}</rect>`;
  });
  const names = groups.map((group, i) =>
    text({ x: left + (i + 0.5) * groupWidth, y: BOTTOM + 16, anchor: "middle" }, group)
  );
  const foot = text({ x: left + PANEL_WIDTH / 2, y: BOTTOM + 34, anchor: "middle" }, panel);
  return [...lines, ...drawn, ...names, foot].join("\n");
}

function linearScale(bars: readonly Bar[]): Scale {
  const most = Math.max(...bars.map(({ value }) => value));
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => most / one <= 6) ?? 1000;
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: top / step + 1 }, (_, i) => i * step);
  return { ticks, at: (value) => value / top };
}

function logScale(bars: readonly Bar[]): Scale {
  const logs = bars.map(({ value }) => Math.log10(Math.max(value, 1)));
  const low = Math.floor(Math.min(...logs));
  const high = Math.ceil(Math.max(...logs));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { ticks, at: (value) => (Math.log10(Math.max(value, 1)) - low) / (high - low) };
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly weight?: "bold";
}

function text({ x, y, anchor = "start", weight }: TextPlace, words: string): string {
  const bold = weight === undefined ? "" : ` font-weight="${weight}"`;
  const escaped = words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${bold}>${escaped}</text>`;
}

function distinct(bars: readonly Bar[], member: "panel" | "group" | "way"): string[] {
  return [...new Set(bars.map((bar) => bar[member]))];
}

function colourOf(at: number): string {
  return COLOURS[at % COLOURS.length] ?? "#888";
}

/** The palette of Okabe and Ito, which colour-blind people can tell apart too. */
const COLOURS = ["#999999", "#0072b2", "#56b4e9", "#d55e00", "#e69f00"];
const MARGIN = 50;
const LEGEND_WIDTH = 155;
const PANEL_WIDTH = 340;
const GAP = 50;
const TOP = 66;
const BOTTOM = 290;
const HEIGHT = 340;
