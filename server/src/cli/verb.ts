/**
 * In: nothing. Out: what a verb is, and how verbs read their arguments and say their progress. Used by: every file of cli/.
 */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UserError } from '../platform/errors.ts';

export interface Verb {
  usage: string;
  /** zh-CN, one line. */
  summary: string;
  /** zh-CN, what `VERB --help` adds. */
  details?: string;
  /** @returns the exit code */
  run(args: readonly string[]): Promise<number>;
}

/** @throws UserError for an option nobody knows. */
export function parsed<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UserError('invalid-input', `参数有误：${cause instanceof Error ? cause.message : ''}`, {
      todo: '用 --help 查看用法。',
      cause,
    });
  }
}

/** A line for the person watching; results go to standard output, this goes to standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function required(value: string | undefined, what: string): string {
  if (value === undefined || value === '')
    throw new UserError('invalid-input', `缺少${what}。`, { todo: '用 --help 查看用法。' });
  return value;
}
