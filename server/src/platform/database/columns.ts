/**
 * In: nothing. Out: column options that mean the same on SQLite and PostgreSQL. Used by: entity files.
 */
import type { ColumnOptions, PrimaryColumnOptions, ValueTransformer } from 'typeorm';

/** PostgreSQL answers bigint as a string; all ours fit in 2^53. */
const wholeNumber: ValueTransformer = {
  to: (v: number | null | undefined) => v,
  from: (v: string | number | null) => (v === null ? null : Number(v)),
};

const asJson: ValueTransformer = {
  to: (v: unknown) => (v === null || v === undefined ? v : JSON.stringify(v)),
  from: (v: unknown) => (typeof v === 'string' ? (JSON.parse(v) as unknown) : v),
};

/** A whole number up to 2^53: ids, counters. */
export function whole(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'bigint', transformer: wholeNumber, ...options };
}

/** A whole number as primary key that we choose ourselves. */
export function wholeKey(name?: string): PrimaryColumnOptions {
  return { type: 'bigint', transformer: wholeNumber, ...(name === undefined ? {} : { name }) };
}

/** A moment, as milliseconds since 1970-01-01T00:00Z. */
export function moment(options: ColumnOptions = {}): ColumnOptions {
  return whole(options);
}

/** Any JSON value, kept as text so that both dialects store the same bytes. */
export function json(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'text', transformer: asJson, ...options };
}
