/**
 * In: a few numbers and a box. Out: the paths of a small line chart. Called by: SparkLine.
 */
export interface Spark {
  line: string;
  area: string;
  /** To the hour that is still under way, of which the end is not known. */
  tail: string;
  last: { x: number; y: number } | null;
}

/** Hours end now, unless nothing has been said for a day: then they end with what was said last. */
export function endsNow(lastSeenAt: string): boolean {
  return Date.now() - Date.parse(lastSeenAt) <= 86_400_000;
}

/**
 * The base line is zero, so that the height of two sparks in one column means the same shape, not the same scale.
 * @param underWay the last value still grows: a line down to it would say that it had become quiet.
 */
export function sparkPath(values: readonly number[], width: number, height: number, underWay = false): Spark {
  if (values.length < 2) return { line: '', area: '', tail: '', last: null };
  const top = Math.max(1, ...values);
  const pad = 2;
  const step = (width - 2 * pad) / (values.length - 1);
  const round = (n: number): number => Math.round(n * 10) / 10;
  const points = values.map((v, i) => ({
    x: round(pad + i * step),
    y: round(height - pad - (v / top) * (height - 2 * pad)),
  }));
  const whole = underWay ? points.slice(0, -1) : points;
  const path = (through: typeof points): string =>
    through.map((p, i) => `${i === 0 ? 'M' : 'L'}${p.x} ${p.y}`).join('');
  const last = whole.at(-1) ?? null;
  const line = path(whole);
  const area = `${line}L${last?.x ?? pad} ${height}L${pad} ${height}Z`;
  return { line, area, tail: underWay ? path(points.slice(-2)) : '', last };
}
