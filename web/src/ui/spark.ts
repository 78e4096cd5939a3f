/**
 * In: a few numbers and a box. Out: the paths of a small line chart. Called by: SparkLine.
 */
export interface Spark {
  line: string;
  area: string;
  last: { x: number; y: number } | null;
}

/** The base line is zero, so that the height of two sparks in one column means the same shape, not the same scale. */
export function sparkPath(values: readonly number[], width: number, height: number): Spark {
  if (values.length < 2) return { line: '', area: '', last: null };
  const top = Math.max(1, ...values);
  const pad = 2;
  const step = (width - 2 * pad) / (values.length - 1);
  const round = (n: number): number => Math.round(n * 10) / 10;
  const points = values.map((v, i) => ({
    x: round(pad + i * step),
    y: round(height - pad - (v / top) * (height - 2 * pad)),
  }));
  const line = points.map((p, i) => `${i === 0 ? 'M' : 'L'}${p.x} ${p.y}`).join('');
  const area = `${line}L${round(width - pad)} ${height}L${pad} ${height}Z`;
  return { line, area, last: points.at(-1) ?? null };
}
