/**
 * In: a table of a chart. Out: CSV that opens rightly in Excel and WPS. Called by: ChartFrame.
 */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

/** A text that a spreadsheet would run as a formula is quoted with an apostrophe, as OWASP's CSV-injection page advises. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** With a byte-order mark, because Excel takes a file without one for GBK. */
export function toCsv(table: Table): string {
  return `\uFEFF${[table.columns, ...table.rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
