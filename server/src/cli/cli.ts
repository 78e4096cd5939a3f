/**
 * In: a verb and its arguments. Out: the verb's work, and an exit code. Called by: main.ts.
 */
import '../platform/chinese.ts';
import { fileError, storageError, UserError } from '../platform/errors.ts';
import { backupVerb, moveVerb, restoreVerb } from './archive.ts';
import { benchVerb } from './bench.ts';
import { crawlVerb } from './crawl.ts';
import { evalVerb, trainVerb } from './evaluate.ts';
import { ingestVerb } from './ingest.ts';
import { labelsVerb, modelsVerb } from './labels.ts';
import { migrateVerb, reindexVerb } from './operations.ts';
import { replayVerb } from './replay.ts';
import { serveVerb } from './serve.ts';
import { userVerb } from './user.ts';
import type { Verb } from './verb.ts';

const verbs: Record<string, Verb> = {
  serve: serveVerb,
  crawl: crawlVerb,
  ingest: ingestVerb,
  replay: replayVerb,
  reindex: reindexVerb,
  migrate: migrateVerb,
  backup: backupVerb,
  restore: restoreVerb,
  move: moveVerb,
  user: userVerb,
  eval: evalVerb,
  train: trainVerb,
  labels: labelsVerb,
  models: modelsVerb,
  bench: benchVerb,
};

/** @returns the process's exit code: 0 done, 1 failed with a sentence, 2 called wrongly. */
export async function run(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  const verb = verbs[name];
  if (verb === undefined && name !== 'help' && name !== '--help') {
    process.stderr.write(`没有“${name}”这个命令，没有做任何事。可用的命令如下。\n\n${help()}`);
    return 2;
  }
  const asked = verb === undefined ? verbs[rest[0] ?? ''] : rest.includes('--help') ? verb : undefined;
  if (verb === undefined || asked !== undefined) {
    process.stdout.write(asked?.details === undefined ? help() : `${asked.summary}\n\n${asked.details}\n`);
    return 0;
  }
  try {
    return await verb.run(rest);
  } catch (error) {
    const told = error instanceof UserError ? error : (storageError(error) ?? fileError(error));
    if (told === null) {
      process.stderr.write(
        `程序出错：${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n此前已提交的数据完整保留。请把以上内容告诉系统维护方。\n`,
      );
    } else {
      process.stderr.write(`${[told.message, told.kept, told.todo].filter(Boolean).join('\n')}\n`);
    }
    return 1;
  }
}

function help(): string {
  const lines = Object.entries(verbs).map(([name, verb]) => `  ${`${name} ${verb.usage}`.padEnd(44)} ${verb.summary}`);
  return `民声 命令行\n\n${lines.join('\n')}\n\nreplay 的故障种类用 help replay 查看。配置用环境变量：PORT HOST DATA_DIR DATABASE_URL ELASTICSEARCH_URL DEMO LOG_LEVEL，含义见 README。\n`;
}
