// Figures as the command line prints them, to the same digit.

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

// Half of the last digit goes to the even one, as in Python.
export function fixed(value, places) {
  const size = Math.abs(value);
  const twice = size * 2 ** (places + 1);
  let text = size.toFixed(places);
  if (Number.isInteger(twice) && twice % 2 === 1) {
    const down = (Math.floor(size * 10 ** places) / 10 ** places).toFixed(places);
    text = Number(down.at(-1)) % 2 ? text : down;
  }
  const [whole, part] = text.split(".");
  return grouped(whole) + (part ? `.${part}` : "");
}

const negative = (value) => value < 0 || Object.is(value, -0);

export const signed = (value, places) => (negative(value) ? "-" : "+") + fixed(value, places);
export const percent = (value) => (value === null || value === undefined ? "" : `${signed(value * 100, 2)} %`);
export const unsigned = (value) => percent(value).replace("+", "");
export const points = (value) => (value === null ? "" : `${signed(value * 100, 2)} points`);
export const ratio = (value) => (value === null || value === undefined ? "-" : (negative(value) ? "-" : "") + fixed(value, 2));
export const whole = (value) => (negative(value) ? "\u2212" : "") + fixed(value, 0);
export const brief = (value) => (value > 0 ? "+" : value < 0 ? "\u2212" : "") + fixed(value, 0);
export const flags = (quality) => (quality ? quality.split(",").join(", ") : "no flags");
