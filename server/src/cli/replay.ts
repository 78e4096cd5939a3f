/** In: an NDJSON corpus. Out: the platforms' HTTP shapes on loopback, serving it until a signal comes, and the faults made meanwhile. Called by: cli.ts. */
import { FAULT_KINDS, FAULT_WORDS, faultsFrom, replayFile, type FaultOptions } from '@minsheng/crawlers/replay';
import { UserError } from '../platform/errors.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

const KINDS = FAULT_KINDS.map((kind) => `  ${kind.padEnd(18)} ${FAULT_WORDS[kind]}`).join('\n');

export const replayVerb: Verb = {
  usage: '文件 [--port N] [--faults 计划]',
  summary: '在本机以各平台的真实接口形状回放语料，供采集器采集；可按计划注入故障',
  details: `用法：replay 文件 [--port N] [--faults 计划]

计划为 none（默认，不注入），或以逗号分隔的故障种类：
  too-many                 约百分之一的请求
  too-many=0.05            百分之五的请求
  captcha@/gov/            第一次请求以 /gov/ 开头的地址时
  captcha@/gov/#3          第三次请求时
  all=0.01                 每一种重试或下次运行可以恢复的故障各百分之一
  seed=7                   随机数种子；同一计划、同样的请求注入同样的故障

种类：
${KINDS}

结束时（Ctrl-C）在标准错误上说明注入了哪些故障，标准输出的最后一行是一个 JSON 对象：
  requests 请求数，faults 各种类的次数，lasting 重试不能恢复的次数，made 逐条记录`,
  async run(args) {
    const { positionals, values } = parsed(args, { port: { type: 'string' }, faults: { type: 'string' } });
    const server = await replayFile(required(positionals[0], '要回放的文件'), {
      port: Number(values.port ?? 0),
      log: say,
      faults: planOf(values.faults ?? 'none'),
    });
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await server.close();
    const { made } = server.faults;
    const faults: Record<string, number> = {};
    for (const { fault } of made) faults[fault] = (faults[fault] ?? 0) + 1;
    const lasting = made.filter((fault) => fault.lasting).length;
    const requests = [...server.requests.values()].reduce((sum, n) => sum + n, 0);
    const named = Object.entries(faults).map(([kind, n]) => `${FAULT_WORDS[kind as keyof typeof FAULT_WORDS]} ${n}`);
    say(
      made.length === 0
        ? `共应答 ${requests} 次请求，没有注入故障。`
        : `共应答 ${requests} 次请求，注入故障 ${made.length} 处：${named.join('，')}；其中 ${lasting} 处重试不能恢复。`,
    );
    answer({ requests, faults, lasting, made });
    return 0;
  },
};

function planOf(words: string): FaultOptions {
  try {
    return faultsFrom(words);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError('invalid-input', cause.message, {
      kept: '没有开始回放。',
      todo: '用 help replay 查看写法。',
      cause,
    });
  }
}
