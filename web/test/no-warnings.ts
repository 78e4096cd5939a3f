/**
 * In: what Vue says on the console. Out: a failed test. Called by: vitest, before every test file of the web.
 * A component that is not imported, or a prop of the wrong kind, is nothing but a line there, and a hole in the page.
 */
import { afterEach, expect } from 'vitest';

const warn = console.warn.bind(console);
let warnings: string[] = [];
console.warn = (...parts: unknown[]) => {
  if (String(parts[0]).startsWith('[Vue')) warnings.push(parts.filter((p) => typeof p === 'string').join(''));
  else warn(...parts);
};
afterEach(() => {
  const told = warnings;
  warnings = [];
  expect(told).toEqual([]);
});
