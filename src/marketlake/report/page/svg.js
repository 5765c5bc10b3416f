// Elements, and nothing that a text could break out of.

const SVG = "http://www.w3.org/2000/svg";

export function html(name, traits = {}, ...children) {
  return dress(document.createElement(name), traits, children);
}

export function svg(name, traits = {}, ...children) {
  return dress(document.createElementNS(SVG, name), traits, children);
}

function dress(element, traits, children) {
  for (const [key, value] of Object.entries(traits)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const round = (value) => Math.round(value * 100) / 100;

export function path(points, x, y) {
  let text = "";
  let pen = "M";
  for (const point of points) {
    if (point.value === null || Number.isNaN(point.value)) pen = "M";
    else {
      text += `${pen}${round(x(point.day))} ${round(y(point.value))}`;
      pen = "L";
    }
  }
  return text;
}
