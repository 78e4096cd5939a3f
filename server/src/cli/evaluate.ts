/** In: labelled NDJSON. Out: figures of the shipped pipeline, or a retrained model; the last line is one JSON object. Called by: cli.ts. */
import { evaluateMatch } from '../claims/evaluate.ts';
import { createEnricher } from '../enrich/enricher.ts';
import { evaluateDuplicates } from '../enrich/evaluate-duplicates.ts';
import { evaluateSegmentation } from '../enrich/evaluate-segmentation.ts';
import { runEval } from '../enrich/evaluate.ts';
import { learnWords } from '../enrich/learn-words.ts';
import { runTrain } from '../enrich/train.ts';
import { ModelStore, SHIPPED } from '../labels/model-store.ts';
import { readConfig } from '../platform/config.ts';
import { UserError } from '../platform/errors.ts';
import { evaluateClaims } from './evaluate-claims.ts';
import { evaluateTopics } from './evaluate-topics.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

const TRAINED = ['sentiment', 'rumor', 'routing'] as const;
type Trained = (typeof TRAINED)[number];

/** `eval claims`: how many people tell each text. */
const COPIES = 8;

/** Errors shown with --errors; the rest is counted. */
const ERRORS_SHOWN = 50;

function trainedTask(name: string | undefined, others: string): Trained {
  const task = TRAINED.find((t) => t === name);
  if (task === undefined)
    throw new UserError('invalid-input', `没有“${name ?? ''}”这项任务。`, {
      todo: `可用：${TRAINED.join('、')}${others}。`,
    });
  return task;
}

/** Prints wrong answers on standard error, evenly spread over the file, for whoever wants to read them. */
function errorsTo(shown: boolean): { onError?: (row: unknown) => void; print: () => void } {
  const rows: unknown[] = [];
  const print = () => {
    const step = Math.max(1, rows.length / ERRORS_SHOWN);
    for (let i = 0; Math.floor(i) < rows.length; i += step) say(JSON.stringify(rows[Math.floor(i)]));
  };
  return shown ? { onError: (row) => rows.push(row), print } : { print };
}

export const evalVerb: Verb = {
  usage: '任务 --file F [--labels F] [--kb F] [--into F] [--models 目录] [--errors] [--json]',
  summary: '在 NDJSON 上测量随附模型（sentiment rumor routing match topics claims duplicates segmentation）',
  async run(args) {
    const { positionals, values } = parsed(args, {
      file: { type: 'string' },
      labels: { type: 'string' },
      kb: { type: 'string' },
      into: { type: 'string' },
      copies: { type: 'string' },
      models: { type: 'string' },
      errors: { type: 'boolean' },
      json: { type: 'boolean' },
    });
    const name = positionals[0];
    const file = required(values.file, '参数 --file');
    const { print, ...errors } = errorsTo(values.errors === true);
    const options = { file, ...errors };
    const labels = values.labels === undefined ? {} : { labels: values.labels };
    const tell = (line: string) => values.json !== true && say(line);
    const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
    if (name === 'match') {
      const report = await evaluateMatch({
        ...options,
        enricher: createEnricher(),
        ...(values.kb === undefined ? {} : { kb: values.kb }),
      });
      tell(
        `match：${report.rows} 条，第一条即命中 ${percent(report.recallAt1)}，前五条内 ${percent(report.recallAt5)}；` +
          `字面检索分别为 ${percent(report.lexicalFloor.recallAt1)}、${percent(report.lexicalFloor.recallAt5)}`,
      );
      print();
      answer(report);
    } else if (name === 'duplicates') {
      const report = await evaluateDuplicates(options);
      tell(
        `duplicates：${report.rows} 条，改写后认出 ${percent(report.recall)}，认出的成对文本中确为同一文本 ${percent(report.precision)}`,
      );
      print();
      answer(report);
    } else if (name === 'segmentation') {
      const report = await evaluateSegmentation({ ...options, enricher: createEnricher() });
      tell(
        `segmentation：${report.rows} 句，词语不被切开 ${percent(report.accuracy)}（不用自带词典 ${percent(report.withoutDictionary)}），地名 F1 ${report.places.f1}`,
      );
      print();
      answer(report);
    } else if (name === 'claims') {
      const into = required(values.into, '参数 --into（导入格式的帖文，说法混入其中）');
      const report = await evaluateClaims({ ...options, into, copies: Number(values.copies ?? COPIES) });
      tell(
        `claims：${report.rumors} 条传言各由 ${report.copies} 人转述，逐字转述列出 ${percent(report.recall)}，改写转述列出 ${percent(report.edited.recall)}；` +
          `${report.others} 条非传言分别列出 ${percent(report.falseShare)}、${percent(report.edited.falseShare)}`,
      );
      print();
      answer(report);
    } else if (name === 'topics') {
      const report = await evaluateTopics({ ...options, ...labels });
      const agreed =
        report.bcubed === undefined ? '没有标注' : `B-cubed F1 ${report.bcubed.f1}，NMI ${report.nmi ?? 0}`;
      tell(`topics：${report.rows} 条，${agreed}，3 条以上的话题 ${report.listedTopics} 个，最热的十个：`);
      for (const t of report.hottest)
        tell(
          `  ${t.heat.toFixed(1)} ${t.title}（${t.posts} 条，${t.opinions} 种说法，${t.firstSeenAt.slice(0, 10)} 至 ${t.lastSeenAt.slice(0, 10)}，${t.places.join('、') || '地点不详'}）`,
        );
      print();
      answer(report);
    } else {
      const task = trainedTask(name, '、match、topics、claims、duplicates、segmentation');
      const enricher = createEnricher(values.models === undefined ? {} : { models: values.models });
      const report = await runEval(task, { ...options, ...labels, enricher });
      tell(`${task}：${report.rows} 条，准确率 ${percent(report.accuracy)}，macro-F1 ${report.macroF1.toFixed(3)}`);
      print();
      answer(report);
    }
    return 0;
  },
};

export const trainVerb: Verb = {
  usage: '任务 --file F… [--labels F] [--unlabelled F] [--out 目录] [--base] [--thorough] [--errors]',
  summary: '用标注训练模型；--base 在现用模型上续训；words 学词群',
  async run(args) {
    const { positionals, values } = parsed(args, {
      file: { type: 'string', multiple: true },
      labels: { type: 'string' },
      unlabelled: { type: 'string', multiple: true },
      out: { type: 'string' },
      base: { type: 'boolean' },
      thorough: { type: 'boolean' },
      errors: { type: 'boolean' },
    });
    const name = positionals[0];
    if (name === 'match') throw new UserError('invalid-input', 'match 不需要训练。');
    const files = [...(values.file ?? []), ...positionals.slice(1)];
    required(files[0], '参数 --file');
    if (name === 'words') {
      const out = required(values.out, '参数 --out（模型目录）');
      answer(await learnWords({ files, out, segmenter: createEnricher().segmenter }));
      return 0;
    }
    const task = trainedTask(name, '、words');
    const store = new ModelStore(readConfig().dataDir);
    const own = values.out === undefined ? store.newId(task, Date.now()) : undefined;
    const { print, ...errors } = errorsTo(values.errors === true);
    const report = await runTrain(task, {
      ...errors,
      files,
      ...(values.labels === undefined ? {} : { labels: values.labels }),
      unlabelled: values.unlabelled ?? [],
      out: values.out ?? store.versionsDirectory,
      enricher: createEnricher(),
      thorough: values.thorough === true,
      ...(own === undefined ? {} : { id: own }),
      ...(values.base === true ? { base: store.current(task), startedFrom: store.active(task) } : {}),
    });
    print();
    if (own !== undefined)
      say(`· 新版本 ${own} 已保存，尚未启用。启用：models use ${task} ${own}；改回：models use ${task} ${SHIPPED}`);
    answer(report);
    return 0;
  },
};
