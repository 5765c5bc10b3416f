// What `columns.py` packed: a header of JSON and columns of numbers, exactly as they were stored.

export async function unpack(text) {
  const packed = atob(text.trim());
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const content = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(content.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(content.subarray(4, 4 + length)));
  return { header, column: columnReader(header.columns, content, 4 + length) };
}

function columnReader(kinds, content, start) {
  const places = [];
  for (const [, count, width] of kinds) {
    places.push(start);
    start += count * width;
  }
  const known = new Map();
  return (number) => {
    if (!known.has(number)) {
      const [kind, count, width, decimals] = kinds[number];
      const bytes = content.subarray(places[number], places[number] + count * width);
      known.set(number, kind === "double" ? doubles(bytes, count) : numbers(kind, bytes, count, width, decimals));
    }
    return known.get(number);
  };
}

function doubles(planes, count) {
  const bytes = new Uint8Array(count * 8);
  for (let i = 0; i < count; i++) for (let j = 0; j < 8; j++) bytes[i * 8 + j] = planes[j * count + i];
  return new Float64Array(bytes.buffer);
}

function numbers(kind, planes, count, width, decimals) {
  const whole = new Float64Array(count);
  let last = 0;
  for (let i = 0; i < count; i++) {
    let value = 0;
    for (let j = width - 1; j >= 0; j--) value = value * 256 + planes[j * count + i];
    // the sign is in the lowest bit
    last += value % 2 ? -(value + 1) / 2 : value / 2;
    whole[i] = last;
  }
  if (kind === "single") return Float64Array.from(new Float32Array(Int32Array.from(whole).buffer));
  return decimals ? whole.map((value) => value / 10 ** decimals) : whole;
}
