/** In: configured sources, or a file of them. Out: one run of each that is due, and its ledger as JSON. Called by: cli.ts. */
import { SourceFile } from '@minsheng/contracts';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { open } from '../open.ts';
import { readConfig } from '../platform/config.ts';
import { UserError } from '../platform/errors.ts';
import { passiveKinds } from '../sources/kinds.ts';
import { SourceBook } from '../sources/source-book.ts';
import { follow } from './ingest.ts';
import { answer, parsed, say, type Verb } from './verb.ts';

export const crawlVerb: Verb = {
  usage: '[--once] [--source 编号] [--source-file 文件]',
  summary: '立即采集到期的源（或指定的源），可先从文件导入采集源',
  async run(args) {
    const { values } = parsed(args, {
      once: { type: 'boolean' },
      source: { type: 'string' },
      'source-file': { type: 'string' },
    });
    const opened = await open(readConfig(), (step) => say(`· ${step}`));
    try {
      const { core } = opened;
      const book = new SourceBook(core.db, core.secrets, core.clock, core.demo);
      const file = values['source-file'];
      if (file !== undefined) {
        for (const source of readSources(file)) {
          const added = await book.add(source);
          say(`· 已添加采集源 ${added.id} ${added.name}`);
        }
      }
      const due = await core.db.all<{ id: number; name: string }>(
        values.source === undefined
          ? `SELECT id, name FROM sources WHERE paused = 0 AND demo = 0 AND kind NOT IN (${passiveKinds.map(() => '?').join(', ')}) ORDER BY id`
          : 'SELECT id, name FROM sources WHERE id = ?',
        values.source === undefined ? passiveKinds : [Number(values.source)],
      );
      if (due.length === 0)
        throw new UserError('not-found', '没有可采集的源。', {
          todo: '请先在“采集状态”页添加，或用 --source-file 导入。',
        });
      let failed = 0;
      for (const { id, name } of due) {
        say(`· 采集 ${name}`);
        const summary = await core.collector.runNow(id);
        if (summary.outcome === 'failed') failed++;
        answer({ source: name, ...summary });
      }
      await follow(core.engine);
      return failed === 0 ? 0 : 1;
    } finally {
      await opened.close();
    }
  },
};

function readSources(file: string) {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UserError('invalid-input', `采集源文件 ${file} 不存在或不是有效的 JSON，没有添加任何源。`, {
      todo: '请按 README 的样例检查文件。',
      cause,
    });
  }
  const parsedFile = SourceFile.safeParse(data);
  if (!parsedFile.success) {
    throw new UserError('invalid-input', `采集源文件 ${file} 内容有误，没有添加任何源。`, {
      todo: z.prettifyError(parsedFile.error),
    });
  }
  return parsedFile.data.sources;
}
