// A chart or its figures as a file: SVG with its colours and words inside, PNG, CSV.

import { svg } from "./svg.js";

export const CHART_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const MARGIN = 24;
const HEAD = 44;
const FOOT = 34;

export function save(name, parts, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Text that a spreadsheet would run as a formula is quoted.
const harmless = (value) => (typeof value === "string" && /^[=+@\t\r-]/.test(value) ? `'${value}` : value);

// Numbers as they are: fractions, no units, ASCII.
const cell = (value) => {
  const shown = value === null || value === undefined ? "" : String(harmless(value));
  return /[",\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
};

export const csv = ({ head, rows }) => [head, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";

// The chart with its title above and what is to be said of it below.
export function standalone(chart, title, terms) {
  const { width, height } = chart.getBoundingClientRect();
  const inner = chart.cloneNode(true);
  const colours = getComputedStyle(document.documentElement);
  const styles = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const rules = styles.filter((rule) => rule.selectorText?.startsWith(".chart")).map((rule) => rule.cssText);
  const resolved = rules.join("").replace(/var\((--[\w-]+)\)/g, (_, name) => colours.getPropertyValue(name).trim());
  const total = { width: Math.ceil(width) + 2 * MARGIN, height: Math.ceil(height) + HEAD + FOOT };
  for (const [key, value] of Object.entries({ x: MARGIN, y: HEAD, width, height })) inner.setAttribute(key, value);
  const size = { ...total, viewBox: `0 0 ${total.width} ${total.height}`, "font-family": CHART_FONT };
  const ink = colours.getPropertyValue("--ink").trim();
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", ...size },
    svg("style", {}, resolved),
    svg("rect", { width: "100%", height: "100%", fill: colours.getPropertyValue("--paper").trim() }),
    svg("text", { x: MARGIN, y: 30, fill: ink, "font-size": 16, "font-weight": 600 }, title),
    inner,
    svg("text", { x: MARGIN, y: total.height - 14, fill: ink, "font-size": 10, opacity: 0.75 }, terms),
  );
}

export const drawn = (picture) => new XMLSerializer().serializeToString(picture);

export async function png(picture) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn(picture))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.getAttribute("width") * 2;
  canvas.height = picture.getAttribute("height") * 2;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
