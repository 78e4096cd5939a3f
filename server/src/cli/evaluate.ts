/** In: labelled NDJSON. Out: figures of the shipped pipeline, or a retrained model; the last line is one JSON object. Called by: cli.ts. */
import { createEnricher } from '../enrich/enricher.ts';
import { runEval } from '../enrich/evaluate.ts';
import { runTrain } from '../enrich/train.ts';
import { UserError } from '../platform/errors.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

const TASKS = ['sentiment', 'rumor', 'routing'] as const;
type Task = (typeof TASKS)[number];

function taskOf(name: string | undefined): Task | 'match' {
  const task = name === 'match' ? name : TASKS.find((t) => t === name);
  if (task === undefined)
    throw new UserError('invalid-input', `没有“${name ?? ''}”这项任务。`, {
      todo: `可用：${TASKS.join('、')}、match。`,
    });
  return task;
}

export const evalVerb: Verb = {
  usage: '任务 --file F [--kb F] [--json]',
  summary: '在带标注的 NDJSON 上测量随附模型（sentiment rumor routing match）',
  async run(args) {
    const { positionals, values } = parsed(args, {
      file: { type: 'string' },
      kb: { type: 'string' },
      json: { type: 'boolean' },
    });
    const task = taskOf(positionals[0]);
    const file = required(values.file, '参数 --file');
    const report = await runEval(task, {
      file,
      enricher: createEnricher(),
      ...(values.kb === undefined ? {} : { kb: values.kb }),
    });
    if (values.json !== true)
      say(
        `${task}：${report.rows} 条，准确率 ${(report.accuracy * 100).toFixed(1)}%，macro-F1 ${report.macroF1.toFixed(3)}`,
      );
    answer(report);
    return 0;
  },
};

export const trainVerb: Verb = {
  usage: '任务 --file F… --out 目录 [--thorough]',
  summary: '用本单位的标注重新训练模型',
  async run(args) {
    const { positionals, values } = parsed(args, {
      file: { type: 'string', multiple: true },
      out: { type: 'string' },
      thorough: { type: 'boolean' },
    });
    const task = taskOf(positionals[0]);
    if (task === 'match') throw new UserError('invalid-input', 'match 不需要训练。');
    const files = [...(values.file ?? []), ...positionals.slice(1)];
    required(files[0], '参数 --file');
    answer(
      await runTrain(task, {
        files,
        out: required(values.out, '参数 --out（模型目录）'),
        enricher: createEnricher(),
        thorough: values.thorough === true,
      }),
    );
    return 0;
  },
};
