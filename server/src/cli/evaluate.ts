/** In: labelled NDJSON. Out: figures of the pipeline in use, or a retrained model; the last line is one JSON object. Called by: cli.ts. */
import { createEnricher } from '../enrich/enricher.ts';
import { runEval } from '../enrich/evaluate.ts';
import { learnWords } from '../enrich/learn-words.ts';
import { runTrain } from '../enrich/train.ts';
import { ModelStore, SHIPPED } from '../labels/model-store.ts';
import { readConfig } from '../platform/config.ts';
import { UserError } from '../platform/errors.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

const TASKS = ['sentiment', 'rumor', 'routing'] as const;
type Task = (typeof TASKS)[number];

function taskOf<More extends string>(name: string | undefined, more: readonly More[]): Task | More {
  const task = [...TASKS, ...more].find((t) => t === name);
  if (task === undefined)
    throw new UserError('invalid-input', `没有“${name ?? ''}”这项任务。`, {
      todo: `可用：${[...TASKS, ...more].join('、')}。`,
    });
  return task;
}

export const evalVerb: Verb = {
  usage: '任务 --file F [--kb F] [--models 目录] [--json]',
  summary: '在带标注的 NDJSON 上测量随附模型（sentiment rumor routing match）',
  async run(args) {
    const { positionals, values } = parsed(args, {
      file: { type: 'string' },
      kb: { type: 'string' },
      models: { type: 'string' },
      json: { type: 'boolean' },
    });
    const task = taskOf(positionals[0], ['match']);
    const file = required(values.file, '参数 --file');
    const report = await runEval(task, {
      file,
      enricher: createEnricher(values.models === undefined ? {} : { models: values.models }),
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
  usage: '任务 --file F… [--out 目录] [--base] [--thorough]',
  summary: '用标注训练模型；--base 在现用模型上续训；words 学词群',
  async run(args) {
    const { positionals, values } = parsed(args, {
      file: { type: 'string', multiple: true },
      unlabelled: { type: 'string', multiple: true },
      out: { type: 'string' },
      base: { type: 'boolean' },
      thorough: { type: 'boolean' },
    });
    const task = taskOf(positionals[0], ['words']);
    const files = [...(values.file ?? []), ...positionals.slice(1)];
    required(files[0], '参数 --file');
    if (task === 'words') {
      const out = required(values.out, '参数 --out（模型目录）');
      answer(await learnWords({ files, out, segmenter: createEnricher().segmenter }));
      return 0;
    }
    const store = new ModelStore(readConfig().dataDir);
    const own = values.out === undefined ? store.newId(task, Date.now()) : undefined;
    const report = await runTrain(task, {
      files,
      unlabelled: values.unlabelled ?? [],
      out: values.out ?? store.versionsDirectory,
      enricher: createEnricher(),
      thorough: values.thorough === true,
      ...(own === undefined ? {} : { id: own }),
      ...(values.base === true ? { base: store.current(task), startedFrom: store.active(task) } : {}),
    });
    if (own !== undefined) say(`· 新版本 ${own} 已保存，尚未启用。启用：models use ${task} ${own}；改回：models use ${task} ${SHIPPED}`);
    answer(report);
    return 0;
  },
};
