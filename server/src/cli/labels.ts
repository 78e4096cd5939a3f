/** In: an office's own labels and models. Out: labels as NDJSON for `train`; which model is used. Called by: cli.ts. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { LabelTask } from '@minsheng/contracts';
import { ModelStore } from '../labels/model-store.ts';
import { OwnLabels } from '../labels/own-labels.ts';
import { open } from '../open.ts';
import { readConfig } from '../platform/config.ts';
import { UserError } from '../platform/errors.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

function taskOf(name: string | undefined): LabelTask {
  const task = LabelTask.safeParse(name);
  if (!task.success) {
    throw new UserError('invalid-input', `没有“${name ?? ''}”这项任务。`, {
      todo: `可用：${LabelTask.options.join('、')}。`,
    });
  }
  return task.data;
}

export const labelsVerb: Verb = {
  usage: 'export 任务 --out F | count',
  summary: '导出工作人员的改判与决定，作为训练标注',
  async run(args) {
    const { positionals, values } = parsed(args, { out: { type: 'string' } });
    const { core, close } = await open(readConfig(), (step) => say(`· ${step}`));
    try {
      const own = new OwnLabels(core.db);
      if (positionals[0] === 'count') {
        const counts: Record<string, number> = {};
        for (const task of LabelTask.options) counts[task] = await own.count(task);
        answer(counts);
        return 0;
      }
      if (positionals[0] !== 'export') {
        throw new UserError('invalid-input', `没有“${positionals[0] ?? ''}”这项操作。`, {
          todo: '可用：export、count。',
        });
      }
      const task = taskOf(positionals[1]);
      const file = required(values.out, '参数 --out（导出文件）');
      const rows = await own.of(task);
      const out = createWriteStream(file, { mode: 0o600 });
      for (const row of rows) out.write(`${JSON.stringify(row)}\n`);
      out.end();
      await once(out, 'finish');
      const labels: Record<string, number> = {};
      for (const { label } of rows) labels[label] = (labels[label] ?? 0) + 1;
      say('· 导出文件含公众原文（已脱敏）：用后请删除，保存期限以本单位设置为准。');
      answer({ task, file, rows: rows.length, labels });
      return 0;
    } finally {
      await close();
    }
  },
};

export const modelsVerb: Verb = {
  usage: 'list | use 任务 版本',
  summary: '查看与切换模型；版本 shipped 为随附模型',
  run(args) {
    const { positionals } = parsed(args, {});
    const store = new ModelStore(readConfig().dataDir);
    if (positionals[0] === 'use') {
      store.use(taskOf(positionals[1]), required(positionals[2], '版本'));
      say('· 已切换。正在运行的服务要在“系统 · 运行状态”中切换，或重新启动后生效；已入库的内容保留原来的判断。');
    } else if (positionals[0] !== 'list') {
      throw new UserError('invalid-input', `没有“${positionals[0] ?? ''}”这项操作。`, { todo: '可用：list、use。' });
    }
    answer(Object.fromEntries(LabelTask.options.map((task) => [task, store.versions(task)])));
    return Promise.resolve(0);
  },
};
