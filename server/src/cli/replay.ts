/** In: an NDJSON corpus. Out: the platforms' HTTP shapes on loopback, serving it until a signal comes. Called by: cli.ts. */
import { replayFile } from '@minsheng/crawlers/replay';
import { parsed, required, say, type Verb } from './verb.ts';

export const replayVerb: Verb = {
  usage: '文件 [--port N]',
  summary: '在本机以各平台的真实接口形状回放语料，供采集器采集',
  async run(args) {
    const { positionals, values } = parsed(args, { port: { type: 'string' } });
    const server = await replayFile(required(positionals[0], '要回放的文件'), {
      port: Number(values.port ?? 0),
      log: say,
    });
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await server.close();
    return 0;
  },
};
