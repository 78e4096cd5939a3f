/**
 * In: text. Out: its bytes in GBK or GB 18030, which Node only reads. Called by: faces that play sites with old encodings.
 */

let table: Map<string, number> | undefined;

/** Every two-byte code, read back once. */
function codes(): Map<string, number> {
  if (table !== undefined) return table;
  table = new Map();
  const decoder = new TextDecoder('gb18030');
  for (let high = 0x81; high <= 0xfe; high++)
    for (let low = 0x40; low <= 0xfe; low++) {
      const char = decoder.decode(Uint8Array.of(high, low));
      if (low !== 0x7f && char.length === 1 && char !== '\ufffd' && !table.has(char))
        table.set(char, (high << 8) | low);
    }
  return table;
}

/** Characters that GBK lacks become numeric entities, as old editors write them. */
export function gbk(text: string): Buffer {
  return encode(text, (point) => Buffer.from(`&#${point};`));
}

/** Characters beyond the basic plane take four bytes; what else GBK lacks becomes an entity. */
export function gb18030(text: string): Buffer {
  return encode(text, (point) => {
    if (point < 0x10000) return Buffer.from(`&#${point};`);
    const place = point - 0x10000 + 189_000;
    return Buffer.of(
      0x81 + Math.floor(place / 12_600),
      0x30 + (Math.floor(place / 1260) % 10),
      0x81 + (Math.floor(place / 10) % 126),
      0x30 + (place % 10),
    );
  });
}

function encode(text: string, lacking: (point: number) => Buffer): Buffer {
  const known = codes();
  const bytes: number[] = [];
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    const code = known.get(char);
    if (point < 0x80) bytes.push(point);
    else if (code === undefined) bytes.push(...lacking(point));
    else bytes.push(code >> 8, code & 255);
  }
  return Buffer.from(bytes);
}
