/**
 * In: a contract's schema and what was filled in. Out: one sentence per field that needs mending, or null. Called by: forms.
 */
import type { Route } from '@minsheng/contracts';

type Schema = NonNullable<Route['body']>;

/** A schema's own Chinese sentence is kept; a generic one is replaced by the form's hint. */
export function problemsOf(
  schema: Schema,
  value: unknown,
  hints: Record<string, string> = {},
): Record<string, string> | null {
  const checked = schema.safeParse(value);
  if (checked.success) return null;
  const problems: Record<string, string> = {};
  for (const issue of checked.error.issues) {
    const field = String(issue.path[0] ?? '');
    problems[field] ??= /\p{Script=Han}/u.test(issue.message) ? issue.message : (hints[field] ?? '请检查这一项');
  }
  return problems;
}
